"""`merged`: the reports of several jobs as one: every subject once, every law once, the gravest result of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from ._finding import Finding
from ._matching import Key, keyed
from ._report import Cost, Report
from ._suite import LawResult, RunReport, SuiteReport
from ._verdict import Status, Verdict

GRAVITY = (
    Status.FAILED,
    Status.UNEXPECTED_PASS,
    Status.INCONCLUSIVE,
    Status.EXPECTED_FAILURE,
    Status.PASSED,
    Status.VACUOUS,
    Status.NOT_APPLICABLE,
)
"""Of two results of one law the one that stands first here is kept."""


def merged(runs: Sequence[RunReport]) -> RunReport:
    """Return the reports of several jobs as one.

    Parameters
    ----------
    runs
        Shards of one run, or runs of the same subjects on several machines: subjects of the same name, kind and file
        become one, and so do their laws. Of two results of one law the graver is kept, with the findings of both;
        examples, calls and seconds add up.

    Returns
    -------
    RunReport
        Complete where all of them are.

    Examples
    --------
    >>> law = LawResult("GC502", "rises", Status.PASSED, examples=50)
    >>> shard = RunReport((SuiteReport("tanh", "activation", (law,)),))
    >>> merged([shard, shard]).suites[0].results[0].examples
    100

    """
    found: dict[Key, list[SuiteReport]] = {}
    for run in runs:
        for key, suite in keyed(run).items():
            found.setdefault(key, []).append(suite)
    suites = tuple(reduce(joined_suite, same) for same in found.values())
    seconds = sum(run.seconds for run in runs)
    return RunReport(suites, _header(runs), seconds, all(run.complete for run in runs))


def _header(runs: Sequence[RunReport]) -> tuple[tuple[str, str], ...]:
    """Return every name once, with all the values that it has anywhere."""
    values: dict[str, dict[str, None]] = {}
    for name, value in (pair for run in runs for pair in run.header):
        values.setdefault(name, {})[value] = None
    return (*((name, ", ".join(found)) for name, found in values.items()), ("merged", f"{len(runs)} reports"))


def joined_suite(first: SuiteReport, second: SuiteReport) -> SuiteReport:
    """Return two reports of one subject as one."""
    worst = max(first, second, key=lambda suite: list(Verdict).index(suite.verdict))
    laws = {law.code: law for law in first.results}
    for law in second.results:
        laws[law.code] = joined_law(laws[law.code], law) if law.code in laws else law
    return replace(
        worst,
        results=tuple(laws.values()),
        cost=_sum(first.cost, second.cost),
        facts=tuple(dict.fromkeys((*first.facts, *second.facts))),
        check=_graver(first.check, second.check),
        location=worst.location or first.location or second.location,
    )


def joined_law(first: LawResult, second: LawResult) -> LawResult:
    """Return two results of one law as one: the graver, with what both found and tried."""
    graver, other = sorted((first, second), key=lambda law: GRAVITY.index(law.status))
    same = graver.status is other.status
    return replace(
        graver,
        findings=_each_once(graver.findings, other.findings) if same else graver.findings,
        examples=first.examples + second.examples,
        seconds=first.seconds + second.seconds,
        counterexample=graver.counterexample or (other.counterexample if same else None),
        case=graver.case or (other.case if same else None),
    )


def _each_once(first: tuple[Finding, ...], second: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings of both, each place once: two jobs that see one mistake have not found two."""
    known = {(finding.code, finding.path or finding.title) for finding in first}
    return (*first, *(finding for finding in second if (finding.code, finding.path or finding.title) not in known))


def _graver(first: Report | None, second: Report | None) -> Report | None:
    known = [report for report in (first, second) if report is not None]
    return max(known, key=lambda report: list(Verdict).index(report.verdict), default=None)


def _sum(one: Cost, other: Cost) -> Cost:
    return Cost(one.forward + other.forward, one.backward + other.backward, one.seconds + other.seconds)
