r"""The Gaussian error linear unit with a tanh in place of the error function.

.. math:: f(x) = \frac{x}{2} \left(1 + \tanh \frac{v}{2}\right) = x \, \sigma(v), \qquad
          v = \sqrt{8 / \pi} \, (x + 0.044715 \, x^3)

.. math:: f'(x) = \sigma(v) + x \, \sigma'(v) \, v', \qquad
          f''(x) = \sigma'(v) \left(2 v' + x v'' - x v'^2 \tanh \frac{v}{2}\right)

To the left :math:`1 + \tanh` cancels, so all is written in :math:`d = e^{-v(a)}` at :math:`a = |x|`:

.. math:: f(x) = \max(x, 0) - \frac{a d}{1 + d}, \qquad
          f'(-a) = d \, \frac{1 + d - a v'}{(1 + d)^2}, \qquad f'(a) = 1 - f'(-a), \qquad
          f''(x) = d \, \frac{(2v' + a v'') (1 + d) - a v'^2 (1 - d)}{(1 + d)^3}, \qquad 2v' + a v'' = 4v' - 2v'(0)

`v` reaches 745 before `d` underflows, so an error in its last place would be 745 in the last place of `d`. Therefore
`a` is split into :math:`a_1`, a multiple of 1/256 with 13 bits, and a small rest, and each coefficient into a few
leading bits and a rest: the leading parts of `v` and :math:`v'`, polynomials in :math:`a_1`, are then computed
without any rounding. What is left over when the rest is added goes into the smaller of two addends further on, where
it costs no rounding of its own.

It differs from the GELU by at most 0.0005.

Source: D. Hendrycks and K. Gimpel, "Gaussian Error Linear Units" (2016).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._arrays import Floats
from ._elementwise import elementwise
from ._exact import decay, one_plus, one_plus_squared, tail

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": False,
    "convex": False,
    "range": (-0.17004075057125406, np.inf),
    "lipschitz": 1.1289930686587717,
    "kinks": (),
    "value_at_zero": 0.0,
    "saturates": ("left",),
    "asymptotes": ((0.0, 0.0), (1.0, 0.0)),
    "homogeneous": False,
}

FURTHEST = 22.0
"""From here on the decay is 0, and the argument may be taken for this."""

LINEAR, LINEAR_REST = float.fromhex("0x1.9884533d40000p+0"), 3.0874305383944692e-12
CUBIC, CUBIC_REST = float.fromhex("0x1.2448000000000p-4"), -2.9107781810012236e-06
"""sqrt(8 / pi), and the same times 0.044715: the leading 36 and 14 bits, and the rest."""

SHIFT = 1.5 * 2.0**44
"""Added and subtracted again, it rounds to a multiple of 1/256."""


@elementwise
def gelu_tanh(x: Floats) -> Floats:
    """Multiply every number by nearly the probability that a standard normal one is smaller.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> gelu_tanh([-1000.0, 0.0, 1000.0])
    array([   0.,    0., 1000.])
    """
    a = np.minimum(np.abs(x), FURTHEST)
    d, _, lost, rest = _decay(a)
    result: Floats = np.maximum(x, 0) - (a - a * lost) / (1.0 + d) * d * rest
    return result


@elementwise
def gelu_tanh_grad(x: Floats) -> Floats:
    """Differentiate `gelu_tanh` at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> gelu_tanh_grad([-1000.0, 0.0, 1000.0])
    array([-0. ,  0.5,  1. ])
    """
    a = np.minimum(np.abs(x), FURTHEST)
    d, slope, lost, rest = _decay(a)
    bend = a * slope.rounded
    left = ((1.0 + d - a * slope.lost + (bend - 1.0) * lost) - bend) / one_plus_squared(d) * d * rest
    return np.where(x < 0, left, 1.0 - left)


@elementwise
def gelu_tanh_second(x: Floats) -> Floats:
    """Differentiate `gelu_tanh` twice at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.

    Returns
    -------
    array, shape and precision of `x`
        Even.

    Examples
    --------
    >>> gelu_tanh_second([-1000.0, 0.0, 1000.0]).round(4)
    array([-0.    ,  0.7979, -0.    ])
    """
    a = np.minimum(np.abs(x), FURTHEST)
    d, slope, lost, rest = _decay(a)
    slopes = 4.0 * slope.rounded - 2.0 * (LINEAR + LINEAR_REST)
    bend = a * slope.rounded * slope.rounded
    cube, lost_in_cube = one_plus(d * (3.0 + d * (3.0 + d)))
    missing = (bend - slopes) * lost + (4.0 - 2.0 * bend / slope.rounded) * slope.lost
    missing -= (slopes * (1.0 + d) - bend * (1.0 - d)) * lost_in_cube
    most = slopes - bend
    back = most - slopes
    missing += (slopes - (most - back)) - (bend + back)  # what this difference has lost
    return (most + (d * (slopes + bend) + missing)) / cube * d * rest


class Sum(NamedTuple):
    """A rounded sum, and what rounding took from it."""

    rounded: Floats
    lost: Floats


def _decay(a: Floats) -> tuple[Floats, Sum, Floats, Floats | float]:
    """Return ``exp(-v)`` as `decay`, its relative error, and `tail`; second comes the derivative of v."""
    coarse = (a + SHIFT) - SHIFT
    fine = a - coarse
    squared = coarse * coarse
    cubed = squared * coarse
    v = LINEAR * coarse + CUBIC * cubed  # so far without any rounding, and so is the next line
    slope = LINEAR + 3.0 * CUBIC * squared
    more = 3.0 * (CUBIC + CUBIC_REST) * fine
    rise = slope + (LINEAR_REST + 3.0 * CUBIC_REST * squared) + more * (coarse + fine / 3.0)
    argument = _sum(v, fine * rise + (LINEAR_REST * coarse + CUBIC_REST * cubed))
    steepness = _sum(slope, LINEAR_REST + 3.0 * CUBIC_REST * squared + more * (2.0 * coarse + fine))
    return decay(argument.rounded), steepness, argument.lost, tail(argument.rounded)


def _sum(large: Floats, small: Floats) -> Sum:
    total = large + small
    return Sum(total, (large - total) + small)
