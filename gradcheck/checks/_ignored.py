"""``kinks="ignore"`` where a projection as a whole lies on kinks: look a little beside them instead.

Every input moves by about a thousandth of its size, to where the function is smooth, and is looked at once more with
a step far smaller than that. So what the kinks hide is not judged, and everything else is.
"""

from __future__ import annotations

import numpy as np

from ..numerics import glance, weights
from ._gradient import Comparison, Outcome

_AWAY = 2.0**-10
_TRIES = 3


def look_beside(comparison: Comparison, outcome: Outcome) -> None:
    """Settle `outcome`, which a kink has left open, if the first look certifies a point next to it."""
    problem, rng, seen = comparison.problem, comparison.rng, outcome.glances[-1]
    for _ in range(_TRIES):
        beside = problem.elsewhere(problem.point(_AWAY * problem.sizes * weights(problem.x.size, rng)))
        base, analytic = beside.value(beside.x), beside.pull(beside.x, seen.upstream)
        if not (np.isfinite(base).all() and np.isfinite(analytic).all()):
            continue
        again = glance(beside, base, seen.upstream, analytic, rng, fine=False)
        if again.certified:
            outcome.glances, outcome.limit, outcome.bound = [again], None, None
            outcome.kinked, outcome.note = max(outcome.kinked, 1), "compared a little beside the kinks"
            return
