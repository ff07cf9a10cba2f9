r"""Coordinates that are said not to matter: a zero is believed only where large steps show no slope either.

A zero has no size of its own, so the first look measures it beside its neighbours, at a step so small that a slope
of 1e-9 drowns in the rounding of the outputs. Far steps see it: with h = 2^-5, 2^-8, ...

.. math:: s(h) = \frac{u\cdot(f(x + hv) - f(x - hv))}{2h}

rounding falls to eps |f| / h. What belongs to a kink or a bend fades as h shrinks; what stays from one step to the
next is a slope. Nothing is condemned here: the coordinates are left to the careful rule. Where there is none, the
noise of the step that shows it says how small a slope would have been seen.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .._problem import Mask, Problem, Vector, norm
from ._sight import few

_STEPS = (2.0**-5, 2.0**-8, 2.0**-11, 2.0**-14, 2.0**-17)
_ABOVE_NOISE = 8.0
_STAYS = 0.5


def idle_coordinates(analytic: Vector, blocks: tuple[slice, ...], *, fine: bool) -> Mask:
    """Return where the gradient is zero beside others: everywhere, or whole inputs and a few where not `fine`."""
    idle = analytic == 0
    if not fine:
        for block in blocks:
            idle[block] &= bool(idle[block].all()) or few(idle[block])
    return idle if idle.any() and not idle.all() else np.zeros(idle.size, dtype=bool)


def slope_that_stays(
    problem: Problem, base: Vector, upstream: Vector, direction: Vector
) -> tuple[float, float, float]:
    """Return the slope along `direction` that two steps agree on, the smaller of the two, and what may be hidden.

    The first two are zero if there is none. Two evaluations where nothing moves, two more for every further step.
    """
    before = 0.0
    for step, slope, noise in _slopes(problem, base, upstream, direction):
        if abs(slope) <= _ABOVE_NOISE * noise:
            lost = problem.precision.eps * norm(upstream * base) / step  # also in what did not move
            return 0.0, 0.0, abs(slope) + _ABOVE_NOISE * lost
        if before and abs(slope) > _STAYS * abs(before):
            return slope, step, np.inf
        before = slope if np.isfinite(slope) else 0.0
    return 0.0, 0.0, np.inf


def _slopes(
    problem: Problem, base: Vector, upstream: Vector, direction: Vector
) -> Iterator[tuple[float, float, float]]:
    """Yield step, slope and the noise of the slope."""
    for step in _STEPS:
        with np.errstate(all="ignore"):
            ahead, behind = (problem.value(problem.point(h * direction)) for h in (step, -step))
            moved = (ahead != base) | (behind != base)
            slope = float(upstream[moved] @ (ahead - behind)[moved]) / (2 * step)
            noise = problem.precision.eps * norm((upstream * base)[moved]) / step
        yield step, slope, noise
