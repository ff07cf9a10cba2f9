"""Whether numbers are what they should be: IEEE float64 rounded to nearest, subnormals kept, a wider long double.

1 + 2^-53 = 1,  1 + 3 2^-54 = 1 + 2^-52,  and the same below -1    (rounded to nearest)
5e-324 * 1 > 0                                                     (subnormal numbers are kept)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ._line import Line, State

FAST_MATH = (
    "some library was built with -ffast-math and switched it for the whole process: `gradcheck doctor TARGET` names "
    "the import; use a build without it"
)
_WIDTHS = {63: "80 bits, 64 of them digits", 112: "128 bits, 113 of them digits", 105: "two float64, 106 digits"}
"""Stored digits of a long double -> what it is."""


def arithmetic() -> Iterator[Line]:
    """Yield a line for float64, for subnormal numbers, and for the long double."""
    yield _float64()
    yield _subnormals()
    yield _long_double()


def rounds_to_nearest() -> bool:
    """Say whether float64 has 53 digits and rounds to the nearest."""
    one, half, most = np.array([1.0, -1.0]), 2.0**-53, 3 * 2.0**-54
    following = one * (1 + 2.0**-52)
    return bool(((following != one) & (one + one * half == one) & (one + one * most == following)).all())


def keeps_subnormals() -> bool:
    """Say whether the smallest numbers survive a multiplication, and halves of the smallest normal one a division."""
    tiny, small = np.full(16, 5e-324), np.full(16, np.finfo(np.float64).tiny)
    with np.errstate(all="ignore"):
        return bool((tiny * np.ones(16) != 0).all() and (small / 2 != 0).all())


def _float64() -> Line:
    if rounds_to_nearest():
        return Line("float64", State.OK, "53 digits, rounded to nearest")
    remedy = f"the error bounds of gradcheck do not hold here; {FAST_MATH}"
    return Line("float64", State.ATTENTION, "does not round to the nearest of 53 digits", remedy)


def _subnormals() -> Line:
    if keeps_subnormals():
        return Line("subnormals", State.OK, "kept")
    return Line("subnormals", State.ATTENTION, "flushed to zero", FAST_MATH)


def _long_double() -> Line:
    digits = int(np.finfo(np.longdouble).nmant)
    if digits > np.finfo(np.float64).nmant:
        return Line("long double", State.OK, _WIDTHS.get(digits, f"{digits + 1} digits"))
    said = "no wider than float64 on this platform: a failure cannot be confirmed with more digits"
    return Line("long double", State.NOTE, said)
