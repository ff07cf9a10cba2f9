"""The report of a search."""

from __future__ import annotations

from dataclasses import dataclass

from ._finding import Finding
from ._readable import Readable
from ._report import Cost, Report
from ._suite import LawResult, SuiteReport
from ._verdict import Status, Verdict


@dataclass(frozen=True, slots=True)
class SearchReport(Readable):
    """What `gradcheck.search` found; frozen, picklable data.

    Attributes
    ----------
    subject, convention
        Name of what was searched, and how it was understood.
    findings
        What is wrong at the smallest failing input, and what is worth a note.
    examples, found_after
        How many inputs were tried before shrinking, and how many it took to a failing one (None: none fails).
    counterexample
        The smallest failing input as one pasteable line; below it, as comments, the entries of small arrays.
    check
        The report of the gradient check at the smallest failing input, where one was made.
    facts
        What the examples showed: ``(side or input, what was inferred, "inferred")``.
    statistics
        Named facts about the search: structures and layouts drawn, examples that could not decide.
    case
        Identifier of the stored counterexample; ``gradcheck.load_case(case).run()`` repeats it.
    """

    subject: str
    convention: str = ""
    findings: tuple[Finding, ...] = ()
    examples: int = 0
    found_after: int | None = None
    counterexample: str | None = None
    check: Report | None = None
    facts: tuple[tuple[str, str, str], ...] = ()
    statistics: tuple[tuple[str, str], ...] = ()
    cost: Cost = Cost()
    seed: int | None = 0
    case: str | None = None
    location: tuple[str, int] | None = None
    reproduce: str | None = None

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict of the findings."""
        return Verdict.worst(finding.severity for finding in self.findings)

    def as_suite(self) -> SuiteReport:
        """Return the same as the report of a suite of one law: the gradient at every input that was drawn."""
        statuses = {Verdict.FAIL: Status.FAILED, Verdict.INCONCLUSIVE: Status.INCONCLUSIVE}
        first = self.findings[0].code if self.findings else "GC101"
        law = LawResult(
            first,
            "the gradient is right at every input that the search drew",
            statuses.get(self.verdict, Status.PASSED),
            self.findings,
            self.examples,
            self.cost.seconds,
            counterexample=self.counterexample,
            statistics=self.statistics,
            case=self.case,
        )
        return SuiteReport(
            self.subject,
            self.convention,
            (law,),
            self.cost,
            self.seed,
            self.facts,
            location=self.location,
            reproduce=self.reproduce,
        )
