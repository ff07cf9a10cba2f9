"""A point a little beside the kinks, where the function is smooth and the whole gradient can be looked at.

Every input moves by about a thousandth of its size, further if that does not help (among a hundred thousand ties that
were moved apart some stay nearer than any step), and is looked at once more. The formula is judged there as
anywhere; which slope is chosen *on* a kink is not.
"""

from __future__ import annotations

import numpy as np

from ..numerics import Glance, Vector, glance
from ._gradient import Comparison
from ._outcome import Outcome

_AWAY = (2.0**-10, 2.0**-6, 2.0**-3)


def look_beside(comparison: Comparison, upstream: Vector) -> Glance | None:
    """Return a first look that certifies a point next to this one; None where none does."""
    problem, rng = comparison.problem, comparison.rng
    for away in _AWAY:
        beside = problem.elsewhere(problem.point(away * problem.sizes * rng.uniform(-1, 1, problem.x.size)))
        base, analytic = beside.value(beside.x), beside.pull(beside.x, upstream)
        if np.isfinite(base).all() and np.isfinite(analytic).all():
            seen = glance(beside, base, upstream, analytic, rng, fine=False)
            if seen.certified:
                return seen
    return None


def settle_beside(comparison: Comparison, outcome: Outcome) -> None:
    """Settle `outcome`, which a kink has left open, if a point next to it is certified: for ``kinks="ignore"``."""
    seen = look_beside(comparison, outcome.glances[-1].upstream)
    if seen is not None:
        outcome.glances, outcome.limit, outcome.bound = [seen], None, None
        outcome.kinked, outcome.note = max(outcome.kinked, 1), "compared a little beside the kinks"
