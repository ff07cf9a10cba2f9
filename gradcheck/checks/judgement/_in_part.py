"""A forward that rounds a part of what it computes to float32: a kernel of fixed format beside a residual in float64.

Its values have all digits, and no input stands still, so nothing shows that some of the digits are worth nothing. At
steps far above an ulp of float32 differences say what is claimed; the closer they come, the more they say something
else: the slope of the rest alone. So before a claim that holds at large steps alone is called wrong, and before one
that holds next to the point alone passes, the forward is asked whether it rounds in part (`excuses._partly`).

A claim that holds at large steps alone along one direction, all inputs together, is asked about before any entry is:
entry by entry, differences in float64 would find out no more, at a hundred times the calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np

from ...numerics import Case, Judged, Lanes, Mask, Ruling, Rung, Vector, jump_of_a_rounded_part, norm, weights
from ...subjects import DIGITS, OutOfBudget
from ..comparison._comparison import Comparison
from ..comparison._doubts import Doubt
from ..comparison._outcome import Outcome

_FITS, _FALLS_SHORT, _OF_THE_ROW = 1e-3, 5e-3, 1e-2
"""Residual at a large step at which a claim holds there, and at a smaller one at which it does not: as a share of the
claim, or of this share of the largest in its row."""

_NEAR, _SHORT = 2.0**-4, 2.0**-8
"""Step above which curvature may be all that a residual shows, and one at which that is less than a stair."""

_HIGHEST, _FEW = 2.0**-21, 4.0
"""How high a stair of float32 may be, beside the outputs, for what never climbs one; how many a sum may be off."""

_ROUNDING = 4.0
"""Times the noise of f, what rounding makes of a difference, as on any ladder of steps."""

_FARTHER = (2.0**-6, 2.0**-8, 2.0**-10)
_AFAR, _CLOSE, _CLOSEST = (2.0**-8, 2.0**-11), (2.0**-24, 2.0**-27), 2.0**-34
"""Steps of many stairs of float32, and steps within one; one within stairs that are meant as well."""

_HOW = "it jumps by some of the last digits of float32 beside the point, and is smooth between"
_IN_PART = Doubt(2.0 ** (1 - DIGITS["float32"]), _HOW, in_part=True)


def rounds_in_part(comparison: Comparison, outcome: Outcome) -> Doubt | None:
    """Return the doubt that float32 is inside, where small steps say of a claim what large ones deny."""
    with suppress(OutOfBudget):
        if _is_denied(comparison, outcome, _HIGHEST):
            jump = jump_of_a_rounded_part(_along_a_line(comparison))
            if jump and _is_denied(comparison, outcome, min(_HIGHEST, _FEW * jump)):
                return _IN_PART
    return None


def rounds_in_sight(comparison: Comparison) -> Doubt | None:
    """Return the same doubt before any entry is judged, where one direction shows the claim to hold from afar."""
    if comparison.allowed is not None:
        return None
    with np.errstate(all="ignore"):
        return _doubt(comparison) if _falls_short_near_the_point(comparison) else None


def stands_from_afar(comparison: Comparison, outcome: Outcome) -> bool:
    """Whether each entry that float32 did not settle holds at some larger step, output by output."""
    columns = outcome.columns
    if columns is None:
        return False
    unsettled = [j for j, state in zip(columns.position, columns.state, strict=True) if state is not Ruling.PASS]
    if not unsettled:
        return True
    with suppress(OutOfBudget), np.errstate(all="ignore"):
        lanes = comparison.lanes()
        row = np.max(np.abs(lanes.analytic * comparison.problem.sizes), axis=1, initial=0.0)
        return all(_holds_from_afar(lanes, j, row) for j in unsettled)
    return False


def _holds_from_afar(lanes: Lanes, j: int, row: Vector) -> bool:
    problem, claim = lanes.problem, lanes.analytic[:, j]
    size = problem.sizes[j]
    fits = _FITS * np.maximum(np.abs(claim), _OF_THE_ROW * row / size)

    def off(step: float) -> Vector:
        (above, up), (below, down) = (problem.value_at(j, side * step * size) for side in (1, -1))
        return np.asarray(np.abs(lanes.of_output(above - below) / (up - down) - claim))

    return bool(np.any([off(step) <= fits for step in _FARTHER], axis=0).all())


def _doubt(comparison: Comparison) -> Doubt | None:
    return _IN_PART if jump_of_a_rounded_part(_along_a_line(comparison)) else None


def _falls_short_near_the_point(comparison: Comparison) -> bool:
    """Whether the claim holds at a large step and does not at a smaller one, all inputs moving together.

    Where an output stands still next to the point, all of it is stairs, which may be meant.
    """
    problem, upstream, analytic = comparison.problem, comparison.upstream, comparison.analytic
    direction = _direction(comparison)
    scale = norm(analytic * direction)

    def moved(step: float) -> tuple[Vector, float]:
        above, below = problem.point(step * direction), problem.point(-step * direction)
        rise = problem.value(above) - problem.value(below)
        return rise, float(abs(upstream @ rise - analytic @ (above - below)) / (2 * step))

    close = [moved(step) for step in _CLOSE]
    if not any(off > _FALLS_SHORT * scale for _, off in close):
        return False
    afar = [moved(step) for step in _AFAR]
    if not any(off <= _FITS * scale for _, off in afar):
        return False
    stands_still = (moved(_CLOSEST)[0] == 0) & (afar[0][0] != 0)
    return not stands_still.any()


def _is_denied(comparison: Comparison, outcome: Outcome, stair: float) -> bool:
    """Whether large steps deny what small ones say; a claim that fails holds there, or is off by a stair at most."""
    if not outcome.accuses or outcome.lanes is None:
        return comparison.denied and not outcome.accuses
    found = [_hold(*seen, stair) for seen in outcome.lanes.failed.values()]
    return any(holds.size for holds in found) and all(holds.all() for holds in found)


def _hold(case: Case, rungs: Sequence[Rung], judged: Judged, stair: float) -> Mask:
    """Return, for the claims that failed, whether they hold at a larger step than they fall short, or on a stair.

    What is off by little, but by more than a stair, is left to the others; so is what falls short at steps so small
    that rounding hides the claim.
    """
    near = sorted((rung for rung in rungs if rung.step <= _NEAR), key=lambda rung: -rung.step)
    if not near:
        return np.zeros(0, dtype=bool)
    scale = np.maximum(np.abs(case.analytic), _OF_THE_ROW * case.row)
    residuals = np.abs([rung.residual for rung in near])
    rounding = np.array([_ROUNDING * case.noise / rung.step for rung in near])
    falls_short = np.maximum.accumulate((residuals - rounding)[::-1], axis=0)[::-1] > _FALLS_SHORT * scale
    larger, on_it = np.any((residuals <= _FITS * scale) & falls_short, axis=0), _are_on_a_stair(near, stair)
    return np.asarray((larger | on_it)[(judged.ruling == Ruling.FAIL) & (falls_short[0] | on_it)])


def _are_on_a_stair(rungs: Sequence[Rung], stair: float) -> Mask:
    """Return which lanes no step denies by more than a stair: a part that saturates may never climb one."""
    off = [2 * rung.step * np.abs(rung.residual) for rung in rungs if rung.step <= _SHORT]
    largest = max(float(np.max(rung.size, initial=0.0)) for rung in rungs)
    return np.asarray(np.all(np.array(off) <= stair * largest, axis=0))


def _along_a_line(comparison: Comparison) -> Callable[[float], Vector]:
    """Return f along a line, every array of outputs in units of its largest entry."""
    problem, sizes = comparison.problem, np.ones(comparison.base.size)
    for piece in comparison.bench.outputs:
        sizes[piece.where] = np.max(np.abs(comparison.base[piece.where]), initial=0.0) or 1.0
    direction = _direction(comparison)
    return lambda t: problem.value(problem.x + t * direction) / sizes


def _direction(comparison: Comparison) -> Vector:
    problem = comparison.problem
    return np.asarray(weights(problem.x.size, np.random.default_rng(0)) * problem.sizes)  # draws for nobody else
