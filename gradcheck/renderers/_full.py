"""``full``: the report that a person reads; 40 lines at most for a check, whatever its size.

The first line stands alone. Then come where, why the verdict is certain, which entries, the cause where one
was tested, what passed for the same input, the smallest failing input, and how to repeat it. A log keeps the error
against the step as numbers; a terminal gets it as a picture as well, where the screen has room for it.
"""

from __future__ import annotations

from collections.abc import Sequence

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
from ._escape import visible
from ._finding_text import (
    IMPORT,
    advice,
    columns,
    counterexample,
    cut,
    long_form,
    needs_import,
    note,
    short_form,
    stored,
)
from ._run_view import Problem, accounting, as_run, problems, suite_problems
from ._words import count, headline, seconds, size

LINES = 40
"""What one report may take; a reader's screen."""
_DETAILED = 3
"""Subjects of a run whose problems are told in full; the others are told in short."""
_NOTHING = "none"
_MARKS = {Verdict.PASS: "pass", Verdict.INCONCLUSIVE: "warn", Verdict.FAIL: "FAIL"}


def render(report: Readable, *, verbose: bool = False, ink: str | None = None) -> str:
    """Return `report` as text.

    `verbose` adds every law, and why those that were left out do not apply; `ink` names the characters of the
    pictures (`_chart.INKS`), without which there are none.
    """
    if isinstance(report, RunReport):
        lines = _run(report, verbose=verbose, ink=ink)
    elif isinstance(report, (SuiteReport, SearchReport)):
        report = as_run(report).suites[0]
        lines = [*_suite(report, verbose=verbose, ink=ink), accounting(as_run(report))]
    else:
        assert isinstance(report, Report)
        lines = _check(report, ink)
    return "\n".join(lines)


def _check(report: Report, ink: str | None) -> list[str]:
    suite = as_run(report).suites[0]
    told = _told(suite, ink) if not report.ok else _passed(report)
    return [*told, *_cost(report)]


def _passed(report: Report) -> list[str]:
    convention = f" ({visible(report.convention)})" if report.convention else ""
    notes = [headline(report.subject, finding) for finding in report.findings[:3]]
    return [
        f"pass: `{visible(report.subject)}`{convention}",
        *_noticed(report),
        *map(cut, notes),
    ]


def _noticed(report: Report) -> list[str]:
    told = [pair for pair in report.comparisons if pair.resolution is not None]
    zeros = [pair.input for pair in report.comparisons if pair.resolution is None and pair.note is None]
    said = [f"{pair.input}: {pair.note}" for pair in report.comparisons if pair.note]
    if told and zeros and report.ok:
        said.append(f"{', '.join(zeros)}: the gradient is zero, or on a kink, so that no error has a size beside it")
    return [*_resolution(report, told), *(note(visible(line)) for line in said[:3])]


def _resolution(report: Report, told: Sequence[Comparison]) -> list[str]:
    if not told:
        return []
    entries = count(sum(pair.entries for pair in told), "entry")
    scheme = f" ({visible(report.scheme)})" if report.scheme else ""
    least = size(max(pair.resolution or 0.0 for pair in told))
    return [note(f"would have noticed a relative error of {least} in one of {entries}{scheme}")]


def _cost(report: Report) -> list[str]:
    cost = report.cost
    calls = f"{count(cost.forward, 'forward call')}, {count(cost.backward, 'backward call')}"
    seed = f"; seed {report.seed}" if report.seed is not None else ""
    return [note(f"cost: {calls}, {seconds(cost.seconds)}{seed}")]


