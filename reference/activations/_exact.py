r"""Decaying exponentials that keep their digits until the very end.

**Far out.** Below 1e-308 a number has fewer digits, and a large factor, as in :math:`x e^x`, would make the missing
ones visible. So :math:`e^{-a}` is two factors: `decay`, which stops at :math:`e^{-700}`, and `tail`, the rest. What
is to be multiplied is multiplied by the first, and by the second last. The difference :math:`a - 700` is exact.

**Products.** With the argument a product,

.. math:: e^{-ab} = e^{-p} \, (1 - r) \ \text{to rounding}, \qquad p = \operatorname{fl}(ab), \quad r = ab - p

A relative error of the argument is multiplied by the argument: rounding :math:`x^2 / 2 = 700` costs
:math:`e^{-x^2/2}` 700 times a rounding error. The remainder `r` is a floating-point number, and splitting both
factors into halves of 26 bits, whose products are exact, finds it. A power of two multiplies without a remainder.

Source: T. J. Dekker, "A floating-point technique for extending the available precision" (1971).
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from .._arrays import Floats

SPLIT = 2.0**27 + 1
EDGE = 700.0

FAR = 2048.0
"""Further than any exponential reaches before it is 0: a number beyond may be taken for this."""


def halves(a: Any) -> tuple[Any, Any]:
    """Return the leading 26 bits of `a`, and the rest; `a` is far from overflow."""
    scaled = SPLIT * a
    high = scaled - (scaled - a)
    return high, a - high


def product(a: Any, b: Any) -> tuple[Any, Any]:
    """Return the rounded product and what rounding took from it."""
    rounded = a * b
    (a1, a0), (b1, b0) = halves(a), halves(b)
    return rounded, ((a1 * b1 - rounded) + a1 * b0 + a0 * b1) + a0 * b0


def square(a: Floats) -> tuple[Floats, Floats]:
    """Return the rounded square and what rounding took from it."""
    rounded = a * a
    high, low = halves(a)
    return rounded, ((high * high - rounded) + 2.0 * high * low) + low * low


def decay(a: Floats) -> Floats:
    """Return ``exp(-min(a, 700))``, which is no subnormal number."""
    return np.exp(-np.minimum(a, EDGE)) if (a > EDGE).any() else np.exp(-a)


def tail(a: Floats) -> Floats | float:
    """Return the factor that makes `decay` the whole ``exp(-a)``: 1 up to 700."""
    return np.exp(-np.maximum(a - EDGE, 0.0)) if (a > EDGE).any() else 1.0


def one_plus(d: Floats) -> tuple[Floats, Floats]:
    """Return ``1 + d`` for positive `d`, and the relative error of that."""
    total = 1.0 + d
    return total, (d - (total - 1.0)) / total


def one_plus_squared(d: Floats) -> Floats:
    """Return ``(1 + d)**2``: multiplied out, the rounding of a small `d` is not squared."""
    return 1.0 + d * (2.0 + d)


def one_plus_cubed(d: Floats) -> Floats:
    """Return ``(1 + d)**3``, likewise."""
    return 1.0 + d * (3.0 + d * (3.0 + d))


def decay_of_product(x: Floats, factor: float, *, inverse: bool = False) -> tuple[Floats, Floats | float]:
    r"""Return :math:`e^{-|cx|}` as `decay` and `tail`; `factor` is c, or 1/c if `inverse`."""
    mantissa, rest, power = _parts(factor, inverse=inverse)
    scaled = np.abs(x) * power
    if mantissa == 1.0:
        return decay(scaled), tail(scaled)
    scaled = np.minimum(scaled, FAR)
    argument, lost = product(scaled, mantissa)
    near = decay(argument)
    return near - near * (lost + rest * scaled), tail(argument)


@lru_cache(maxsize=64)
def _parts(factor: float, *, inverse: bool) -> tuple[float, float, float]:
    """Return a number in [1, 2) as a double and its rest, and the power of two that makes it the factor."""
    exact = 1 / Fraction(factor) if inverse else Fraction(factor)
    power = math.frexp(float(exact))[1] - 1
    exact /= Fraction(2) ** power
    return float(exact), float(exact - Fraction(float(exact))), 2.0**power
