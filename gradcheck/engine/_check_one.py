"""`check_one`: one subject, by the laws of its kind, or its gradients alone."""

from __future__ import annotations

from dataclasses import replace

from ..report import LawResult, Report, Status, SuiteReport, Verdict
from ..subjects import Declaration
from ._crash import crash_finding, is_our_fault
from ._select import Selection
from ._settings import OnFault, Settings, Tell


def check_one(
    declaration: Declaration, settings: Settings, selection: Selection, tell: Tell, on_fault: OnFault
) -> SuiteReport:
    """Return what was found; an exception of the subject becomes a finding."""
    tell("", "")
    try:
        return (_suite if has_laws(declaration) else _check)(declaration, settings, selection, tell)
    except (Exception, SystemExit) as error:
        if is_our_fault(error):
            on_fault(error)
        return _crashed(declaration, settings, error)


def has_laws(declaration: Declaration) -> bool:
    """Say whether a subject goes through the suite of its kind; otherwise its gradients alone are checked."""
    return declaration.kind is not None or not declaration.inputs


def _suite(declaration: Declaration, settings: Settings, selection: Selection, tell: Tell) -> SuiteReport:
    from ..properties import run_suite

    suite: SuiteReport = run_suite(
        declaration,
        rng=settings.seed,
        max_examples=settings.max_examples,
        checks=sorted(selection.laws),
        cases=settings.cases,
        progress=lambda code, _title, status: tell(code, str(status)),
    )
    return suite


def _check(declaration: Declaration, settings: Settings, selection: Selection, tell: Tell) -> SuiteReport:
    """Check the gradients of a subject of no kind, at its example inputs."""
    from ..checks import check

    suite = SuiteReport(declaration.name, "", seed=settings.seed)
    if not selection.gradients:
        return suite
    tell("gradients", "")
    budget = {} if settings.max_evals is None else {"max_evals": settings.max_evals}
    options = {"rng": settings.seed, **budget, **declaration.options}
    report = replace(check(declaration.thing, *declaration.inputs, **options), subject=declaration.name)
    return _expected(replace(suite, check=report, cost=report.cost), declaration, report)


def _expected(suite: SuiteReport, declaration: Declaration, report: Report) -> SuiteReport:
    """Turn the failures that the declaration expects into expected failures, and the others into what they are."""
    expected = declaration.expected_failures
    if not expected:
        return suite
    failed = {finding.code for finding in report.findings if finding.severity is Verdict.FAIL}
    results = tuple(
        LawResult(
            code,
            "gradient",
            Status.EXPECTED_FAILURE if code in failed else Status.UNEXPECTED_PASS,
            reason=why,
        )
        for code, why in expected.items()
    )
    return replace(suite, results=results, check=None if failed and failed <= set(expected) else report)


def _crashed(declaration: Declaration, settings: Settings, error: BaseException) -> SuiteReport:
    finding = crash_finding(declaration, error)
    law = LawResult("GC907", "the subject runs", Status.FAILED, (finding,))
    return SuiteReport(declaration.name, declaration.kind or "", (law,), seed=settings.seed)
