"""Structures: the ways in which real data is degenerate, each on purpose.

A structure takes dense noise and returns an array of the same shape. Columns are slices along axis 1 (channels of an
image); a one-dimensional array is a single column.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

FAR_OUT = 1e6
"""How many times larger than the rest the one outlier is."""


def _column(x: Array, which: int) -> Array:
    return x if x.ndim < 2 else x[:, which % x.shape[1]]


def dense(x: Array) -> Array:
    """Leave the noise alone."""
    return x


def constant_column(x: Array) -> Array:
    """Make the first column constant: its variance is exactly 0."""
    column = _column(x, 0)
    column[...] = column.flat[0] if column.size else 0
    return x


def constant_row(x: Array) -> Array:
    """Make the first example constant: all of its features are the same."""
    x[:1] = x.flat[0] if x.size else 0
    return x


def tied_maxima(x: Array) -> Array:
    """Copy the maximum of every row into its first column, so that two places hold it."""
    rows = x.reshape(len(x), -1) if x.ndim > 1 else x[None]
    rows[:, 0] = rows.max(axis=1)
    return x


def duplicate_rows(x: Array) -> Array:
    """Let every second row repeat the one before it."""
    repeated = x[1::2]
    repeated[...] = x[: 2 * len(repeated) : 2]
    return x


def collinear_columns(x: Array) -> Array:
    """Let the last column repeat the first, twice as large: the matrix loses a rank."""
    if x.ndim > 1 and x.shape[1] > 1:
        x[:, -1] = 2 * x[:, 0]
    return x


def one_outlier(x: Array) -> Array:
    """Make the first entry a million times larger."""
    x.flat[0] *= FAR_OUT
    return x


def huge(x: Array) -> Array:
    """Multiply by 1e50 (1e10 in single precision); squares still are finite."""
    return np.asarray(x * (1e10 if x.dtype == np.float32 else 1e50), x.dtype)


def tiny(x: Array) -> Array:
    """Divide by 1e50 (1e10 in single precision); squares still are normal numbers."""
    return np.asarray(x / (1e10 if x.dtype == np.float32 else 1e50), x.dtype)


def ordered(x: Array) -> Array:
    """Sort along the batch."""
    return np.sort(x, axis=0)


def sparse(x: Array) -> Array:
    """Set to 0 every entry whose noise is not among the largest fifth."""
    size = np.abs(x)
    return np.where(size >= np.quantile(size, 0.8), x, np.zeros((), x.dtype))


def exact_zeros(x: Array) -> Array:
    """Set everything to 0."""
    return np.zeros_like(x)


def negative_zero(x: Array) -> Array:
    """Set every third entry to -0.0."""
    x.flat[::3] = -0.0
    return x


def subnormal(x: Array) -> Array:
    """Bring every entry below the smallest normal number; ordinary noise where the platform flushes those to 0."""
    info = np.finfo(x.dtype)
    small = np.asarray(x / np.abs(x).max(initial=1.0) * info.tiny / 8, x.dtype)
    return small if small.any() or not x.any() else x


BY_NAME: dict[str, Callable[[Array], Array]] = {
    "dense": dense,
    "constant column": constant_column,
    "constant row": constant_row,
    "tied maxima": tied_maxima,
    "duplicate rows": duplicate_rows,
    "collinear columns": collinear_columns,
    "one outlier": one_outlier,
    "huge": huge,
    "tiny": tiny,
    "sorted": ordered,
    "sparse": sparse,
    "exact zeros": exact_zeros,
    "negative zero": negative_zero,
    "subnormal": subnormal,
}
STRUCTURES = tuple(name for name in BY_NAME if name != "subnormal")
"""Every structure by name but one; the first is the one that shrinking ends at.

Below the smallest normal number rounding is not relative any more, so that no bound of a law holds there: who wants
such data asks for ``"subnormal"`` by name.
"""

MILD = (
    "dense",
    "constant column",
    "constant row",
    "tied maxima",
    "duplicate rows",
    "sorted",
    "sparse",
    "negative zero",
)
"""Structures that keep every entry at an ordinary size."""
