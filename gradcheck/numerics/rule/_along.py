"""Many lanes along one direction: elementwise functions, kinked outputs, whole projections."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from .._problem import Mask, Problem, Vector, norm
from ..ladder._case import REPEATS, Case, rounded_away, upper_quartile
from ..ladder._ladder import Rung
from ._judged import Judged, Ruling
from ._rule import judge

_LEAST_ULPS = 256
_NEAR, _STAYS, _SHARE = 2.0**-10, 4.0, 1e-2
"""The larger step at which outputs bend by rounding, how much less they may bend at the smaller, and how many do."""

_BRIEF = 4096


def judge_along(
    problem: Problem,
    base: Vector,
    direction: Vector,
    *,
    lanes: Callable[[Any], Any],
    predict: Callable[[Vector], Vector],
    noise: Vector,
    row: Vector,
    beside: Vector | None = None,
    allowance: Callable[[], Vector],
    single: bool | Mask = False,
    unit: Vector | float = 1.0,
    at: Vector | float = 0.0,
    unseen: Vector | float = 0.0,
    rungs: int | None = None,
    reclaimed: Callable[[int], float | None] = lambda _: None,
    least: Vector | float = 0.0,
    repeats: int = REPEATS,
) -> Judged:
    """Judge every lane along `direction`.

    ``lanes`` picks or projects the outputs; ``predict`` says what the analytic gradient expects of the lanes for a
    displacement of x; ``allowance`` is the noise of that expectation for the direction itself; ``single`` says that
    each lane is one output.
    """
    start = lanes(base)

    def sample(step: float) -> Rung:
        right, left = problem.point(step * direction), problem.point(-step * direction)
        ahead, behind = lanes(problem.value(right)), lanes(problem.value(left))
        return Rung.between(step, behind, start, ahead, predict(right - left), step, step)

    @cache
    def refined(step: float) -> Rung | None:
        right, left = problem.point(step * direction), problem.point(-step * direction)
        values = problem.refined(left, right)
        if values is None:
            return None
        behind, middle, ahead = (lanes(value) for value in values)
        return Rung.between(step, behind, middle, ahead, predict(right - left), step, step)

    moved = np.abs(direction) > 0
    size = np.maximum(np.abs(problem.x[moved]), np.abs(direction[moved]) / 1024)
    spacing = np.spacing(size.astype(problem.precision.grid)).astype(float)
    least_step = float(np.max(_LEAST_ULPS * spacing / np.abs(direction[moved]), initial=0.0))
    each = np.broadcast_to(single, start.shape)
    beside = row if beside is None else beside
    case = Case(
        analytic=predict(direction),
        noise=noise,
        unseen=unseen,
        row=row,
        beside=beside,
        precision=problem.precision,
        sample=sample,
        allowance=lambda _: allowance(),
        single=each,
        least=least,
        least_step=least_step,
        repeats=repeats,
        unit=unit,
        at=at,
        refined=refined,
        reclaimed=reclaimed,
    )
    return judge(case, rungs) if rungs else judge(case)


def judge_elementwise(
    problem: Problem,
    base: Vector,
    slope: Vector,
    noise: Vector,
    direction: Vector,
    allowance: Callable[[], Vector],
    reclaimed: Callable[[], Vector | None] = lambda: None,
) -> Judged:
    """Judge every entry of an elementwise function at once: entry i of the output answers to entry i of the input.

    All entries move together. The first rungs settle most of them; the rest are looked at again on their own.
    """
    steepest = float(np.max(np.abs(slope), initial=0.0))
    least = rounded_away(slope, upper_quartile(slope), np.abs(direction))

    def run(inside: slice | Mask, rungs: int | None) -> Judged:
        return judge_along(
            problem,
            base,
            direction,
            lanes=lambda output: output[inside],
            predict=lambda displacement: (slope * displacement)[inside],
            noise=noise[inside],
            unseen=problem.precision.eps / 2 * np.abs(slope * problem.x)[inside],
            row=np.abs(slope * direction)[inside],
            beside=steepest * np.abs(direction[inside]),
            allowance=lambda: allowance()[inside] * np.abs(direction[inside]),
            single=True,
            unit=direction[inside],
            at=problem.x[inside],
            rungs=rungs,
            reclaimed=lambda lane: again(inside, lane),
            least=least[inside],
        )

    @cache
    def slopes() -> Vector | None:
        return reclaimed()

    def again(inside: slice | Mask, lane: int) -> float | None:
        """Return what the slope of one lane is with more digits, along the direction."""
        known = slopes()
        return None if known is None else float((known * direction)[inside][lane])

    if base.size <= _BRIEF:
        return run(slice(None), None)
    judged = run(slice(None), 3)
    open_ = judged.ruling == Ruling.OPEN
    return judged.replaced(open_, run(open_, None)) if open_.any() else judged


def kinked_outputs(problem: Problem, base: Vector, direction: Vector, step: float) -> Mask:
    """Return which outputs bend alike at `step` and at a sixteenth of it: they sit on a kink, or very near one."""
    bends = []
    for h in (step, step / 16):
        right, left = problem.point(h * direction), problem.point(-h * direction)
        with np.errstate(all="ignore"):
            bends.append(np.abs(problem.value(right) - 2 * base + problem.value(left)) / h)
    coarse, fine = bends
    typical = norm(base) / np.sqrt(max(base.size, 1))  # a small output may be a difference of large terms
    rounding = 64 * problem.precision.eps * np.maximum(np.abs(base), typical) / (step / 16)
    return np.asarray((fine > 0.5 * coarse) & (fine > rounding) & (fine > 0))


def bends_by_rounding(problem: Problem, base: Vector, direction: Vector) -> bool:
    """Whether many outputs bend, to either side, and by no less at a smaller step: kinks bend less, in proportion.

    So does 1 - 1e-12, of which few digits are left and no measure of rounding knows: stairs stand still in between.
    """
    bends = []
    for h in (_NEAR, _NEAR / 16):
        right, left = problem.point(h * direction), problem.point(-h * direction)
        with np.errstate(all="ignore"):
            bends.append(problem.value(right) - 2 * base + problem.value(left))
    coarse, fine = bends
    stays = np.abs(fine).max(initial=0.0) > np.abs(coarse).max(initial=0.0) / _STAYS
    few = min(int(np.sum(fine > 0)), int(np.sum(fine < 0)))
    return bool(stays and few > max(_SHARE * base.size, 1))
