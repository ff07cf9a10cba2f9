"""The next step of a ladder: below a kink, smaller where truncation limits, larger where noise does."""

from __future__ import annotations

import numpy as np

from .._problem import Mask
from ..ladder._case import Case
from ..ladder._ladder import Estimate, Ladder
from . import _kinks as kinks
from ._accuse import bent

_UPWARD = 3
_ABOVE_LEAST, _CLOSER = 16.0, 4.0


def next_step(case: Case, ladder: Ladder, open_: Mask) -> float | None:
    """Return the next step to try, or None where no open lane can gain."""
    estimate, finest = ladder.best(), ladder.finest
    kinked = open_ & kinks.bends_like_a_kink(ladder, case.cap(estimate))
    step = _below_the_kink(case, ladder, kinked)
    if step is None and _kink_just_left(case, ladder, open_ & ~kinked, estimate).any():
        step = finest.step / 4
    if step is None and _restless(case, ladder, open_ & ~kinked, estimate).any():
        step = finest.step / 4
    if step is None:
        step = _smooth_step(case, ladder, open_ & ~kinked, estimate)
    if step is None or step < case.least_step:
        return None
    return step if step > ladder.rungs[0].step or step < finest.step else None


def _below_the_kink(case: Case, ladder: Ladder, kinked: Mask) -> float | None:
    if not kinked.any():
        return None
    straight = kinks.is_straight(ladder)
    if straight[kinked].all():
        step = max(kinks.closest(ladder, kinked), _ABOVE_LEAST * case.least_step)
        return step if _CLOSER * step < ladder.finest.step else None
    kinked = kinked & ~straight
    delta = kinks.distance(ladder)[kinked]
    if np.isfinite(delta).any():
        return float(np.nanmax(delta)) / 2
    if kinks.at_the_floor(ladder)[kinked].all():
        return None
    return ladder.finest.step / 16


def _kink_just_left(case: Case, ladder: Ladder, open_: Mask, estimate: Estimate) -> Mask:
    """Whether the best triple still has the kink inside, and a finer one would show that it is gone."""
    telling = estimate.kink > 12 * ladder.noise_at(ladder.finest) / (ladder.finest.step / 4)
    return open_ & bent(ladder, estimate, case.cap(estimate)) & telling


def _restless(case: Case, ladder: Ladder, open_: Mask, estimate: Estimate) -> Mask:
    """Whether the bend is no kink, and yet does not fall: the steps may be whole waves apart, or beyond a pole."""
    if not open_.any():
        return open_
    kinked = kinks.ends_in_a_kink(ladder, case.cap(estimate))
    return open_ & ~kinked & bent(ladder, estimate, np.zeros(open_.size))


def _smooth_step(case: Case, ladder: Ladder, open_: Mask, estimate: Estimate) -> float | None:
    """Return a smaller step where truncation limits, a larger one where noise limits the coarsest triple."""
    if not open_.any():
        return None
    finite = np.isfinite(estimate.error)
    if (open_ & ~finite).any() and not np.isfinite(ladder.finest.residual[open_]).all():
        return ladder.finest.step / 64
    noisy = finite & (estimate.noise >= estimate.truncation)
    if (open_ & ~noisy).any():
        return ladder.finest.step / 4
    coarsest = ladder.rungs[0].step
    if (estimate.triple[open_] == 2).any() and coarsest < case.precision.first * 4**_UPWARD:
        return coarsest * 4
    return None
