"""Health first: whether the subject can be measured at all.

Deterministic, pure, of the right shapes, finite; the same on a second call, linear in the upstream, indifferent to
strides. Each fault has its own code, so that a random forward is never reported as a wrong gradient.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...numerics import Vector
from ...subjects import Malformed
from ..bench._bench import Bench
from ._backward import examine_backward
from ._elsewhere import visit
from ._forward import examine_forward
from ._vitals import Health, malformed


def examine(
    bench: Bench, upstream: Callable[[Bench], Vector] | None, rng: np.random.Generator, health: Health | None = None
) -> Health:
    """Return the state of health of the subject on `bench`; `upstream` makes the first upstream, if not drawn.

    What is found is written into `health` at once, so that it stays known if the budget ends the examination.
    """
    health = Health() if health is None else health
    visit(bench, rng)
    evaluation, watch = examine_forward(bench, health)
    if not health.fit:
        return health
    health.upstream = upstream(bench) if upstream else bench.draw_upstream(health.base, rng)
    try:
        examine_backward(bench, health, evaluation, watch, rng)
    except Malformed as broken:
        health.report(malformed(bench, broken), fatal=True)
    return health
