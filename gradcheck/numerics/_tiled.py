r"""Random weights for a million entries that cost next to nothing: one short tile, repeated with changing factors.

.. math:: v_j = X\,s_{b(j)}\,t_{j \bmod B}, \qquad |t| \in [0.6, 1.4],\quad s \in \pm\{7/8,\ 1,\ 9/8\}

The tile t fits in a cache, so that forming x + h v reads x once and writes once; the products with a gradient need
no v at all. Tile and factors have few bits and X is a power of two, so x + h v is exact but for the last bit.
Products are taken over one block at a time: long ones would wake the threads of the BLAS, which costs more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ._problem import Vector

BLOCK = 8_192
LEAST_WEIGHT = 77 / 128 * 7 / 8
"""The smallest weight in size: what one wrong entry always shows."""

_TILE = np.concatenate([np.arange(77, 180) / 128, -np.arange(77, 180) / 128])
_FACTORS = np.array([-1.125, -1.0, -0.875, 0.875, 1.0, 1.125])
_TURNS, _DRAWS = 16, 32
_AT_ONCE = 8
"""Blocks that are worked on together; they still fit in a cache."""


def draw_tile(rng: np.random.Generator) -> Vector:
    """Return a tile of `BLOCK` weights of both signs, of few bits: for directions."""
    return _TILE[rng.integers(0, _TILE.size, BLOCK, dtype=np.uint8)]


def draw_uneven_tile(rng: np.random.Generator) -> Vector:
    """Return a tile whose weights use all their bits: for upstreams, so that a backward which rounds them shows."""
    return draw_tile(rng) * rng.uniform(0.97, 1.03, BLOCK)


def square_sum(values: Vector) -> float:
    """Return the sum of the squares; not finite if any value is not."""
    return float(sum(np.vecdot(rows, rows).sum() for rows, _ in _rows(values, 1 << 20)))


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
        """Draw new factors."""
        self.factors = rng.choice(_FACTORS, -(-self.size // BLOCK))

    def align(self, gradient: Vector, least: float, rng: np.random.Generator) -> None:
        """Draw factors, and turn the tile, until the sum of ``v * gradient`` is positive and `least` or more.

        A factor common to all entries of the gradient then shows in full.
        """
        best, self.factors = 0.0, np.ones(-(-self.size // BLOCK))
        for turn in range(_TURNS):
            tile = np.roll(self.tile, turn * BLOCK // _TURNS)
            sums = replace(self, tile=tile).by_block(gradient)
            for _ in range(_DRAWS if sums.size > 1 else 1):
                factors = rng.choice(_FACTORS, sums.size)
                reached = float(factors @ sums)
                if abs(reached) > best:
                    best, chosen = abs(reached), (tile, np.copysign(1.0, reached) * factors)
                if best >= least:
                    break
            if best >= least:
                break
        if best:
            self.tile, self.factors = chosen

    def write(self, out: Vector, scale: float = 1.0, base: Vector | None = None) -> None:
        """Set `out` to ``base + scale * v``."""
        factors = self.factors * (scale * self.unit)
        for rows, here in _rows(out):
            np.multiply(self.tile[: rows.shape[1]], factors[here, None], out=rows)
            if self.sizes is not None:
                rows *= self.sizes[_flat(here, out.size)].reshape(rows.shape)
            if base is not None:
                rows += base[_flat(here, out.size)].reshape(rows.shape)

    def by_block(self, values: Vector) -> Vector:
        """Return the sum of ``v * values`` over every block, its factor left out."""
        values = values if self.sizes is None else values * self.sizes
        sums = [np.vecdot(rows, self.tile[: rows.shape[1]]) for rows, _ in _rows(values, 1 << 20)]
        return np.concatenate(sums) * self.unit if sums else np.zeros(0)

    def dot(self, values: Vector) -> float:
        """Return the sum of ``v * values``."""
        return float(self.factors @ self.by_block(values))

    def dot_difference(self, ahead: Vector, behind: Vector) -> float:
        """Return the sum of ``v * (ahead - behind)``; the difference is never held as a whole."""
        if self.sizes is not None:
            return self.dot(ahead - behind)
        total, scratch = 0.0, np.empty(min(_AT_ONCE * BLOCK, ahead.size))
        for rows, here in _rows(ahead):
            moved = scratch[: rows.size].reshape(rows.shape)
            np.subtract(rows, behind[_flat(here, ahead.size)].reshape(rows.shape), out=moved)
            total += float(self.factors[here] @ np.vecdot(moved, self.tile[: rows.shape[1]]))
        return total * self.unit


def _rows(values: Vector, most: int = _AT_ONCE) -> Iterator[tuple[NDArray[np.float64], slice]]:
    """Yield `values` as rows of one block each, at most `most` at a time, and which blocks they are."""
    whole = values.size // BLOCK
    for start in range(0, whole, most):
        stop = min(start + most, whole)
        yield values[start * BLOCK : stop * BLOCK].reshape(stop - start, BLOCK), slice(start, stop)
    if values.size > whole * BLOCK:
        yield values[whole * BLOCK :].reshape(1, -1), slice(whole, whole + 1)


def _flat(blocks: slice, size: int) -> slice:
    return slice(blocks.start * BLOCK, min(blocks.stop * BLOCK, size))
