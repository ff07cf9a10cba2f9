"""`run_law`: search for an example that violates one law, shrink it, and write down what was seen."""

from __future__ import annotations

import time
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.errors import Flaky, HypothesisException, StopTest, Unsatisfiable

from ..checks._later import postponed
from ..report import Finding, LawResult, Status
from ..subjects import location_of
from ._case import Case, Idle, Tally, Undecided
from ._crash import crash
from ._expect import Violation
from ._law import Law
from ._plan import Plan

# Cost is bounded by max_examples and big arrays come from a seed, so that slowness or size of a draw is no symptom;
# a suite may also run inside a property test of its user.
_TOLERATED = tuple(HealthCheck)


@dataclass(frozen=True, slots=True)
class Failure:
    """The failing example seen last: after shrinking, the smallest one."""

    error: BaseException
    line: str | None


class _Broken(Exception):
    """The subject raised; one type for Hypothesis, so that shrinking keeps to one failure."""


def run_law(
    plan: Plan, code: str, *, rng: int = 0, max_examples: int | None = None, shrink: bool = True
) -> LawResult:
    """Hold one law against the subject of a plan.

    Parameters
    ----------
    plan
        What `plan` returned.
    code
        Code of the law. One that does not apply gives `Status.NOT_APPLICABLE` and the reason.
    rng
        Seed of the search; the same seed gives the same result in any process.
    max_examples
        Examples to try; half of what the loaded Hypothesis profile says by default, that is 50.
    shrink
        Whether to look for the smallest failing example.
    """
    law, reason = plan.find(code)
    if reason is not None:
        return LawResult(code, law.title, Status.NOT_APPLICABLE, reason=reason)
    start = time.perf_counter()
    tally, seed = Tally(), zlib.crc32(code.encode()) ^ (int(rng) & 0xFFFFFFFF)
    examples = law.examples(max_examples or max(1, settings().max_examples // 2))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        failure = _search(law, plan, tally, seed, examples=examples, shrink=shrink)
    result = _conclude(law, plan, tally, failure)
    return replace(result, seconds=time.perf_counter() - start)


def _search(law: Law, plan: Plan, tally: Tally, seed: int, *, examples: int, shrink: bool) -> Failure | None:
    last: list[Failure] = []
    attempt = _attempt(law, plan, tally, seed, last)
    if law.effort is None:
        run: Callable[[], None] = lambda: attempt(None)  # noqa: E731
    else:
        phases = (Phase.generate, Phase.target, *((Phase.shrink,) if shrink else ()))
        run = _driven(attempt, seed, examples, phases)
    try:
        with postponed() as later:
            run()
    except (Violation, _Broken, Flaky) as error:
        failure = last[-1] if last else Failure(error, None)
        if isinstance(failure.error, Violation):
            failure.error.findings = tuple(map(later.completed, failure.error.findings))
        return failure
    except Unsatisfiable:
        tally.statistics["search"] = "Hypothesis found no example that satisfies the assumptions"
    return None


def _driven(
    attempt: Callable[[Any], None], seed: int, examples: int, phases: tuple[Phase, ...]
) -> Callable[[], None]:
    @seeded(seed)
    @settings(
        max_examples=examples,
        phases=phases,
        deadline=None,
        database=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=_TOLERATED,
    )
    @given(st.data())
    def search(data: st.DataObject) -> None:
        attempt(data.draw)

    return search


def _attempt(law: Law, plan: Plan, tally: Tally, seed: int, last: list[Failure]) -> Callable[[Any], None]:
    def attempt(draw: Any) -> None:
        case = Case(draw, seed, tally)
        tally.examples += 1
        try:
            law.check(plan.adapted, case)
        except Idle as idle:
            tally.idle[str(idle)] += 1
        except Undecided as undecided:
            tally.undecided[str(undecided)] += 1
        except Violation as violation:
            last.append(Failure(violation, case.line))
            raise
        except (HypothesisException, StopTest):
            tally.examples -= 1  # given up before anything was tried
            raise
        except (Exception, SystemExit) as error:
            last.append(Failure(error, case.line))
            raise _Broken(type(error).__name__) from error

    return attempt


def _conclude(law: Law, plan: Plan, tally: Tally, failure: Failure | None) -> LawResult:
    status, reason = (Status.FAILED, None) if failure else _outcome(tally)
    return LawResult(
        law.code,
        law.title,
        status,
        findings=_findings(law, plan, failure) if failure else (),
        examples=tally.examples,
        reason=reason,
        counterexample=failure.line if failure else None,
        statistics=tuple(tally.statistics.items()) + _counts(tally),
    )


def _outcome(tally: Tally) -> tuple[Status, str | None]:
    if tally.undecided.total() > tally.examples / 2:
        (reason, count), *_ = tally.undecided.most_common(1)
        return Status.INCONCLUSIVE, f"{count} of {tally.examples} examples could not decide: {reason}"
    if tally.effective <= 0:
        reason = next(iter(tally.idle), "nothing could be drawn")
        return Status.VACUOUS, f"no example could have violated the law: {reason}"
    return Status.PASSED, None


def _counts(tally: Tally) -> tuple[tuple[str, str], ...]:
    pairs = {
        "structures": tally.structures,
        "idle examples": tally.idle,
        "inconclusive examples": tally.undecided,
    }
    return tuple(
        (name, ", ".join(f"{what} {count}" for what, count in counts.most_common()))
        for name, counts in pairs.items()
        if counts
    )


def _findings(law: Law, plan: Plan, failure: Failure) -> tuple[Finding, ...]:
    """Return what a check found, under its own codes; else the one finding of the law."""
    found = failure.error.findings if isinstance(failure.error, Violation) else ()
    return found or (_finding(law, plan, failure),)


def _finding(law: Law, plan: Plan, failure: Failure) -> Finding:
    location = location_of(plan.declaration.thing)
    if not isinstance(failure.error, Violation):
        return crash(plan.name, f"{law.code}: {law.title}", failure.error, location)
    broken = failure.error
    return Finding(
        law.code,
        f"`{plan.name}`: {broken.message} ({law.title})",
        index=broken.index,
        analytic=broken.value,
        numeric=broken.target,
        bound=broken.bound,
        hint=law.hint,
        location=location,
        detail=broken.detail,
    )
