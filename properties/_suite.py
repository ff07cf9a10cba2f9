"""`run_suite`: every law of a kind, held against one subject."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ..report import Cost, Finding, LawResult, Report, Status, SuiteReport
from ..subjects import Declaration, Traits, location_of
from ..subjects._declaration import refuse_empty_reasons
from ..subjects._keywords import refuses_unknown_options
from ._crash import crash
from ._pictures import pictures_of
from ._plan import Plan, plan
from ._registry import laws, select, suggestion
from ._run import run_law
from ._settings import codes_of, count_of, reasons_of, refuse_unstorable, seed_of
from ._store import Cases

Progress = Callable[[str, str, Status], None]


@dataclass(frozen=True, slots=True)
class _Settings:
    seed: int
    max_examples: int | None
    expected: Mapping[str, str]
    cases: Cases


@refuses_unknown_options
def run_suite(
    subject: Any,
    kind: str | None = None,
    *,
    rng: int | np.random.Generator = 0,
    max_examples: int | None = None,
    checks: Iterable[str] | None = None,
    exclude: Iterable[str] | None = None,
    expected_failures: Mapping[str, str] | None = None,
    min_checks: int = 0,
    cases: Cases = "auto",
    progress: Progress | None = None,
    on_result: Callable[[LawResult], None] | None = None,
) -> SuiteReport:
    """Hold every law of its kind against a subject.

    Parameters
    ----------
    subject
        Anything that is called as its kind is called, or what `gradcheck.subject` returned.
    kind
        ``activation``, ``normalization``, ``preprocessor``, ``initializer``, ``layer``, ...; by default what was
        declared, or what the methods of the subject tell.
    rng
        Seed; the same seed gives the same report in any process.
    max_examples
        Generated examples per law; half of what the loaded Hypothesis profile says by default, that is 50.
    checks, exclude
        Codes to run, codes to leave out; a family such as ``"GC5"`` stands for all of its codes.
    expected_failures
        ``{code: reason}``, beside those that were declared. They are searched without shrinking. An expectation that
        is stale, because the law holds or does not apply, is an unexpected pass, and fails the suite.
    min_checks
        Checks that have to run at least; fewer fail the suite (GC906), so that it cannot shrink without a word.
    cases
        Where failing examples are stored, to be tried first next time: a folder, ``"auto"`` (that of the project
        around the current directory, see `gradcheck.load_case`), or None.
    progress
        Called with code, title and status after each law.
    on_result
        Called with each result as soon as it is there, so that what was found survives whatever comes next.

    Returns
    -------
    SuiteReport
        One `LawResult` per law of the kind, those that do not apply included, each with its reason.

    Raises
    ------
    InvalidArgument
        A code or the kind is unknown, no law of the kind is left, a setting cannot be used, or the subject cannot be
        called as its kind is.

    Examples
    --------
    >>> report = run_suite(np.tanh, "activation", checks=["GC501", "GC502"])
    >>> report.ok, report.ran
    (True, 2)
    """
    start = time.perf_counter()
    wanted = select(codes_of("checks", checks), "checks")
    unwanted = select(codes_of("exclude", exclude), "exclude") or frozenset()
    most = None if max_examples is None else count_of("max_examples", max_examples, least=1)
    least = count_of("min_checks", min_checks, least=0)
    refuse_unstorable(cases)
    seed, expected = seed_of(rng), reasons_of(expected_failures)
    chosen = plan(subject, kind)
    declared = {**chosen.declaration.expected_failures, **expected}
    run = _Settings(seed, most, known_failures(declared), cases)
    codes = [law.code for law in laws(chosen.kind) if (wanted is None or law.code in wanted)]
    if wanted is not None and not codes:
        known = ", ".join(law.code for law in laws(chosen.kind))
        raise InvalidArgument(f"checks={checks!r:.60} leaves no law of kind {chosen.kind!r}; its laws are {known}")
    heard = _heard(progress, on_result)
    results = tuple(_result(chosen, code, run, heard) for code in codes if code not in unwanted)
    report = SuiteReport(
        chosen.name,
        chosen.kind,
        results,
        cost=Cost(seconds=time.perf_counter() - start),
        seed=None if isinstance(rng, np.random.Generator) else run.seed,
        facts=chosen.facts,
        check=_check(chosen, run.seed) if "GC101" in {r.code for r in results} else None,
        location=location_of(chosen.declaration.thing),
        reproduce=_reproduce(chosen, run),
        pictures=pictures_of(chosen),
    )
    return at_least(report, least)


def _heard(progress: Progress | None, on_result: Callable[[LawResult], None] | None) -> Callable[[LawResult], None]:
    """Return who is told of a result."""

    def hear(result: LawResult) -> None:
        if progress is not None:
            progress(result.code, result.title, result.status)
        if on_result is not None:
            on_result(result)

    return hear


def _result(chosen: Plan, code: str, run: _Settings, heard: Callable[[LawResult], None]) -> LawResult:
    result = run_law(
        chosen,
        code,
        rng=run.seed,
        max_examples=run.max_examples,
        cases=run.cases,
        expected=run.expected.get(code),
    )
    heard(result)
    return result


def _check(chosen: Plan, seed: int) -> Report | None:
    """Return the gradient check at the inputs that the subject was declared with, if it was."""
    declaration = chosen.declaration
    if not declaration.inputs or "gradient" not in chosen.adapted.abilities:
        return None
    from ..checks import check

    thing, options = chosen.adapted.checkable()
    try:
        return check(thing, *declaration.inputs, **{"rng": seed, **options})
    except Exception as error:  # the subject's own; the laws go on
        location = location_of(declaration.thing)
        return Report(chosen.name, chosen.kind, (crash(chosen.name, "at the declared inputs", error, location),))


def at_least(report: SuiteReport, checks: int) -> SuiteReport:
    """Return `report`, with a failure where fewer than `checks` checks ran."""
    if report.ran >= checks:
        return report
    title = f"`{report.subject}`: {report.ran} checks ran, but min_checks={checks} asks for more"
    hint = "see what does not apply, and why, with -v; a trait or a gradient may have got lost"
    finding = Finding("GC906", title, hint=hint)
    short = LawResult("GC906", f"at least {checks} checks run", Status.FAILED, (finding,))
    return replace(report, results=(*report.results, short))


def known_failures(expected: Mapping[str, str]) -> Mapping[str, str]:
    """Return `expected` if every code is that of a law, and every reason says something.

    Raises
    ------
    InvalidArgument
        Otherwise.
    """
    codes = {law.code for law in laws()}
    for code in expected:
        if code not in codes:
            raise InvalidArgument(f"expected_failures names the unknown code {code!r}; {suggestion(code)}")
    refuse_empty_reasons(expected)
    return expected


def _reproduce(chosen: Plan, run: _Settings) -> str:
    examples = "" if run.max_examples is None else f", max_examples={run.max_examples}"
    settings = f"rng={run.seed}{examples}"
    if _says_it_all(chosen.declaration):
        return f"gradcheck.run_suite({chosen.name}, kind={chosen.kind!r}, {settings})"
    return f"gradcheck.run_suite of the same declaration, with {settings}"


def _says_it_all(declaration: Declaration) -> bool:
    """Say whether the name and the kind of a subject are everything that was declared about it."""
    name = getattr(declaration.thing, "__name__", "")
    extras = (declaration.inputs, declaration.options, declaration.expected_failures)
    return name == declaration.name and name.isidentifier() and declaration.traits == Traits() and not any(extras)
