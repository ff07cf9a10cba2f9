r"""What rounding does to a map, where nothing else says it: how its values scatter at inputs that hardly differ.

.. math:: z_j = f(x + j \delta), \qquad |z_{j-1} - 2 z_j + z_{j+1}|

What is smooth falls out of the second differences, and rounding stays. A projection onto directions that divides by
the roots of small eigenvalues, as a kernel's does, makes much of it; a mean of other data makes none.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..adapters._fitted import Array

APART, COUNT = 2.0**-42, 7
TIMES = 16.0
"""How many times as large as seen in a few values the rounding of another one may be."""


def with_scatter(room: Array, gap: Array, call: Callable[[Array], Array], x: Array) -> Array:
    """Return `room`, and where that does not hold the gap, what the outputs of `call` are seen to scatter by."""
    return room if bool((np.abs(gap) <= room).all()) else room + TIMES * scatter(call, x)


def scatter(call: Callable[[Array], Array], x: Array) -> Array:
    """Return the largest second difference of each output over the rows of `x`, moved by next to nothing."""
    way = x * np.random.default_rng(7).choice([-1.0, 1.0], x.shape)
    values = np.stack([call(x + j * APART * way) for j in range(COUNT)])
    return np.asarray(np.abs(np.diff(values, 2, axis=0)).max(axis=(0, 1)))
