r"""Entries that are out of sight beside the others: so much smaller that no error of theirs would show.

A random direction sees an error of about 10^-7 \sqrt{n} of a typical entry and no smaller one, so an entry 10^7
times smaller must be moved without the others. But of n entries whose sizes have a density p at 0, n t p lie below t
times the typical one by chance, and moving those apart would cost every large check two more forwards. So

* below `LITTLE` they count only where there are more than chance would have;
* below `LONELY`, where a million entries have one by chance in five draws, each counts;
* exact zeros count where they are `FEW`: masks, padding and ReLUs leave many, and no distribution leaves one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .._problem import Mask, Vector, norm
from ._tiled import count_little

LITTLE = 1e-6
"""Share of a typical contribution below which an entry is invisible beside it."""

LONELY = 2.0**-22
"""The same below which a single entry counts."""

FEW = 32
"""Entries that are worth calls of their own."""

_BY_CHANCE = 20


def many_are_small(count: int, size: int) -> bool:
    """Whether `count` of `size` entries below `LITTLE` are more than chance would have."""
    return bool(count > _BY_CHANCE * LITTLE * size)


def some_are_out_of_sight(values: Vector, typical: float) -> bool:
    """Whether `out_of_sight` has any entry, in little more than one pass over `values`."""
    little, zeros = count_little(values, LITTLE * typical)
    if many_are_small(little, values.size) or (typical and 0 < zeros <= FEW):
        return True
    return bool(little and count_little(values, LONELY * typical)[0])


def out_of_sight(values: Vector, typical: float) -> Mask:
    """Return which of `values` count as out of sight beside one of the size `typical`, the few zeros among them."""
    size = np.abs(values)
    zero, little = size == 0, (size < LITTLE * typical) & (size > 0)
    if not many_are_small(int(np.count_nonzero(little)), size.size):
        little &= size < LONELY * typical
    return np.asarray(little | zero if typical and few(zero) else little)


def few(mask: Mask) -> bool:
    """Whether `mask` has entries, and few."""
    return 0 < int(np.count_nonzero(mask)) <= FEW


def spans_decades(contributions: Vector, blocks: Iterable[slice]) -> bool:
    """Whether any entry that is not zero is out of sight in its block, or in the whole."""
    return any(_hides_some(contributions[block]) for block in (slice(None), *blocks))


def _hides_some(part: Vector) -> bool:
    hidden = out_of_sight(part, norm(part) / float(np.sqrt(max(part.size, 1))))
    return bool(np.any(part[hidden]))
