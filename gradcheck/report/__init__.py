"""Reports: frozen, picklable data without any formatting."""

from ._changes import Change as Change
from ._changes import Changes as Changes
from ._changes import Limits as Limits
from ._changes import Sort as Sort
from ._changes import changes as changes
from ._finding import Entry as Entry
from ._finding import Finding as Finding
from ._finding import StepError as StepError
from ._merge import merged as merged
from ._mutation import Fate as Fate
from ._mutation import Mutation as Mutation
from ._mutation import MutationReport as MutationReport
from ._picture import Curve as Curve
from ._picture import Field as Field
from ._picture import Layers as Layers
from ._picture import Matrix as Matrix
from ._picture import Pictures as Pictures
from ._readable import Readable as Readable
from ._report import Comparison as Comparison
from ._report import Cost as Cost
from ._report import Report as Report
from ._search import SearchReport as SearchReport
from ._suite import LawResult as LawResult
from ._suite import RunReport as RunReport
from ._suite import SuiteReport as SuiteReport
from ._verdict import Status as Status
from ._verdict import Verdict as Verdict

__all__ = [
    "Change",
    "Changes",
    "Comparison",
    "Cost",
    "Curve",
    "Entry",
    "Fate",
    "Field",
    "Finding",
    "LawResult",
    "Layers",
    "Limits",
    "Matrix",
    "Mutation",
    "MutationReport",
    "Pictures",
    "Readable",
    "Report",
    "RunReport",
    "SearchReport",
    "Sort",
    "Status",
    "StepError",
    "SuiteReport",
    "Verdict",
    "changes",
    "merged",
]
