r"""Random weights for a million entries that cost next to nothing: one short tile, repeated with changing factors.

.. math:: v_j = X\,s_{b(j)}\,t_{j \bmod B}, \qquad |t| \in [0.6, 1.4],\quad |s| \in [7/8,\ 9/8]

The tile t fits in a cache, so that forming x + h v reads x once and writes once; the products with a gradient need
no v at all. Two blocks must not act alike: where rows are whole tiles, a swap of two rows whose factors were equal
would cancel, and so would a row that is common to all, if the factors added up to nothing. So tile and factors are
random in all of their bits, and the length of the tile is a prime: a whole number of rows only if that is one row.
Products are taken over one block at a time: long ones would wake the threads of the BLAS, which costs more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .._problem import Vector
from .._upstreams import LARGEST, SMALLEST

BLOCK = 8_192
_LOW, _HIGH = 7 / 8, 9 / 8
LEAST_WEIGHT = SMALLEST * _LOW
"""The smallest weight in size: what one wrong entry always shows."""

_BLOCKS, _DRAWS, _TURNS = 16, 32, 16
_AT_ONCE = 32 * BLOCK
"""Entries that are worked on together; they still fit in a cache."""


def draw_tile(size: int, rng: np.random.Generator) -> Vector:
    """Return a tile for an array of `size` entries: weights of both signs.

    Every array has blocks enough for their factors to differ.
    """
    return _drawn(_prime(min(BLOCK, -(-size // _BLOCKS))), rng, SMALLEST, LARGEST)


def _drawn(size: int, rng: np.random.Generator, least: float, most: float) -> Vector:
    """Return numbers of both signs between `least` and `most` in size."""
    sides = rng.uniform(-1.0, 1.0, size)
    return np.copysign(least, sides) + (most - least) * sides


@cache
def _prime(most: int) -> int:
    """Return the largest prime up to `most`, and 1 below 2."""
    sieve = np.ones(most + 1, dtype=bool)
    for k in range(2, int(most**0.5) + 1):
        sieve[k * k :: k] = False
    return int(np.flatnonzero(sieve[1:]).max(initial=0)) + 1


def square_sum(values: Vector) -> float:
    """Return the sum of the squares; not finite if any value is not."""
    return float(sum(np.vecdot(rows, rows).sum() for rows, _ in _rows(values, BLOCK, 1 << 20)))


def count_little(values: Vector, threshold: float) -> tuple[int, int]:
    """Return how many values are smaller than `threshold` in size and not zero, and how many are zero."""
    most = min(_AT_ONCE, values.size)
    scratch, flags, little, zeros = np.empty(most), np.empty(most, dtype=bool), 0, 0
    for rows, _ in _rows(values, BLOCK):
        size = np.abs(rows, out=scratch[: rows.size].reshape(rows.shape))
        flag = flags[: rows.size].reshape(rows.shape)
        below = int(np.count_nonzero(np.less(size, threshold, out=flag)))
        nothing = int(np.count_nonzero(np.equal(size, 0.0, out=flag))) if below else 0
        little, zeros = little + below - nothing, zeros + nothing
    return little, zeros


@dataclass(slots=True)
class Tiled:
    """The weights of one array of `size` entries: `tile` times one of `factors` per block, times `unit`.

    Where the magnitudes of an array span decades, each entry has one of `sizes` besides.
    """

    tile: Vector
    size: int
    unit: float
    sizes: Vector | None = None
    factors: Vector = field(default_factory=lambda: np.zeros(0))

    def redraw(self, rng: np.random.Generator) -> None:
        """Draw factors that use all their bits: those of an upstream, whose rows must not cancel."""
        self.factors = _drawn(self._blocks, rng, _LOW, _HIGH)

    @property
    def _blocks(self) -> int:
        return -(-self.size // self.tile.size) if self.size else 0

    def align(self, gradient: Vector, least: float, rng: np.random.Generator) -> float:
        """Draw factors, and a tile if need be, until the sum of ``v * gradient`` is positive and `least` or more.

        A factor common to all entries of the gradient then shows in full. Return the sum.
        """
        best, kept = -1.0, (self.tile, self.factors)
        for _ in range(_TURNS):
            sums = self.by_block(gradient)
            drawn = _drawn(_DRAWS * sums.size, rng, _LOW, _HIGH).reshape(_DRAWS, sums.size)
            drawn[-1] = np.copysign(drawn[-1], sums)
            reached = drawn @ sums
            chosen = int(np.argmax(np.minimum(np.abs(reached), least)))
            if abs(reached[chosen]) > best:
                best, kept = (
                    abs(float(reached[chosen])),
                    (self.tile, np.copysign(1.0, reached[chosen]) * drawn[chosen]),
                )
            if best >= least:
                break
            self.tile = draw_tile(self.size, rng)
        self.tile, self.factors = kept
        return best

    def write(self, out: Vector, scale: float = 1.0, base: Vector | None = None) -> None:
        """Set `out` to ``base + scale * v``."""
        factors = self.factors * (scale * self.unit)
        for rows, here in _rows(out, self.tile.size):
            np.multiply(self.tile[: rows.shape[1]], factors[here, None], out=rows)
            if self.sizes is not None:
                rows *= self.sizes[self._flat(here)].reshape(rows.shape)
            if base is not None:
                rows += base[self._flat(here)].reshape(rows.shape)

    def by_block(self, values: Vector) -> Vector:
        """Return the sum of ``v * values`` over every block, its factor left out."""
        values = values if self.sizes is None else values * self.sizes
        some = _rows(values, self.tile.size, 1 << 20)
        sums = [np.vecdot(rows, self.tile[: rows.shape[1]]) for rows, _ in some]
        return np.concatenate(sums) * self.unit if sums else np.zeros(0)

    def dot(self, values: Vector) -> float:
        """Return the sum of ``v * values``."""
        return float(self.factors @ self.by_block(values))

    def dot_difference(self, ahead: Vector, behind: Vector) -> float:
        """Return the sum of ``v * (ahead - behind)``; the difference is never held as a whole."""
        if self.sizes is not None:
            return self.dot(ahead - behind)
        total, scratch = 0.0, np.empty(min(_AT_ONCE, ahead.size))
        for rows, here in _rows(ahead, self.tile.size):
            moved = scratch[: rows.size].reshape(rows.shape)
            np.subtract(rows, behind[self._flat(here)].reshape(rows.shape), out=moved)
            total += float(self.factors[here] @ np.vecdot(moved, self.tile[: rows.shape[1]]))
        return total * self.unit

    def _flat(self, blocks: slice) -> slice:
        return slice(blocks.start * self.tile.size, min(blocks.stop * self.tile.size, self.size))


def _rows(values: Vector, block: int, most: int = 0) -> Iterator[tuple[NDArray[np.float64], slice]]:
    """Yield `values` as rows of one block each, as many at a time as a cache holds, and which blocks they are."""
    whole = values.size // block if block else 0
    most = most or max(_AT_ONCE // block, 1) if block else 1
    for start in range(0, whole, most):
        stop = min(start + most, whole)
        yield values[start * block : stop * block].reshape(stop - start, block), slice(start, stop)
    if values.size > whole * block:
        yield values[whole * block :].reshape(1, -1), slice(whole, whole + 1)
