"""Memory layouts: the same numbers, in the other places where NumPy may keep them.

Code that reads memory in place of the array (`ravel(order="K")`, a pointer handed to C) is right for fresh arrays,
and wrong for slices, transposes and broadcasts, which look the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument

Array = NDArray[Any]


def _strided(x: Array) -> Array:
    """Return every second place along each axis of a larger array; what lies between is not a number."""
    apart = np.full([2 * size for size in x.shape], np.nan if x.dtype.kind == "f" else 0, x.dtype)
    view = apart[(slice(None, None, 2),) * x.ndim]
    view[...] = x
    return view


def _reversed(x: Array) -> Array:
    """Return the same with negative strides along every axis."""
    back = (slice(None, None, -1),) * x.ndim
    return np.ascontiguousarray(x[back])[back]


def _broadcast(x: Array) -> Array:
    """Return the first example repeated without a copy: stride 0, and read-only."""
    return np.broadcast_to(x[:1], x.shape)


BY_NAME: dict[str, Callable[[Array], Array]] = {
    "contiguous": np.ascontiguousarray,
    "strided": _strided,
    "reversed": _reversed,
    "Fortran": np.asfortranarray,
    "broadcast": _broadcast,
}
LAYOUTS = tuple(BY_NAME)
"""Every layout by name; the first is the one that shrinking ends at."""

SAME_NUMBERS = LAYOUTS[:-1]
"""Layouts that keep the numbers: a broadcast repeats the first example."""


def laid_out(x: Array, layout: str) -> Array:
    """Return `x` in that layout.

    Raises
    ------
    InvalidArgument
        There is no such layout.

    Examples
    --------
    >>> laid_out(np.arange(4.0).reshape(2, 2), "strided").strides
    (64, 16)
    """
    if layout not in BY_NAME:
        raise InvalidArgument(f"layout={layout!r} is unknown; the layouts are {', '.join(BY_NAME)}")
    return BY_NAME[layout](x) if x.ndim else x
