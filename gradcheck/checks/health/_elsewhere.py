"""Other inputs from the same domain, to be visited first.

A cache that is never renewed, or a buffer never cleared, would look right if the point itself came first. What
happens there is nobody's fault, so nothing of it is reported.
"""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from ...numerics import weights
from ...subjects import Array, elsewhere
from ..bench._bench import Bench


def other_values(bench: Bench) -> list[Array]:
    """Return other values of the inputs and parameters, which entry by entry stay in the domain."""
    return [elsewhere(value) for value in bench.values(bench.x)]


def visit(bench: Bench, rng: np.random.Generator) -> None:
    """Run forward and backward elsewhere, unless adapting the subject has done so already, or nothing can be kept."""
    if bench.subject.spent[1] or bench.subject.derived:
        return
    with suppress(Exception):
        evaluation = bench.evaluate(other_values(bench))
        outputs = [np.asarray(out) for out in evaluation.outputs.values()]
        bench.pull(evaluation, [weights(out.size, rng).reshape(out.shape).astype(out.dtype) for out in outputs])