def _told(suite: SuiteReport, ink: str | None = None) -> list[str]:
    """Return the problems of `suite`: the first in full, the others in short, as many as fit."""
    found = problems(RunReport((suite,)))
    first, others = found[0], found[1:]
    around = [*context(suite, first), *([note(IMPORT)] if any(map(needs_import, found)) else [])]
    lines = [*long_form(first, ink), *around]
    if len(lines) > LINES - 4:  # the numbers say the same, in less room
        lines = [*long_form(first), *around]
    room = LINES - len(lines) - 4
    for done, problem in enumerate(others):
        placed = problem.location != first.location
        new = [line for line in advice(problem) if line not in lines]
        told = [*short_form(problem, placed=placed), *new, *counterexample(problem)]
        room -= len(told)
        if room < 0:
            return [*lines, f"... and {count(len(others) - done, 'more finding')}, which the json format has"]
        lines += told
    return lines


def context(suite: SuiteReport, problem: Problem) -> list[str]:
    """Return what passed beside a problem, how to repeat it, and where to read on."""
    code = problem.finding.code
    return [
        *_also_passed(suite, problem),
        *_left_open(suite, problem),
        *stored(_own_case(suite, problem)),
        *([note(f"reproduce: {how}")] if (how := _reproduce(suite)) else []),
        note(f"learn more: gradcheck explain {visible(code)}"),
    ]


def _own_case(suite: SuiteReport, problem: Problem) -> str | None:
    """Return the case of a check that fails at inputs of its own; a law tells the case with its example."""
    return suite.check.case if problem.law is None and suite.check is not None else None


def _also_passed(suite: SuiteReport, problem: Problem) -> list[str]:
    if problem.law is not None or suite.check is None:
        laws = [result.code for result in suite.results if result.status is Status.PASSED]
        return [note(f"passed for the same subject: {', '.join(map(visible, laws))}")] if laws else []
    pairs = [pair for pair in suite.check.comparisons if pair.verdict is Verdict.PASS]
    named = [f"{visible(pair.input)} (to {size(pair.resolution)})" for pair in pairs if pair.resolution is not None]
    return [note(f"passed for the same input: {', '.join(named)}")] if named else []


def _left_open(suite: SuiteReport, problem: Problem) -> list[str]:
    """Return which inputs no finding names, and nothing certified, beside one that is wrong."""
    if problem.law is not None or suite.check is None:
        return []
    named = {finding.path for finding in suite.check.findings}
    pairs = [pair for pair in suite.check.comparisons if pair.verdict is Verdict.INCONCLUSIVE]
    told = [f"{visible(pair.input)} ({pair.note})" for pair in pairs if pair.note and pair.input not in named]
    return [note(f"may be wrong as well: {', '.join(told)}")] if told else []


def _reproduce(suite: SuiteReport) -> str | None:
    if suite.reproduce:
        return visible(suite.reproduce)
    if suite.check is not None and suite.check.case:
        return f"gradcheck replay {visible(suite.check.case)}"
    return None if suite.seed is None else f"the same call with rng={suite.seed}"


def _suite(suite: SuiteReport, *, verbose: bool, ink: str | None = None) -> list[str]:
    told = _told(suite, ink) if list(suite_problems(suite)) else _obeyed(suite)
    return [*told, *_facts(suite), *_chance(suite), *_vacuous(suite), *(_laws(suite) if verbose else [])]


def _obeyed(suite: SuiteReport) -> list[str]:
    noticed = _noticed(suite.check) if suite.check is not None else []
    held = sum(result.status is Status.PASSED for result in suite.results)
    kind = f" ({visible(suite.kind)})" if suite.kind else ""
    obeys = f"pass: `{visible(suite.subject)}`{kind} obeys {count(held, 'law')}"
    seed = f"; seed {suite.seed}" if suite.seed is not None else ""
    return [f"{obeys} in {seconds(suite.cost.seconds)}{seed}", *noticed]


def _facts(suite: SuiteReport) -> list[str]:
    inferred = [f"{visible(trait)}={visible(value)}" for trait, value, origin in suite.facts if origin != "declared"]
    return [note(f"inferred: {', '.join(inferred)}")] if inferred else []


