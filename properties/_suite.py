"""`run_suite`: every law of a kind, held against one subject."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ..report import Cost, LawResult, Report, Status, SuiteReport
from ..subjects import Declaration, Traits, location_of
from ._crash import crash
from ._plan import Plan, plan
from ._registry import laws, select, suggestion
from ._run import run_law

Progress = Callable[[str, str, Status], None]


@dataclass(frozen=True, slots=True)
class _Settings:
    seed: int
    max_examples: int | None
    expected: Mapping[str, str]


def run_suite(
    subject: Any,
    kind: str | None = None,
    *,
    rng: int | np.random.Generator = 0,
    max_examples: int | None = None,
    checks: Iterable[str] | None = None,
    exclude: Iterable[str] | None = None,
    expected_failures: Mapping[str, str] | None = None,
    progress: Progress | None = None,
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
        ``{code: reason}``, beside those that were declared. They are searched without shrinking, and one that passes
        is reported as an unexpected pass.
    progress
        Called with code, title and status after each law.

    Returns
    -------
    SuiteReport
        One `LawResult` per law of the kind, those that do not apply included, each with its reason.

    Raises
    ------
    InvalidArgument
        A code or the kind is unknown, or the subject cannot be called as its kind is.

    Examples
    --------
    >>> report = run_suite(np.tanh, "activation", checks=["GC501", "GC502"])
    >>> report.ok, report.ran
    (True, 2)
    """
    start = time.perf_counter()
    wanted, unwanted = select(checks, "checks"), select(exclude, "exclude") or frozenset()
    chosen = plan(subject, kind)
    declared = {**chosen.declaration.expected_failures, **(expected_failures or {})}
    run = _Settings(_seed(rng), max_examples, _known(declared))
    codes = [law.code for law in laws(chosen.kind) if (wanted is None or law.code in wanted)]
    results = tuple(_result(chosen, code, run, progress) for code in codes if code not in unwanted)
    return SuiteReport(
        chosen.name,
        chosen.kind,
        results,
        cost=Cost(seconds=time.perf_counter() - start),
        seed=None if isinstance(rng, np.random.Generator) else run.seed,
        facts=chosen.facts,
        check=_check(chosen, run.seed) if "GC101" in {r.code for r in results} else None,
        location=location_of(chosen.declaration.thing),
        reproduce=_reproduce(chosen, run),
    )


def expect_failure(result: LawResult, reason: str) -> LawResult:
    """Return `result` as it counts where the law was expected to fail."""
    if result.status is Status.FAILED:
        return replace(result, status=Status.EXPECTED_FAILURE, reason=reason)
    if result.status is Status.PASSED:
        return replace(result, status=Status.UNEXPECTED_PASS, reason=reason)
    return result


def _result(chosen: Plan, code: str, run: _Settings, progress: Progress | None) -> LawResult:
    expected = run.expected.get(code)
    result = run_law(chosen, code, rng=run.seed, max_examples=run.max_examples, shrink=expected is None)
    if expected is not None:
        result = expect_failure(result, expected)
    if progress is not None:
        progress(code, result.title, result.status)
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


def _known(expected: Mapping[str, str]) -> Mapping[str, str]:
    codes = {law.code for law in laws()}
    for code in expected:
        if code not in codes:
            raise InvalidArgument(f"expected_failures names the unknown code {code!r}; {suggestion(code)}")
    return expected


def _seed(rng: int | np.random.Generator) -> int:
    return int(rng.integers(2**31)) if isinstance(rng, np.random.Generator) else int(rng)


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
