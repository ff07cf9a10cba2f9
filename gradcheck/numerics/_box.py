"""A box: the entries of one input whose indices lie in a range along every axis. Halving cuts boxes, not lists."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np


@dataclass(frozen=True, slots=True)
class Box:
    """Entries ``start <= index < stop`` along every axis of the array number `block`, which has `shape`."""

    block: int
    shape: tuple[int, ...]
    ranges: tuple[tuple[int, int], ...]

    @classmethod
    def whole(cls, block: int, shape: tuple[int, ...]) -> Box:
        """Return the box of all entries."""
        return cls(block, shape, tuple((0, n) for n in shape))

    @property
    def extents(self) -> tuple[int, ...]:
        """Length along every axis."""
        return tuple(stop - start for start, stop in self.ranges)

    @property
    def size(self) -> int:
        """Number of entries."""
        return prod(self.extents)

    @property
    def slices(self) -> tuple[slice, ...]:
        """The box as an index of its array."""
        return tuple(slice(start, stop) for start, stop in self.ranges)

    def halves(self, axis: int) -> tuple[Box, Box]:
        """Return the two halves along `axis`, which must be longer than one."""
        start, stop = self.ranges[axis]
        middle = (start + stop) // 2
        return self._with(axis, (start, middle)), self._with(axis, (middle, stop))

    def _with(self, axis: int, part: tuple[int, int]) -> Box:
        return Box(self.block, self.shape, (*self.ranges[:axis], part, *self.ranges[axis + 1 :]))

    def entry(self, flat: int) -> Box:
        """Return the box of the one entry at position `flat` inside this box."""
        inside = np.unravel_index(flat, self.extents) if self.shape else ()
        return Box(
            self.block,
            self.shape,
            tuple((start + int(k), start + int(k) + 1) for (start, _), k in zip(self.ranges, inside, strict=True)),
        )

    @property
    def first(self) -> int:
        """Flat position of the first entry in its array."""
        corner = tuple(start for start, _ in self.ranges)
        return int(np.ravel_multi_index(corner, self.shape)) if self.shape else 0
