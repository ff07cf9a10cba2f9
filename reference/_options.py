"""What stands beside the arrays: strengths, rates, shares, counts, axes and seeds, each in its range."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ._arrays import Floats, finite_number


def nonnegative(name: str, value: float) -> float:
    """Return `value` as a plain float.

    Raises
    ------
    ValueError
        It is negative or not finite.
    """
    if not (finite_number(value) and value >= 0):
        raise ValueError(f"{name}={value!r} must be a finite number, at least 0")
    return float(value)


def fraction(name: str, value: float) -> float:
    """Return `value` as a plain float.

    Raises
    ------
    ValueError
        It is outside [0, 1].
    """
    if not (finite_number(value) and 0 <= value <= 1):
        raise ValueError(f"{name}={value!r} must lie in [0, 1]")
    return float(value)


def whole(name: str, value: Any, meaning: str, least: int = 1) -> int:
    """Return `value` as a plain int; `meaning` says what it counts.

    Raises
    ------
    ValueError
        It is not a whole number, or below `least`.
    """
    if not is_whole(value):
        raise ValueError(f"{name}={value!r} must be a whole number, at least {least}: {meaning}")
    if operator.index(value) < least:
        raise ValueError(f"{name}={value!r} must be at least {least}: {meaning}")
    return operator.index(value)


def is_whole(value: Any) -> bool:
    """Return whether `value` is one whole number of an integer type."""
    try:
        operator.index(value)
    except TypeError:
        return False
    return True


def one_axis(x: Floats, axis: Any) -> int:
    """Return `axis` as a plain int.

    Raises
    ------
    ValueError
        It is not an axis of `x`, or `x` has none.
    """
    if x.ndim == 0:
        raise ValueError(f"x={x} has no axis; give at least a list of numbers")
    if not (is_whole(axis) and -x.ndim <= axis < x.ndim):
        raise ValueError(
            f"axis={axis!r} must be one whole number from {-x.ndim} to {x.ndim - 1}, an axis of x, of shape {x.shape}"
        )
    return operator.index(axis)


def generator(rng: Any) -> np.random.Generator:
    """Return the generator that `numpy.random.default_rng` makes of a seed, or `rng` where it is one.

    Raises
    ------
    ValueError
        No generator can be made of it.
    """
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise ValueError(
            f"rng={rng!r} is no seed; give a whole number from 0, a numpy.random.Generator, or None"
        ) from None
