"""How much memory a call takes, and how large its input may become before that is too much.

    peak(n) ~ n^p,  p = log2(peak(2 n) / peak(n))

What is told to `tracemalloc` counts: all of NumPy's arrays, and nothing of other frameworks.
"""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable

ROOM = 2**28
"""Bytes that an input which is made large on purpose may take: 256 MiB."""

_PART = 128


def affordable(call: Callable[[int], object], wanted: int) -> int:
    """Return `wanted`, or the largest size for which ``call(size)`` is expected to stay within `ROOM`.

    A call of an input of 40,000 rows that makes a table of each with each takes 12 GiB; of 300 rows, 1 MiB.

    >>> affordable(lambda size: bytearray(8 * size), 100_000)
    100000
    >>> 5_000 < affordable(lambda size: bytearray(8 * size**2), 100_000) < 6_000
    True
    """
    small = max(1, wanted // _PART)
    one, two = peak(lambda: call(small)), peak(lambda: call(2 * small))
    power = max(1.0, math.log2(max(two, 1) / max(one, 1)))
    expected = two * (wanted / (2 * small)) ** power
    return wanted if expected <= ROOM else max(1, int(2 * small * (ROOM / two) ** (1 / power)))


def peak(call: Callable[[], object]) -> int:
    """Return by how many bytes memory grew at most while `call` ran."""
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        kept = call()
        grown = tracemalloc.get_traced_memory()[1] - before
        del kept
        return max(grown, 0)
    finally:
        if not tracing:
            tracemalloc.stop()
