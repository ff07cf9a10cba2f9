"""What every reference does with its arguments before the mathematics starts.

Floating-point input keeps its precision, integers and truth values become float64, and anything else is
refused by name. Results follow NumPy's own habit: a 0-d input gives a NumPy scalar.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
"""An array of any floating-point precision."""

quiet = np.errstate(all="ignore")
"""Decorator: a result beyond the range of its dtype is 0 or inf and says so itself; no warning repeats it."""


def as_floats(x: ArrayLike, name: str = "x") -> Floats:
    """Return `x` as a floating-point array, without a copy where it is one already.

    Raises
    ------
    ValueError
        The numbers are not real.
    """
    try:
        array = np.asarray(x)
    except ValueError:  # lists of different lengths
        raise ValueError(f"{name} is no array: its rows differ in length; give each row as many numbers") from None
    if np.issubdtype(array.dtype, np.floating):
        return array
    if array.dtype.kind in "biu":
        return array.astype(np.float64)
    raise ValueError(f"{name} has dtype {array.dtype}; real numbers are needed, such as float32, float64 or integers")


def as_upstream(dout: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """Return `dout` as the upstream gradient of an output of that shape; it is never broadcast to it.

    Raises
    ------
    ValueError
        It has another shape.
    """
    array = as_floats(dout, "dout")
    if array.shape != shape:
        raise ValueError(f"dout has shape {array.shape}; the output has shape {shape}, and so must its gradient")
    return array


def as_doubles(x: Floats) -> Floats:
    """Return `x` in at least double precision, in which sums over many examples are carried."""
    return x.astype(np.promote_types(x.dtype, np.float64), copy=False)


def number(name: str, value: Any) -> float:
    """Return `value` as a plain float; infinity is one.

    Raises
    ------
    ValueError
        It is not one real number.
    """
    try:
        return math.ldexp(value, 0)
    except TypeError:
        raise ValueError(f"{name}={value!r} must be one real number") from None


def finite_number(value: Any) -> bool:
    """Return whether `value` is one number, and finite."""
    try:
        return math.isfinite(value)
    except (TypeError, ValueError, OverflowError):
        return False


def positive(name: str, value: float) -> float:
    """Return `value` as a plain float, which leaves the precision of an array alone.

    Raises
    ------
    ValueError
        It is not a finite number above 0.
    """
    if not (finite_number(value) and value > 0):
        raise ValueError(f"{name}={value!r} must be a finite number above 0")
    return float(value)
