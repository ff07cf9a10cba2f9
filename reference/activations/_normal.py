r"""The normal distribution's tail, as a factor times a Gaussian.

.. math:: Q(a) = \frac{1}{\sqrt{2\pi}} \int_a^\infty e^{-t^2/2} \, \mathrm{d}t = R(a) \, e^{-a^2/2}, \qquad a \ge 0

The Gaussian underflows; the ratio `R` only falls from 1/2 like :math:`1 / (\sqrt{2\pi} a)`. The product
:math:`(1 + a) R(a)` lies between 0.39 and 0.53, and in the variable :math:`t = 2.25 a / (a + 5) - 1`, which takes
[0, 40] to [-1, 1], it is a polynomial of degree 22 to the last place. Its coefficients were computed as those of the
Chebyshev interpolant in 50 digits.

The Gaussian keeps the remainder of the square: rounding :math:`a^2/2 = 700` would cost 700 rounding errors.

Source: M. M. Shepherd and J. G. Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x in 0 <= x < inf"
(1981), for the form; W. J. Cody, "Rational Chebyshev approximations for the error function" (1969), for the split
square.
"""

from __future__ import annotations

import numpy as np

from .._arrays import Floats
from ._exact import decay, square, tail

FURTHEST = 40.0
"""From here on the Gaussian is 0, and the argument may be taken for this."""

DENSITY_AT_ZERO = 0.3989422804014327

COEFFICIENTS = (
    0.47205320650984467,
    -0.08703312959387328,
    0.020043017086170845,
    0.0177113932737479,
    -0.0269526765016292,
    0.020238004449505416,
    -0.01026846876644399,
    0.0035001388433221594,
    -0.0006124350988543067,
    -7.872437976811691e-05,
    7.276570398295345e-05,
    -8.74012576841676e-06,
    -5.4092175760271364e-06,
    1.6109018260677874e-06,
    4.0551413146584106e-07,
    -2.0364522036042798e-07,
    -3.805852203733844e-08,
    2.4015705306247578e-08,
    4.765991070186536e-09,
    -2.5597483933866776e-09,
    -6.310047788458453e-10,
    1.8044858224057155e-10,
    5.4086176569977306e-11,
)


def tail_ratio(a: Floats) -> Floats:
    """Return R for `a` in [0, 40]."""
    t = 2.25 * (a / (a + 5.0)) - 1.0
    total = np.full_like(t, COEFFICIENTS[-1])
    for coefficient in COEFFICIENTS[-2:0:-1]:
        total *= t
        total += coefficient
    below = 1.0 + a
    lost = np.minimum(a, 1.0) - (below - np.maximum(a, 1.0))
    # The quotient is about 1/2 over `below`: so much of what its rounding lost is given back in the smaller addend.
    result: Floats = (COEFFICIENTS[0] + (total * t - 0.47 * lost / below)) / below
    return result


def times_gaussian(factor: Floats, a: Floats) -> Floats:
    """Return ``factor * exp(-a**2 / 2)``."""
    squared, lost = square(a)
    half = 0.5 * squared
    return (factor - factor * (0.5 * lost)) * decay(half) * tail(half)
