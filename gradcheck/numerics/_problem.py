"""The problem that all the numerics work on: one vector in, one vector out.

``value`` is f: R^n -> R^m and ``pull`` is what the subject claims to be (x, u) -> J(x)^T u. Everything is flat
float64; what the entries mean to the user is the business of `gradcheck.checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ._precision import Precision

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]
Refined = NDArray[np.longdouble]

_SMALL, _HUGE = 1e-280, 1e280
"""Between these a sum of squares has lost nothing."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A function, the gradient it claims, and the point where they are compared.

    ``blocks`` are the inputs and parameters inside `x`, and ``shapes`` the shapes that they have for the user (flat
    by default); ``sizes`` is the natural size of each coordinate, the unit of every step (`natural_sizes`). ``swap``
    evaluates f with one block replaced, where that is cheaper than with a whole new x; ``refine`` evaluates f with
    more digits than float64, and returns None where it cannot; ``repull`` does the same for what is claimed. ``many``
    is ``swap`` for each row of one or more blocks, and ``pulls`` is ``pull`` at x for each row of upstreams, by one
    call of the subject; they return None where it cannot do that.
    """

    x: Vector
    value: Callable[[Vector], Vector]
    pull: Callable[[Vector, Vector], Vector]
    blocks: tuple[slice, ...]
    sizes: Vector
    precision: Precision
    shapes: tuple[tuple[int, ...], ...] = ()
    swap: Callable[[int, Vector], Vector] | None = None
    refine: Callable[[Vector], Refined | None] | None = None
    repull: Callable[[Vector, Vector], Vector | None] | None = None
    many: Callable[[Mapping[int, NDArray[np.float64]]], NDArray[np.float64] | None] | None = None
    pulls: Callable[[NDArray[np.float64]], NDArray[np.float64] | None] | None = None
    _fine: list[Refined | None] = field(default_factory=list, init=False, repr=False, compare=False)
    """f at x with more digits, once that was asked for."""

    def point(self, displacement: Vector | float, where: int | None = None) -> Vector:
        """Return x moved by `displacement` (of coordinate `where` alone if given), on the subject's own grid.

        Differences must use the *realised* displacement, ``point - x``: the rounding of x + d is then no error.
        """
        if where is None:
            moved = self.x + displacement
        else:
            moved = self.x.copy()
            moved[where] += displacement
        return self.on_grid(moved)

    def elsewhere(self, x: Vector) -> Problem:
        """Return the same problem at another point; `swap`, `many` and `pulls` know this one only."""
        return replace(self, x=x, swap=None, many=None, pulls=None)

    def on_grid(self, moved: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return `moved` as numbers that the subject can be given without rounding."""
        if self.precision.name == "float64":
            return moved
        return moved.astype(self.precision.grid).astype(np.float64)

    def block_of(self, coordinate: int) -> int:
        """Return the number of the block that holds `coordinate`."""
        return next(k for k, block in enumerate(self.blocks) if block.start <= coordinate < block.stop)

    def array(self, block: int, values: Vector | None = None) -> NDArray[np.float64]:
        """Return the entries of `block` in x, or in `values` if given, in its own shape."""
        part = (self.x if values is None else values)[self.blocks[block]]
        return part.reshape(self.shapes[block]) if self.shapes else part

    def value_moved(
        self, block: int, box: tuple[slice, ...], displacement: NDArray[np.float64]
    ) -> tuple[Vector, Vector]:
        """Return f where the entries `box` of `block` are moved, and the realised displacement in their shape."""
        moved = self.array(block).copy()
        there = self.on_grid(moved[box] + displacement)
        realised = there - moved[box]
        moved[box] = there
        if self.swap is not None:
            return self.swap(block, moved.ravel()), realised
        x = self.x.copy()
        x[self.blocks[block]] = moved.ravel()
        return self.value(x), realised

    def refined(self, left: Vector, right: Vector) -> tuple[Refined, Refined, Refined] | None:
        """Return f at `left`, at x and at `right` with more digits than float64; None where that cannot be had."""
        if self.refine is None:
            return None
        if not self._fine:
            self._fine.append(self.refine(self.x))
        middle = self._fine[0]
        if middle is None:
            return None
        behind, ahead = self.refine(left), self.refine(right)
        return None if behind is None or ahead is None else (behind, middle, ahead)

    def value_at(self, coordinate: int, displacement: float) -> tuple[Vector, float]:
        """Return f where one coordinate is moved, and by how much it really was."""
        block = self.block_of(coordinate)
        index = np.unravel_index(coordinate - self.blocks[block].start, self.array(block).shape)
        box = tuple(slice(int(k), int(k) + 1) for k in index)
        output, realised = self.value_moved(block, box, np.array(displacement))
        return output, float(realised.reshape(()))


def natural_sizes(x: Vector, blocks: tuple[slice, ...]) -> Vector:
    """Return X_j = max(|x_j|, median of the block's non-zero magnitudes / 100); 1 where a block is all zero.

    Steps in these units make the verdict the same for x and for a x.
    """
    sizes = np.abs(x)
    for block in blocks:
        part = sizes[block]
        nonzero = part[part > 0]
        floor = 0.01 * median(_sample(nonzero)) if nonzero.size else 1.0
        np.maximum(part, floor, out=part)
    return sizes


def norm(values: Vector) -> float:
    """Return the Euclidean norm, without overflow or underflow of the squares."""
    with np.errstate(all="ignore"):
        square = float(values @ values)
    if _SMALL < square < _HUGE:
        return float(np.sqrt(square))
    largest = float(np.max(np.abs(values), initial=0.0))
    return largest * float(np.linalg.norm(values / largest)) if 0 < largest < np.inf else largest


def norms(rows: NDArray[np.float64]) -> Vector:
    """Return the norm of each row."""
    with np.errstate(all="ignore"):
        squares = np.einsum("ij,ij->i", rows, rows)
    inside = bool(np.all((squares > _SMALL) & (squares < _HUGE)))
    return np.sqrt(squares) if inside else np.array([norm(row) for row in rows])


def median(values: Vector) -> float:
    """Return the upper median of at least one value; much faster than NumPy's on short arrays."""
    middle = values.size // 2
    return float(np.partition(values, middle)[middle])


def probe_sizes(x: Vector, sizes: Vector, blocks: tuple[slice, ...]) -> Vector:
    """Return the sizes for moving all coordinates at once: one per block, unless its magnitudes span decades.

    With equal steps every entry of a block shows alike; with steps in proportion to x the entries at small x would
    hide.
    """
    even = sizes.copy()
    for block in blocks:
        part = np.abs(_sample(x[block]))
        part = part[part > 0]
        low, middle, high = spread(part) if part.size else (1.0, 1.0, 1.0)
        if high <= 100 * low:
            even[block] = middle
    return even


def spread(values: Vector) -> tuple[float, float, float]:
    """Return the values of which a tenth, a half and nine tenths are smaller."""
    ranks = np.rint(np.array((0.1, 0.5, 0.9)) * (values.size - 1)).astype(int)
    low, middle, high = np.partition(values, ranks)[ranks]
    return float(low), float(middle), float(high)


def _sample(values: Vector, most: int = 4096) -> Vector:
    return values if values.size <= most else values[:: values.size // most]
