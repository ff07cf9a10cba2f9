"""Stairs: rounding that hides from every step below it.

What 1 + x keeps of a tiny x is flat between two stairs, or exactly linear once it is multiplied by x; no lattice as
fine as a few ulps of x sees any noise there. From afar the stairs show.
"""

from __future__ import annotations

import numpy as np

from .._problem import Mask, Vector
from ..ladder._case import Case
from ..ladder._ladder import Estimate, Ladder

_NOISY, _ASKED = 64.0, 16
_TOO_WELL = 1e-4
_BELOW_ALL_DIGITS = 2.0**-64
"""Share of a move that no format shows beside it."""

_LOW, _LOW_IN_SINGLE, _NEAR = 2.0**-40, 2.0**-19, 2.0**-30


def follow_the_claim(case: Case, ladder: Ladder, lanes: Mask) -> Mask:
    """Which of `lanes` stand still and say nothing by it: over the longest way the claim asks for less than a stair.

    Of a function that moves elsewhere, and in the same way with more digits, stillness says all.
    """
    longest = np.max([np.where(rung.still, 2 * rung.step, 0.0) for rung in ladder.rungs], axis=0)
    asked = np.abs(case.analytic) * longest
    nothing = lanes & ladder.finest.still & (asked < np.maximum(_LOW, _LOW_IN_SINGLE * ladder.finest.size))
    changed = change_with_more_digits(case, ladder) if nothing.any() else None
    if changed is not None:
        height = _smallest_move(case, ladder)[0]
        nothing &= changed | np.isinf(height) | (asked < _BELOW_ALL_DIGITS * height)
    return np.asarray(nothing)


def are_meant(case: Case, ladder: Ladder, lanes: Mask) -> Mask:
    """Which of `lanes` are flat between stairs so high that they are no rounding: those of a step function."""
    found = lanes & ladder.finest.still
    if found.any():  # more digits cost calls
        found &= ~_low(case, ladder)
    return np.asarray(found & ~follow_the_claim(case, ladder, found))


def are_taken_for_noise(case: Case, ladder: Ladder, lanes: Mask) -> Mask:
    """Which of `lanes` move in stairs that more digits do not smooth: the slope from afar is not theirs.

    Asked where noise is far above the last digit, at a step that climbs less than an eighth of it.
    """
    fine, found = ladder.finest, np.zeros(lanes.size, dtype=bool)
    with np.errstate(all="ignore"):
        slope = np.abs(case.analytic + fine.residual)
        noisy = lanes & (case.noise > _NOISY * case.precision.eps * fine.size) & (slope > 0)
        steps = case.noise / (8 * slope)
    noisy &= (steps < fine.step) & (steps > case.least_step)  # below that x itself stands still
    for lane in np.flatnonzero(noisy)[:_ASKED]:
        refined = case.refined(float(steps[lane]))
        if refined is None:
            break
        found[lane] = refined.still[lane]
    return found


def settle_at_once(case: Case, ladder: Ladder) -> Mask:
    """Whether the steps disagree, and then agree better than any smooth function's would, on so little as a stair.

    Between two stairs of 1 + erf(x), times x, f is exactly linear; the steps above reach over the edge. Where no more
    digits are to be had, and f is as small as the rounding of a constant up to 4096, that settles nothing.
    """
    residuals = np.array([rung.residual for rung in ladder.rungs])
    with np.errstate(all="ignore"):
        drift = np.abs(np.diff(residuals, axis=0))
        before, after = drift[:-1], drift[1:]
        z = np.abs(residuals[-1])
        sudden = (z / 10 < before) & (before < 100 * z) & (after < _TOO_WELL * before)
        small = (ladder.finest.size < _LOW) & sudden.any(axis=0)
    if not small.any() or case.refined(ladder.finest.step) is not None:
        return np.zeros(small.size, dtype=bool)
    return np.asarray(small)


def hidden_error(case: Case, ladder: Ladder, estimate: Estimate) -> Vector:
    """Return what may hide between two stairs: eight ulps where the finest steps move nothing."""
    fine = ladder.rungs[-2:]
    still = np.all([rung.still for rung in fine], axis=0)
    sizes = [rung.size[np.isfinite(rung.size)] for rung in fine]
    size = max(float(s.max(initial=0.0)) for s in sizes)
    return np.where(still, 32 * case.precision.eps * size / ladder.steps_of(estimate), 0.0)


def _low(case: Case, ladder: Ladder) -> Mask:
    """Whether the stairs come from rounding.

    With more digits rounding has other stairs, and a step function the same. Where no more digits are to be had, only
    the height can tell: beside a constant up to 4096, or to float32, stairs are low; higher ones are meant. Where x
    went less than 2^-30 and nothing moved at all, there may be such stairs.
    """
    height, width = _smallest_move(case, ladder)
    single = _LOW_IN_SINGLE * ladder.finest.size
    low = (height < _LOW) | (height < single) | (np.isinf(height) & (width < _NEAR))
    changed = change_with_more_digits(case, ladder)
    return np.asarray(low if changed is None else np.where(np.isfinite(height), changed, low))


def change_with_more_digits(case: Case, ladder: Ladder) -> Mask | None:
    """Whether some step shows other values where f is evaluated with more digits; None where it cannot be."""
    if not ladder.finest.still.any():
        return None
    changed = np.zeros(case.analytic.size, dtype=bool)
    for rung in ladder.rungs:
        fine = case.refined(rung.step)
        if fine is None:
            return None
        with np.errstate(all="ignore"):
            apart = np.maximum(np.abs(fine.left - rung.left), np.abs(fine.right - rung.right)) * rung.step
            changed |= ~(apart <= 16 * case.precision.eps * np.maximum(rung.size, fine.size))
    return changed


def _smallest_move(case: Case, ladder: Ladder) -> tuple[Vector, Vector]:
    """Return the height of the smallest move that was seen, infinite if none was, and how far x went for it."""
    height, width = np.full(case.analytic.size, np.inf), np.full(case.analytic.size, 2 * ladder.rungs[0].step)
    for rung in ladder.rungs:
        with np.errstate(all="ignore"):
            moved = np.abs(rung.residual + case.analytic) * 2 * rung.step
        smaller = ~rung.still & (moved < height)
        height[smaller] = moved[smaller]
        width[smaller] = 2 * rung.step
    return height, width * np.abs(case.unit)
