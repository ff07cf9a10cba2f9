"""`field`: a gradient of any size on a grid of at most 24 x 32 cells, the worst entry of each block."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..report import Field
from ._digits import digits

ROWS, COLUMNS = 24, 32
"""Cells of a picture: what a page can hold many of, and an eye tell apart."""

Array = NDArray[np.float64]


def field(
    shape: Sequence[int], analytic: ArrayLike, positions: ArrayLike, numeric: ArrayLike, bound: ArrayLike
) -> Field:
    """Return what a heat map shows of a gradient.

    Parameters
    ----------
    shape
        Shape of the gradient.
    analytic
        What the code says of every entry, flat; NaN where it is not to be shown.
    positions, numeric, bound
        Flat positions of the entries that were compared, what differences say of them, and how far those can be off.

    Examples
    --------
    >>> field((2, 2), [1.0, 2.0, 3.0, 4.0], [0, 3], [1.0, 5.0], [0.0, 0.0]).difference
    (0.0, nan, nan, -1.0)
    """
    said = np.asarray(analytic, dtype=np.float64).ravel()
    others = np.full((2, said.size), np.nan)
    others[:, np.asarray(positions, dtype=np.intp)] = np.asarray(numeric), np.asarray(bound)
    (rows, columns), block = _folded(tuple(shape))
    grid = (ceil(rows / block[0]), ceil(columns / block[1]))
    with np.errstate(all="ignore"):
        values = np.stack([said, others[0], said - others[0], others[1]])
    worst = _worst(values, (rows, columns), grid, block)
    return Field(tuple(map(int, shape)), grid, block, *map(digits, worst))


def _folded(shape: tuple[int, ...]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return rows and columns of the folded array, and how many of them one cell takes."""
    size, last = prod(shape), shape[-1] if shape else 1
    if size > max(last, 1) > 1:
        rows = size // last
        return (rows, last), (ceil(rows / ROWS), ceil(last / COLUMNS))
    run = max(ceil(size / (ROWS * COLUMNS)), 1)
    columns = max(min(size, COLUMNS * run), 1)
    return (max(ceil(size / columns), 1), columns), (1, run)


def _worst(values: Array, folded: tuple[int, int], grid: tuple[int, int], block: tuple[int, int]) -> Array:
    """Return the four numbers of the worst entry of each cell: of shape (4, cells)."""
    weight = _in_cells(_weight(values), -np.inf, folded, grid, block)
    chosen = np.argmax(weight, axis=1)[:, None]
    cells = (_in_cells(row, np.nan, folded, grid, block) for row in values)
    return np.stack([np.take_along_axis(cell, chosen, axis=1)[:, 0] for cell in cells])


def _weight(values: Array) -> Array:
    """Return how much an entry deserves to be shown: by its difference; where there is none, less, by its size."""
    said, numeric, difference, _ = np.abs(values)
    with np.errstate(all="ignore"):
        known = np.nan_to_num(difference, nan=np.inf)
        other = np.nan_to_num(-1 / (1 + said), nan=-2.0)
    weight: Array = np.where(np.isnan(numeric), other, known)
    return weight


def _in_cells(
    row: Array, beyond: float, folded: tuple[int, int], grid: tuple[int, int], block: tuple[int, int]
) -> Array:
    """Return a flat array as (cells, entries of a cell), with `beyond` where it has come to its end."""
    table = np.full(folded, beyond)
    table.ravel()[: row.size] = row
    padded = np.full((grid[0] * block[0], grid[1] * block[1]), beyond)
    padded[: folded[0], : folded[1]] = table
    cells = padded.reshape(grid[0], block[0], grid[1], block[1]).transpose(0, 2, 1, 3)
    return cells.reshape(grid[0] * grid[1], block[0] * block[1])
