"""Numbers that stand beside the arrays: strengths, rates and shares, each in its range."""

from __future__ import annotations

import math


def nonnegative(name: str, value: float) -> float:
    """Return `value` as a plain float.

    Raises
    ------
    ValueError
        It is negative or not finite.
    """
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name}={value!r} must be a finite number, at least 0")
    return float(value)


def fraction(name: str, value: float) -> float:
    """Return `value` as a plain float.

    Raises
    ------
    ValueError
        It is outside [0, 1].
    """
    if not 0 <= value <= 1:
        raise ValueError(f"{name}={value!r} must lie in [0, 1]")
    return float(value)
