"""Random upstreams and directions: signs with magnitudes that never vanish.

Every weight is between 0.6 and 1.4 in size, so one wrong entry always shows with at least 0.6 of its size, and its
contribution cannot cancel exactly against another's. Both signs occur: a backward that takes the absolute value, or
drops negative upstreams, is not hidden. Where they are many, all of their bits are drawn: of 256 values some would
be drawn twice, and two entries that are exchanged would cancel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ._problem import Vector

SMALLEST, LARGEST = 0.6, 1.4
_MANY = 256

_MAGNITUDES = SMALLEST + (LARGEST - SMALLEST) * (np.arange(128) + 0.5) / 128
_TABLE = np.concatenate([_MAGNITUDES, -_MAGNITUDES])


def weights(size: int, rng: np.random.Generator) -> Vector:
    """Return `size` weights of both signs; one weight alone is negative (1 would hide abs and clip)."""
    drawn = _TABLE[rng.integers(0, _TABLE.size, size, dtype=np.uint8)]
    if size > _MANY:
        drawn *= 1.0 + rng.random(size) / 512
    above = drawn > 0
    if (size and above.all()) or (size > 1 and not above.any()):
        drawn[rng.integers(size)] *= -1
    return drawn


def middle(shape: Sequence[int]) -> tuple[slice, ...]:
    """Return the middle half of every axis of more than one entry; the second of two, so that the first is outside.

    An upstream that is zero elsewhere has zeros at either end of every axis: loops over time, rows or heads that skip
    or stop where nothing comes from above lose what others should hand on.
    """
    return tuple(slice(*_half(length)) if length > 1 else slice(None) for length in shape)


def _half(length: int) -> tuple[int, int]:
    start = max(1, length // 4)
    return start, max(start + 1, length - start)
