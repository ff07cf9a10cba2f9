"""The report of a suite, and of a whole run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ._finding import Finding
from ._picture import Pictures
from ._readable import Readable
from ._report import Cost, Report
from ._verdict import Status, Verdict

_VERDICTS = {
    Status.FAILED: Verdict.FAIL,
    Status.UNEXPECTED_PASS: Verdict.FAIL,
    Status.INCONCLUSIVE: Verdict.INCONCLUSIVE,
}


@dataclass(frozen=True, slots=True)
class LawResult:
    """How one law ended for one subject.

    Attributes
    ----------
    code, title
        The law.
    status
        How it ended; ``reason`` says why it does not apply, why the failure is expected, or what limited it.
    findings
        What was found, with the numbers.
    examples
        How many generated examples were tried (1 for a law without search).
    counterexample
        The smallest failing input as one pasteable line; below it, as comments, the entries of small arrays.
    statistics
        Named facts about the search or the statistical test, as text: false-alarm rate, power, sample size.
    case
        Identifier of the stored counterexample, where one was stored: ``gradcheck.load_case(case).run()``.

    """

    code: str
    title: str
    status: Status
    findings: tuple[Finding, ...] = ()
    examples: int = 0
    seconds: float = 0.0
    reason: str | None = None
    counterexample: str | None = None
    statistics: tuple[tuple[str, str], ...] = ()
    case: str | None = None


@dataclass(frozen=True, slots=True)
class SuiteReport(Readable):
    """What `gradcheck.run_suite` found: every law of a kind, held against one subject.

    ``facts`` are the traits the suite relied on as ``(trait, value, "declared" or "inferred")``; ``check`` is the
    report of the gradient check at the subject's own inputs, where it has some; ``reproduce`` is the command or
    snippet that repeats the run; ``pictures`` is what there is to see of a subject of this kind.
    """

    subject: str
    kind: str
    results: tuple[LawResult, ...] = ()
    cost: Cost = Cost()
    seed: int | None = 0
    facts: tuple[tuple[str, str, str], ...] = ()
    check: Report | None = None
    location: tuple[str, int] | None = None
    reproduce: str | None = None
    pictures: Pictures | None = None

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict of the laws and of the check."""
        laws = [_VERDICTS.get(result.status, Verdict.PASS) for result in self.results]
        return Verdict.worst(laws + ([self.check.verdict] if self.check is not None else []))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of every law that did not end as it should, and of those that nothing could have broken."""
        told = {*_VERDICTS, Status.VACUOUS}
        laws = [f for result in self.results if result.status in told for f in result.findings]
        return (*(self.check.findings if self.check is not None else ()), *laws)

    @property
    def counts(self) -> dict[Status, int]:
        """How many laws ended in each status."""
        return dict(Counter(result.status for result in self.results))

    @property
    def ran(self) -> int:
        """How many checks really ran: the laws that apply, and the gradient check if there was one."""
        applied = sum(result.status is not Status.NOT_APPLICABLE for result in self.results)
        return applied + (self.check is not None)


@dataclass(frozen=True, slots=True)
class RunReport(Readable):
    """What ``gradcheck run`` found: one `SuiteReport` per subject; ``header`` names versions and settings.

    ``complete`` is False where the run was interrupted.
    """

    suites: tuple[SuiteReport, ...] = ()
    header: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    complete: bool = True

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict of the suites."""
        return Verdict.worst(suite.verdict for suite in self.suites)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of every suite, in order."""
        return tuple(f for suite in self.suites for f in suite.findings)
