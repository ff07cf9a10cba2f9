"""Large arrays in blocks: what is computed of a block in several steps is read from memory once."""

from __future__ import annotations

import numpy as np

from ._arrays import Floats

BLOCK = 2**15
"""Entries of a block, which in double precision stay in the cache of a processor."""


def blocks(x: Floats) -> list[slice]:
    """Return slices of the first axis of about as many entries as a block has.

    Examples
    --------
    >>> blocks(np.zeros((3, 2**14)))
    [slice(0, 2, None), slice(2, 3, None)]
    """
    step = _step(x)
    return [slice(at, min(at + step, len(x))) for at in range(0, len(x), step)]


def workspace(x: Floats) -> Floats:
    """Return room for one block in double precision, to be used for each of them in turn."""
    return np.empty((min(_step(x), len(x)), *x.shape[1:]), np.promote_types(x.dtype, np.float64))


def _step(x: Floats) -> int:
    return max(BLOCK * len(x) // max(x.size, 1), 1)
