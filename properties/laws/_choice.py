r"""Where a function has a kink, its gradient is a choice: two calls that are worth the same may choose otherwise.

.. math:: f'_\pm = \lim_{h \to 0} \frac{f(x \pm h e) - f(x)}{\pm h}, \qquad f'_- \ne f'_+ \text{ at a kink}

Equal predictions that a sort holds against different targets are one: it ranks them by their places, and any number
between the two slopes is right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .._expect import largest
from ..adapters._example import Array

STEPS = (2.0**-20, 2.0**-24)
MOST = 64
"""Entries that are asked; where more differ, no kink is to blame."""

SHARE = 1e-4
"""Of the slopes: what they have to differ by, for the gap to be more than curvature and rounding."""


@dataclass(frozen=True)
class Hull:
    """What a gradient may be, entry by entry; ``kink`` says where that is more than one number."""

    low: Array
    high: Array
    kink: Array

    def holds(self, gradient: Array) -> Array:
        """Return which entries lie between the slopes; none of those that were not asked."""
        return (self.low <= gradient) & (gradient <= self.high)


def hull_of(value: Callable[[Array], float], x: Array, asked: Array) -> Hull:
    """Return the slopes of `value` to both sides of the entries of `x` that are asked."""
    found = Hull(np.full(x.shape, np.inf), np.full(x.shape, -np.inf), np.zeros(x.shape, dtype=bool))
    asked_for = [index for index in np.ndindex(x.shape) if asked[index]] if np.any(asked) else []
    for index in asked_for if len(asked_for) <= MOST else ():
        wide, close = (_slopes(value, x, index, step * max(1.0, abs(float(x[index])))) for step in STEPS)
        size = float(largest(close)) * SHARE
        gaps = [abs(right - left) for left, right in (wide, close)]
        found.low[index], found.high[index] = min(close) - size, max(close) + size
        found.kink[index] = min(gaps) > size and gaps[1] > gaps[0] / 2  # curvature would fade with the step
    return found


def _slopes(value: Callable[[Array], float], x: Array, index: tuple[int, ...], step: float) -> tuple[float, float]:
    """Return the slopes to the left and to the right."""
    values = []
    for sign in (-1.0, 0.0, 1.0):
        moved = x.copy()
        moved[index] += sign * step
        values.append(float(value(moved)))
    return (values[1] - values[0]) / step, (values[2] - values[1]) / step
