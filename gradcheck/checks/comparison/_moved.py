r"""A point a little beside the kinks, where the function is smooth and the whole gradient can be looked at.

Every input moves by about a thousandth of its size, further if that does not help (among a hundred thousand ties that
were moved apart some stay nearer than any step), and is looked at once more. The formula is judged there as
anywhere; which slope is chosen *on* a kink is not, unless it is the very gradient beside it. A limit of gradients,

.. math:: g = \lim_{x' \to x} \nabla f(x')

is a generalized gradient (F. Clarke, "Optimization and Nonsmooth Analysis", 1983), whatever the slopes of f to either
side, unless f jumps on the way: a row of zeros in front of ReLUs without a bias has all units on their kinks, and
relu'(0) = 1 gives what any small bias would.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ...numerics import Glance, Problem, Vector, glance, jumps

_AWAY = (2.0**-10, 2.0**-6, 2.0**-3)
_NEAR = (2.0**-13, 2.0**-16)
_ALIKE, _BEND = 1e-2, 4.0
"""Share of itself, and share of the largest per distance, by which an entry may change on the way."""


def look_beside(problem: Problem, upstream: Vector, rng: np.random.Generator) -> Glance | None:
    """Return a first look that certifies a point next to this one; None where none does."""
    for away in _AWAY:
        beside = problem.elsewhere(problem.point(away * problem.sizes * rng.uniform(-1, 1, problem.x.size)))
        base, analytic = beside.value(beside.x), beside.pull(beside.x, upstream)
        if np.isfinite(base).all() and np.isfinite(analytic).all():
            seen = glance(beside, base, upstream, analytic, rng, fine=False)
            if seen.certified:
                return seen
    return None


def limit_of_gradients(
    problem: Problem, base: Vector, upstream: Vector, claim: Vector, rng: np.random.Generator
) -> Glance | None:
    """Return a first look that certifies a near point whose gradient is `claim`; None where none does.

    One input moves as a whole, up or down: so a bias takes all units of a row to the same side of their kinks.
    """
    for away in _NEAR:
        for shift in _shifts(problem, away):
            beside = problem.elsewhere(problem.point(shift))
            there, analytic = beside.value(beside.x), beside.pull(beside.x, upstream)
            alike = np.isfinite(there).all() and _is_alike(problem, claim, analytic, away)
            if alike and not jumps(problem, base, upstream, shift / away):
                seen = glance(beside, there, upstream, analytic, rng, fine=False, beside=True)
                looks = tuple(look for look in seen.looks if not look.idle)  # far steps cross the kinks again
                if looks and all(look.certified for look in looks):
                    return replace(seen, looks=looks)
    return None


def _shifts(problem: Problem, away: float) -> Iterator[Vector]:
    for block in problem.blocks:
        for sign in (1, -1):
            shift = np.zeros(problem.x.size)
            shift[block] = sign * away * problem.sizes[block]
            yield shift


def _is_alike(problem: Problem, claim: Vector, there: Vector, away: float) -> bool:
    """Whether no entry has changed by more than a smooth gradient would."""
    worth, off = np.abs(claim) * problem.sizes, np.abs(there - claim) * problem.sizes
    return bool(np.all(off <= _ALIKE * worth + _BEND * away * np.max(worth, initial=0.0)))
