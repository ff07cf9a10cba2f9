"""A gradient that is not finite: wrong where differences are, undecided where they are not either."""

from __future__ import annotations

import numpy as np

from ...numerics import Lanes, Problem, judge_columns
from ...report import Finding, Verdict
from ...subjects import OutOfBudget, location_of
from ..bench._bench import Bench
from ..bench._pieces import place_of
from ._vitals import Health


def non_finite_gradient(bench: Bench, problem: Problem, health: Health, rng: np.random.Generator) -> Finding:
    """Return the finding for the first entry of the analytic gradient that is NaN or infinite."""
    at = int(np.flatnonzero(~np.isfinite(health.analytic))[0])
    place = place_of(bench.inputs, at)
    numeric, bound = _numeric(problem, health, at, rng)
    finite = bool(np.isfinite(numeric)) and bound <= 1e-2 * max(abs(numeric), _typical(problem, health, at))
    truth = f"differences give {numeric:.6g}" if finite else _untold(bench)
    return Finding(
        "GC114",
        f"the gradient of {bench.subject.name} is not finite: {place} is {health.analytic[at]}, and {truth}",
        Verdict.FAIL if finite else Verdict.INCONCLUSIVE,
        *place,
        float(health.analytic[at]),
        numeric if finite else None,
        bound if finite else None,
        hint="look for 0/0, inf - inf or an overflow in the backward; use a form that is stable there",
        wrong=int(np.sum(~np.isfinite(health.analytic))),
        compared=health.analytic.size,
        location=location_of(bench.subject.backward),
    )


def _untold(bench: Bench) -> str:
    if bench.most is not None and bench.forward_calls >= bench.most:
        return "max_evals ended the check before differences could tell what it should be"
    return "differences do not settle there either"


def _typical(problem: Problem, health: Health, at: int) -> float:
    """Return the size that an entry at `at` would have if it contributed as much as the largest finite one."""
    contributions = np.abs(health.analytic * problem.sizes)
    largest = float(np.max(contributions[np.isfinite(contributions)], initial=0.0))
    return max(1e-3 * largest / float(problem.sizes[at]), float(np.finfo(float).tiny))


def _numeric(problem: Problem, health: Health, at: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return the numeric gradient at `at` and its bound: the analytic one is left out of it."""
    lanes = Lanes(problem, health.base, health.upstream[None], np.zeros((1, problem.x.size)), rng)
    lanes.set_allowance(np.zeros((1, problem.x.size)))
    try:
        ((_, judged),) = judge_columns(lanes, [at])
    except OutOfBudget:
        return np.nan, np.inf
    return float(judged.numeric[0]), float(judged.bound[0])
