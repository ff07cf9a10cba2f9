"""One view of every report: a run of suites, and the problems in it, each with where it comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..report import (
    Comparison,
    Finding,
    LawResult,
    Readable,
    Report,
    RunReport,
    SearchReport,
    Status,
    SuiteReport,
    Verdict,
)

_OF_VERDICT = {
    Verdict.PASS: Status.PASSED,
    Verdict.INCONCLUSIVE: Status.INCONCLUSIVE,
    Verdict.FAIL: Status.FAILED,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding that is more than a note, with the suite, and the law or the check, that found it.

    ``again`` are the other laws that found the same.
    """

    suite: SuiteReport
    finding: Finding
    law: LawResult | None = None
    again: tuple[LawResult, ...] = ()

    @property
    def same(self) -> tuple[object, ...]:
        """What problems of one suite share that are one problem: the code and the place, or else the words."""
        return (self.finding.code, self.finding.severity, self.finding.path or self.finding.title)

    @property
    def shown_by(self) -> LawResult | None:
        """The law with the smallest failing input to show."""
        found = [law for law in (self.law, *self.again) if law is not None]
        return next((law for law in found if law.counterexample), self.law)

    @property
    def location(self) -> tuple[str, int] | None:
        """Where the code is that the finding is about."""
        return self.finding.location or self.suite.location


def as_run(report: Readable) -> RunReport:
    """Return any report as the report of a run."""
    if isinstance(report, RunReport):
        return report
    if isinstance(report, Report):
        cost, seed = report.cost, report.seed
        report = SuiteReport(report.subject, report.convention, cost=cost, seed=seed, check=report)
    if isinstance(report, SearchReport):
        report = report.as_suite()
    assert isinstance(report, SuiteReport)
    return RunReport((report,), seconds=report.cost.seconds)


def problems(run: RunReport) -> list[Problem]:
    """Return every problem of `run`, errors before warnings."""
    found = [problem for suite in run.suites for problem in suite_problems(suite)]
    return sorted(found, key=lambda problem: problem.finding.severity is not Verdict.FAIL)


def suite_problems(suite: SuiteReport) -> Iterator[Problem]:
    """Yield the problems of the check and of every law of `suite`, each once."""
    told: dict[tuple[object, ...], Problem] = {}
    seen: Counter[tuple[object, ...]] = Counter()
    for problem in _every_problem(suite):
        # What one search found is never one problem: the second of its kind is compared with the second of another.
        source = (problem.law.code if problem.law is not None else None, *problem.same)
        seen[source] += 1
        key = (seen[source], *problem.same)
        first = told.setdefault(key, problem)
        if first is not problem and problem.law is not None:
            told[key] = replace(first, again=(*first.again, problem.law))
    yield from told.values()


def _every_problem(suite: SuiteReport) -> Iterator[Problem]:
    if suite.check is not None:
        for finding in report_problems(suite.check):
            yield Problem(suite, finding)
    for law in suite.results:
        for finding in law_problems(law):
            yield Problem(suite, finding, law)


def report_problems(report: Report) -> list[Finding]:
    """Return the findings of `report` that are more than notes; at least one unless its verdict is pass."""
    grave = [finding for finding in report.findings if finding.severity is not Verdict.PASS]
    if grave or report.ok:
        return grave
    return [_of_comparison(pair) for pair in report.comparisons if pair.verdict is not Verdict.PASS]


def _of_comparison(pair: Comparison) -> Finding:
    code = "GC101" if pair.verdict is Verdict.FAIL else "GC902"
    title = f"{pair.input}: {pair.note or 'analytic and numeric disagree'}"
    return Finding(code, title, pair.verdict, pair.input, pair.index, pair.analytic, pair.numeric, pair.bound)


def law_problems(law: LawResult) -> list[Finding]:
    """Return the findings of `law` if it did not end as it should; at least one then."""
    if law.status is Status.UNEXPECTED_PASS and not law.findings:
        why = f" ({law.reason})" if law.reason else ""
        return [
            Finding(
                law.code,
                f"expected to fail{why}, but it passed: {law.title}",
                hint="remove the expected failure",
            )
        ]
    if law.status in (Status.FAILED, Status.UNEXPECTED_PASS):
        return list(law.findings) or [Finding(law.code, _reasoned(law))]
    if law.status is Status.INCONCLUSIVE:
        undecided = Verdict.INCONCLUSIVE
        return list(law.findings) or [Finding(law.code, _reasoned(law), undecided)]
    return []


def _reasoned(law: LawResult) -> str:
    return f"{law.title}: {law.reason}" if law.reason else law.title


def check_status(suite: SuiteReport) -> Status | None:
    """Return how the gradient check of `suite` ended, in the words of a law."""
    return None if suite.check is None else _OF_VERDICT[suite.check.verdict]


def tally(run: RunReport) -> Counter[Status]:
    """Count how the laws and the checks of `run` ended."""
    statuses = [result.status for suite in run.suites for result in suite.results]
    checks = [check_status(suite) for suite in run.suites]
    return Counter([*statuses, *(status for status in checks if status is not None)])


_ALWAYS = (Status.PASSED, Status.FAILED, Status.EXPECTED_FAILURE, Status.NOT_APPLICABLE, Status.VACUOUS)
_ORDER = (
    Status.PASSED,
    Status.FAILED,
    Status.INCONCLUSIVE,
    Status.EXPECTED_FAILURE,
    Status.UNEXPECTED_PASS,
    Status.NOT_APPLICABLE,
    Status.VACUOUS,
)


def accounting(run: RunReport) -> str:
    """Return the line that says how much really ran, so that a shrunken battery shows.

    >>> accounting(RunReport())
    'ran 0 · passed 0 · failed 0 · expected failure 0 · not applicable 0 · vacuous 0'
    """
    counts = tally(run)
    ran = sum(counts.values()) - counts[Status.NOT_APPLICABLE]
    parts = [f"{status} {counts[status]}" for status in _ORDER if counts[status] or status in _ALWAYS]
    return " · ".join([f"ran {ran}", *parts])
