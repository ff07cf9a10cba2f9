"""Numbers of a picture: six digits are more than an eye sees, and a third of the room."""

from __future__ import annotations

from collections.abc import Iterable


def digits(values: Iterable[float]) -> tuple[float, ...]:
    """Return `values` with six significant digits.

    >>> digits([1 / 3, 0.0, float("inf")])
    (0.333333, 0.0, inf)
    """
    return tuple(float(f"{value:.6g}") for value in values)
