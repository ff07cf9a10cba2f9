"""Subjects by laws: one table per kind, for the laws that somebody has to obey."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..report import RunReport, Status, SuiteReport
from ._run_view import check_status

GRADIENTS = "gradients"
"""The column of the gradient check at a subject's own inputs."""

MARKS = {
    Status.PASSED: "✓",
    Status.FAILED: "✗",
    Status.UNEXPECTED_PASS: "✓!",
    Status.INCONCLUSIVE: "?",
    Status.VACUOUS: "∅",
    Status.EXPECTED_FAILURE: "xf",
    Status.NOT_APPLICABLE: "–",
}
"""How a law ended -> the sign for it, which is plain without color."""

TONES = {
    Status.PASSED: "good",
    Status.FAILED: "ill",
    Status.UNEXPECTED_PASS: "ill",
    Status.INCONCLUSIVE: "meh",
    Status.VACUOUS: "meh",
    Status.EXPECTED_FAILURE: "off",
    Status.NOT_APPLICABLE: "off",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """How one law ended for one subject, and why."""

    column: str
    status: Status
    said: str


@dataclass(frozen=True, slots=True)
class Table:
    """The subjects of one kind; ``titles`` are the columns, code to law."""

    kind: str
    titles: dict[str, str]
    suites: tuple[SuiteReport, ...]

    def row(self, suite: SuiteReport) -> list[Cell | None]:
        """Return the cells of one subject, None where a law was not asked."""
        known = {cell.column: cell for cell in _cells(suite)}
        return [known.get(column) for column in self.titles]


def tables(run: RunReport) -> list[Table]:
    """Return the subjects of `run` by kind, in the order in which the kinds come."""
    kinds = list(dict.fromkeys(suite.kind for suite in run.suites))
    return [_table(kind, tuple(suite for suite in run.suites if suite.kind == kind)) for kind in kinds]


def _table(kind: str, suites: tuple[SuiteReport, ...]) -> Table:
    checked = any(suite.check is not None for suite in suites)
    titles = {law.code: law.title for suite in suites for law in suite.results}
    first = {GRADIENTS: "the gradients at its own inputs"} if checked else {}
    return Table(kind, first | dict(sorted(titles.items())), suites)


def _cells(suite: SuiteReport) -> Iterator[Cell]:
    status = check_status(suite)
    if status is not None:
        yield Cell(GRADIENTS, status, "the gradients at its own inputs")
    for law in suite.results:
        yield Cell(law.code, law.status, f"{law.title}{': ' + law.reason if law.reason else ''}")