def _chance(suite: SuiteReport) -> list[str]:
    """Return the probability that a law about randomness fails a right subject: the rates of all of them add up."""
    rates = [float(value) for law in suite.results for name, value in law.statistics if name == "false-alarm rate"]
    if not rates:
        return []
    return [note(f"false alarms: at most {sum(rates):.1e} in all, for {count(len(rates), 'law')} about randomness")]


def _vacuous(suite: SuiteReport) -> list[str]:
    empty = [result for result in suite.results if result.status is Status.VACUOUS]
    return [cut(headline(suite.subject, _vacuity(law))) for law in empty]


def _vacuity(law: LawResult) -> Finding:
    why = f": {law.reason}" if law.reason else ""
    title = f"{law.code} held, but nothing that was tried could have broken it{why}"
    return Finding("GC905", title, Verdict.INCONCLUSIVE)


def _laws(suite: SuiteReport) -> list[str]:
    return [cut(f"       {line}") for line in columns(map(_law_row, suite.results), right=False)]


def _law_row(law: LawResult) -> list[str]:
    tried = count(law.examples, "example") if law.examples else ""
    said = [law.reason or "", *(value for name, value in law.statistics if name == "power")]
    why = f" ({visible('; '.join(filter(None, said)))})" if any(said) else ""
    return [visible(law.code), str(law.status), tried, visible(law.title) + why]


def _run(run: RunReport, *, verbose: bool, ink: str | None) -> list[str]:
    """Return one line per subject, the problems of the worst in full, then the accounting."""
    bad = [suite for suite in run.suites if list(suite_problems(suite))]
    detailed = [_suite(suite, verbose=verbose, ink=ink) for suite in bad[:_DETAILED]]
    blocks = [*detailed, *map(_in_short, bad[_DETAILED:])]
    good = [suite for suite in run.suites if suite not in bad]
    calm = [
        line for suite in good for line in [*_vacuous(suite), *(_suite(suite, verbose=verbose) if verbose else [])]
    ]
    interrupted = [] if run.complete else ["interrupted: what follows is not complete"]
    return [
        *_table(run),
        *calm,
        *(line for block in blocks for line in ["", *block]),
        *([""] if run.suites else []),
        *interrupted,
        accounting(run),
        _summary(run),
    ]


def _table(run: RunReport) -> list[str]:
    rows = [
        [
            f"{_MARKS[suite.verdict] if suite.ran else _NOTHING}  {visible(suite.subject)}",
            visible(suite.kind or "gradients"),
            count(suite.ran, "check"),
            seconds(suite.cost.seconds),
        ]
        for suite in run.suites
    ]
    return columns(rows) if rows else []


def _in_short(suite: SuiteReport) -> list[str]:
    found = list(suite_problems(suite))
    more = [f"... and {count(len(found) - _DETAILED, 'more finding')}"] if len(found) > _DETAILED else []
    how = [note(f"in full: {how}")] if (how := _reproduce(suite)) else []
    told = [line for problem in found[:_DETAILED] for line in [*short_form(problem), *advice(problem)]]
    return [*told, *more, *how]


def _summary(run: RunReport) -> str:
    found: list[Finding] = [problem.finding for problem in problems(run)]
    errors = sum(finding.severity is Verdict.FAIL for finding in found)
    warnings = len(found) - errors
    seeds = {suite.seed for suite in run.suites} - {None}
    if not any(suite.ran for suite in run.suites):
        return f"nothing ran: no check applies to {count(len(run.suites), 'subject')}"
    parts = [
        count(errors, "error") if errors else "no error",
        *([count(warnings, "warning")] if warnings else []),
    ]
    seed = f" (seed {', '.join(map(str, sorted(s for s in seeds if s is not None)))})" if seeds else ""
    return f"{' and '.join(parts)} in {count(len(run.suites), 'subject')} in {seconds(run.seconds)}{seed}"
