"""Large arrays in blocks: what is computed of a block in several steps is read from memory once."""

from __future__ import annotations

from ._arrays import Floats

BLOCK = 2**16
"""Entries of a block, which in double precision stay in the cache of a processor."""


def blocks(x: Floats) -> list[slice]:
    """Return slices of the first axis of about as many entries as a block has.

    Examples
    --------
    >>> import numpy as np
    >>> blocks(np.zeros((3, 2**15)))
    [slice(0, 2, None), slice(2, 4, None)]
    """
    step = max(BLOCK * len(x) // max(x.size, 1), 1)
    return [slice(at, at + step) for at in range(0, len(x), step)]
