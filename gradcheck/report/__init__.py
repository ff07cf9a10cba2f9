"""Reports: frozen, picklable data without any formatting."""

from ._finding import Entry as Entry
from ._finding import Finding as Finding
from ._finding import StepError as StepError
from ._mutation import Fate as Fate
from ._mutation import Mutation as Mutation
from ._mutation import MutationReport as MutationReport
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
    "Comparison",
    "Cost",
    "Entry",
    "Fate",
    "Finding",
    "LawResult",
    "Mutation",
    "MutationReport",
    "Readable",
    "Report",
    "RunReport",
    "SearchReport",
    "Status",
    "StepError",
    "SuiteReport",
    "Verdict",
]
