"""The width of what a layer takes, where neither an argument nor the name of a weight tells it: a size that it holds.

W1 of 8 x 16, called without an example   ->   a batch of 8 numbers each is taken, and one of 3 or 16 is not
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from ._trial import tried

LEAST, MOST = 1, 1024
DEEP, TRIALS = 3, 40
STEPS, SIDES = 5, (6, 5)
"""Steps of a sequence, and the sides of an image, for what takes no table."""


def taken(call: Callable[[Any], Any], thing: Any, rows: int) -> tuple[int, ...] | None:
    """Return the shape of a table, of sequences or of images that a layer takes, as wide as it is somewhere."""
    widths = list(islice(dict.fromkeys(_sizes(thing, DEEP)), TRIALS))
    tables, sequences = ([(rows, *steps, width) for width in widths] for steps in ((), (STEPS,)))
    for shape in (*tables, *sequences, *((rows, width, *SIDES) for width in widths)):
        out = tried(call, np.random.default_rng(0).standard_normal(shape))[0]
        if out is not None and np.size(out):
            return shape
    return None


def _sizes(value: Any, deep: int) -> Iterator[int]:
    """Yield the sizes of the arrays that something holds, and the whole numbers, its own first."""
    held: Iterable[Any] = value.values() if isinstance(value, dict) else getattr(value, "__dict__", {}).values()
    items = [*(value if isinstance(value, (list, tuple)) else held)]
    for item in items:
        found = np.shape(item) if isinstance(item, np.ndarray) else ()
        found = (item,) if type(item) is int else found
        yield from (size for size in found if LEAST <= size <= MOST)
    for item in items if deep else []:
        if not isinstance(item, (np.ndarray, str, int, float)):
            yield from _sizes(item, deep - 1)
