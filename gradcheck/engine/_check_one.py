"""`check_one`: one subject, by the laws of its kind, or its gradients alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from ..report import LawResult, Report, Status, SuiteReport, Verdict
from ..subjects import Declaration
from ._crash import crash_finding, is_our_fault
from ._select import Selection
from ._settings import OnFault, Settings, Tell


def check_one(
    declaration: Declaration, settings: Settings, selection: Selection, tell: Tell, on_fault: OnFault
) -> SuiteReport:
    """Return what was found; an exception of the subject becomes a finding."""
    look = partial(_suite if has_laws(declaration) else _check, declaration, settings, selection, tell)
    return contained(declaration, settings, tell, on_fault, look)


def contained(
    declaration: Declaration, settings: Settings, tell: Tell, on_fault: OnFault, look: Callable[[], SuiteReport]
) -> SuiteReport:
    """Return what `look` finds; an exception of the subject becomes a finding, one of ours is told to `on_fault`."""
    tell("", None)
    try:
        return look()
    except (Exception, SystemExit) as error:
        if is_our_fault(error):
            on_fault(error)
        return crashed(declaration, settings, error)


def has_laws(declaration: Declaration) -> bool:
    """Say whether a subject goes through the suite of its kind; otherwise its gradients alone are checked."""
    return declaration.kind is not None or not declaration.inputs


def _suite(declaration: Declaration, settings: Settings, selection: Selection, tell: Tell) -> SuiteReport:
    from ..properties import laws, run_suite
    from ..properties._guess import guess_kind

    kind = declaration.kind or guess_kind(declaration)
    wanted = selection.laws.intersection(law.code for law in laws(kind))
    if not wanted:
        return SuiteReport(declaration.name, kind, seed=settings.seed)
    suite: SuiteReport = run_suite(
        declaration,
        rng=settings.seed,
        max_examples=settings.max_examples,
        checks=sorted(wanted),
        cases=store_of(settings),
        on_result=lambda result: tell(result.code, result),
    )
    return suite


def store_of(settings: Settings) -> Any:
    """Return the folder of cases that a run writes to, or None."""
    from ..properties._store import store_for

    store = store_for(settings.cases)
    return None if store is None else replace(store, keep=store.keep or settings.keep_cases)


def _check(declaration: Declaration, settings: Settings, selection: Selection, tell: Tell) -> SuiteReport:
    """Check the gradients of a subject of no kind, at its example inputs."""
    from ..checks import check
    from ..properties._checked import kept

    suite = SuiteReport(declaration.name, "", seed=settings.seed)
    if not selection.gradients:
        return suite
    tell("gradients", None)
    budget = {} if settings.max_evals is None else {"max_evals": settings.max_evals}
    options = {"rng": settings.seed, **budget, **declaration.options}
    report = replace(check(declaration.thing, *declaration.inputs, **options), subject=declaration.name)
    report = kept(declaration, report, store_of(settings))
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


def crashed(declaration: Declaration, settings: Settings, error: BaseException) -> SuiteReport:
    """Return the suite of a subject that raised, or that cannot be checked as it is declared."""
    finding = crash_finding(declaration, error)
    law = LawResult("GC907", "the subject runs", Status.FAILED, (finding,))
    return SuiteReport(declaration.name, declaration.kind or "", (law,), seed=settings.seed)
