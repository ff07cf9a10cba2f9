r"""The two curves of a failure, in decimal logarithms: what both pictures of it draw.

A mistake leaves :math:`\log_{10}` of the error flat, far above the V that truncation (right arm, falls with the step)
and rounding (left arm, rises as the step shrinks) can explain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..report import StepError

_TINY, _FLOOR = 1e-300, -20.0


@dataclass(frozen=True, slots=True)
class Curves:
    """Logarithms of the steps, rising, and of both errors; ``low`` and ``high`` are the powers of ten around them."""

    steps: list[float]
    error: list[float]
    explicable: list[float]
    low: int
    high: int


def curves(steps: Sequence[StepError]) -> Curves | None:
    """Return the curves; None where fewer than two steps can be drawn."""
    distinct = {math.log10(step.step): step for step in steps if _drawable(step)}
    drawn = [distinct[step] for step in sorted(distinct)]
    if len(drawn) < 2:
        return None
    error = [math.log10(max(step.error, _TINY)) for step in drawn]
    explicable = [math.log10(max(step.allowed, _TINY)) for step in drawn]
    floor = max(min(*error, *explicable), _FLOOR)
    error, explicable = ([max(value, floor) for value in values] for values in (error, explicable))
    low = math.floor(floor)
    high = max(math.ceil(max(*error, *explicable)), low + 1)
    return Curves([math.log10(step.step) for step in drawn], error, explicable, low, high)


def _drawable(step: StepError) -> bool:
    return step.step > 0 and all(math.isfinite(value) for value in (step.step, step.error, step.allowed))


def ticks(low: int, high: int, most: int = 5) -> range:
    """Return the powers of ten to be labelled from `low` to `high`, `most` steps between them."""
    return range(low, high + 1, max(1, math.ceil((high - low) / most)))
