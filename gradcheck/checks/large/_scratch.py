"""Memory for checks of large subjects, kept for the next one.

Fresh memory costs more than what is done with it: the system hands it out page by page, cleared. So a few arrays stay
with the thread, at most `_MOST` bytes of them. Every borrower gets an array object of its own. What the subject's own
code allocates we cannot keep, but its allocator can: see `_let_the_allocator_keep_more`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import local

import numpy as np

from ...numerics import Vector

_MOST = 2**27
_TAUGHT = 2**25 - 2**16
"""Bytes, a little below the 32 MiB up to which glibc's malloc learns from what is freed."""

_kept = local()


class Scratch:
    """Arrays that are borrowed while a `with borrowed()` lasts."""

    def __init__(self) -> None:
        self._memory: list[Vector] = []

    def empty(self, size: int) -> Vector:
        """Return `size` numbers of any value."""
        free: list[Vector] = _kept.__dict__.setdefault("arrays", [])
        fits = [k for k, array in enumerate(free) if size <= array.size <= 2 * size]
        array = free.pop(min(fits, key=lambda k: free[k].size)) if fits else np.empty(size)
        self._memory.append(array)
        return array[:size]

    def give_back(self) -> None:
        """Keep the memory for later, the most recent first, up to the limit."""
        arrays, total = [*self._memory, *_kept.__dict__.get("arrays", [])], 0
        _kept.arrays = []
        for array in arrays:
            total += array.nbytes
            if total <= _MOST:
                _kept.arrays.append(array)


def release() -> None:
    """Give the memory that this thread keeps back."""
    _kept.arrays = []


@cache
def _let_the_allocator_keep_more() -> None:
    """Have arrays of megabytes that the subject frees be used again, rather than be fetched anew page by page.

    The size of a block that is freed glibc's malloc takes for that of short-lived ones: they come from the heap
    from then on, of which twice as much stays (mallopt(3), M_MMAP_THRESHOLD). This one is never written to, and so
    costs microseconds. Other allocators learn nothing.
    """
    np.empty(_TAUGHT, np.uint8)


@contextmanager
def borrowed() -> Iterator[Scratch]:
    """Lend memory until the end of the block; nothing may use it afterwards."""
    _let_the_allocator_keep_more()
    scratch = Scratch()
    try:
        yield scratch
    finally:
        scratch.give_back()
