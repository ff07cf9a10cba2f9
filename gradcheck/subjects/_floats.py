r"""Which dtypes carry a gradient, and to which of them an array has been rounded without saying so.

A number has p significant digits if :math:`m\,2^p` is whole, for :math:`v = m\,2^e`, :math:`1/2 \le |m| < 1`. Values
that all fit into the digits of a format, of which some need most, have been rounded to it, whatever their dtype;
unless the small ones lie on the grid of the largest, as those of a quantizer do, and no format's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

DIGITS = {"bfloat16": 8, "float16": 11, "float32": 24}
"""Format, coarsest first -> its significant binary digits."""

_EXTENSIONS = frozenset({"bfloat16"})
"""Formats of other packages, which NumPy calls void, that have range and digits enough for a gradient."""

_FIRST = 64
"""Entries of a large array that settle it as a rule: most have all the digits of float64."""

_IN_RANGE = 1e38

_NO_CHANCE = 10
"""Binary digits that are not zero by chance all together."""

_TOO_FEW = ("float8_", "float6_", "float4_")
"""How the names of formats begin whose few digits say nothing about a slope."""


def is_floating(dtype: np.dtype[Any]) -> bool:
    """Whether numbers of `dtype` have a gradient."""
    return (dtype.kind == "f" and dtype.itemsize > 1) or dtype.name in _EXTENSIONS


def is_low(dtype: np.dtype[Any]) -> bool:
    """Whether `dtype` is a floating-point format with fewer digits than float64."""
    return is_floating(dtype) and dtype.itemsize < 8


def has_few_digits(dtype: np.dtype[Any]) -> bool:
    """Whether `dtype` is a floating-point format, but too coarse for any gradient."""
    return dtype.name.startswith(_TOO_FEW)


def rounding_of(values: Any) -> float:
    """Return the unit roundoff of the coarsest format that `values` were rounded to; 0 if they need float64.

    >>> rounding_of(np.array([0.1, 1.0])), rounding_of(np.float32([0.1, 1.0])) == 2**-23, rounding_of(np.ones(3))
    (0.0, True, 0.0)
    """
    array = np.asarray(values)
    if not is_floating(array.dtype):
        return 0.0
    array = array.astype(float, copy=False).ravel()
    if _settles_it(array) or not _fits_single(array[:_FIRST]):
        return 0.0
    mantissas, exponents = np.frexp(array[np.isfinite(array) & (array != 0)])
    for digits in DIGITS.values():
        if _whole(mantissas * 2.0**digits).all():
            simple = _whole(mantissas * 2.0 ** (digits // 2)).all() or _on_a_grid(mantissas, exponents, digits)
            return 0.0 if simple else 2.0 ** (1 - digits)
    return 0.0


def fits_into(values: Any, digits: int) -> bool:
    """Whether all of `values` are numbers of so many binary digits.

    >>> fits_into([0.75, 3.0], 2), fits_into([0.1], 24)
    (True, False)
    """
    return bool(_whole(np.frexp(np.asarray(values, dtype=float))[0] * 2.0**digits).all())


def _settles_it(array: Any) -> bool:
    """Whether the very first value already has more digits than float32, as it nearly always has."""
    first = float(array[0]) if array.size else 0.0
    return abs(first) < _IN_RANGE and float(np.float32(first)) != first


def _fits_single(values: Any) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.all((values.astype(np.float32) == values) | np.isnan(values)))


def _on_a_grid(mantissas: Any, exponents: Any, digits: int) -> bool:
    """Whether the last digit of the largest is the last one of all: by chance in one of a thousand cases at most."""
    spared = exponents.max() - exponents
    return bool(spared.sum() >= _NO_CHANCE and _whole(np.ldexp(mantissas, digits - spared)).all())


def _whole(values: Any) -> Any:
    return values == np.round(values)
