"""`again`: one stored case, tried once more with the subject that it is of, wherever that is found today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from .._errors import GradcheckError, TargetError
from ..report import LawResult, Status, SuiteReport
from ..subjects import Declaration
from ._check_one import crashed
from ._collect import collect
from ._crash import is_our_fault
from ._settings import OnFault, Settings, Tell
from .config import Source

if TYPE_CHECKING:
    from ..properties._store import Stored

SEARCH = "search"
"""Code of a case that a search stored."""


class Outcome(StrEnum):
    """How a stored case fares today."""

    FAILING = "still failing"
    EXPECTED = "fails as expected"
    FIXED = "fixed"
    STUCK = "cannot run"


@dataclass(frozen=True, slots=True)
class Again:
    """A case that was tried again, or why it could not be; ``suite`` is its report."""

    id: str
    outcome: Outcome
    said: str
    suite: SuiteReport | None = None
    stored: Stored | None = None


def again(
    stored: Stored, sources: Sequence[Source], settings: Settings, tell: Tell, on_fault: OnFault
) -> SuiteReport:
    """Return how a case fares with the first subject of its name and kind among `sources`; no file is touched.

    Raises
    ------
    GradcheckError
        There is no such subject, or the case is of something that it does not do any more.

    """
    from ..properties._replay import LoadedCase

    declaration = found(stored, sources)
    tell(stored.code, None)
    try:
        report = LoadedCase(stored).run(declaration, keep=True)
    except GradcheckError:
        raise
    except (Exception, SystemExit) as error:
        if is_our_fault(error):
            on_fault(error)
        return crashed(declaration, settings, error)
    suite: SuiteReport = report if isinstance(report, SuiteReport) else report.as_suite()
    return suite


def found(stored: Stored, sources: Sequence[Source]) -> Declaration:
    """Return the subject that a case is of.

    Raises
    ------
    TargetError
        None of the sources declares it; the message says what went wrong with the first that cannot be imported.

    """
    problems = []
    for source in sources:
        try:
            for item in collect([source]):
                if _is_of(stored, item.declaration):
                    return item.declaration
        except GradcheckError as error:
            problems.append(str(error))
    why = f": {problems[0]}" if problems else ""
    raise TargetError(f"`{stored.subject}` is not found any more{why}; name where it is with --subject TARGET")


def _is_of(stored: Stored, declaration: Declaration) -> bool:
    same_kind = stored.code == SEARCH or declaration.kind in (stored.kind, None)
    return declaration.name == stored.subject and same_kind


def places_of(stored: Stored) -> Iterator[Source]:
    """Yield where a case says that its subject is: from the folder of its project, then from here."""
    if stored.target is None:
        return
    home = stored.home.resolve() if stored.home is not None else Path.cwd()
    project = home.parents[1] if home.parent.name == ".gradcheck" else Path.cwd()
    for root in dict.fromkeys((project, Path.cwd())):
        yield Source(stored.target, root=str(root))


def judged(stored: Stored, suite: SuiteReport) -> Again:
    """Return what a report says about its case: fixed is only what was tried and held."""
    law = suite.results[0]
    if law.status in (Status.FAILED, Status.UNEXPECTED_PASS):
        outcome = Outcome.FAILING if stored.reason is None else Outcome.EXPECTED
        return Again(stored.id, outcome, _first(law), suite, stored)
    if law.status is Status.PASSED:
        stale = f"; it was expected to fail: {stored.reason}" if stored.reason else ""
        return Again(stored.id, Outcome.FIXED, f"{law.title}{stale}", suite, stored)
    return Again(stored.id, Outcome.STUCK, law.reason or f"{law.status}: {law.title}", suite, stored)


def _first(law: LawResult) -> str:
    return law.findings[0].title if law.findings else law.title
