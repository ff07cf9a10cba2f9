r"""The Gaussian error linear unit with a tanh in place of the error function.

.. math:: f(x) = \frac{x}{2} \left(1 + \tanh \frac{v}{2}\right) = x \, \sigma(v), \qquad
          v = \sqrt{8 / \pi} \, (x + 0.044715 \, x^3)

.. math:: f'(x) = \sigma(v) + x \, \sigma'(v) \, v', \qquad
          f''(x) = \sigma'(v) \left(2 v' + x v'' - x v'^2 \tanh \frac{v}{2}\right)

To the left :math:`1 + \tanh` cancels, so all is written in :math:`d = e^{-v(a)}` at :math:`a = |x|`:

.. math:: f(x) = \max(x, 0) - \frac{a d}{1 + d}, \qquad
          f'(-a) = d \, \frac{1 + d - a v'}{(1 + d)^2}, \qquad f'(a) = 1 - f'(-a), \qquad
          f''(x) = d \, \frac{(2v' + a v'') (1 + d) - a v'^2 (1 - d)}{(1 + d)^3}

`v` reaches 745 before `d` underflows, so an error in its last place would be 745 in the last place of `d`. Therefore
`a` is split into :math:`a_1`, a multiple of 1/256 with 13 bits, and a small rest, and each coefficient into a few
leading bits and a rest: the leading part of `v`, a cubic in :math:`a_1`, is then computed without any rounding.

It differs from the GELU by at most 0.0005.

Source: D. Hendrycks and K. Gimpel, "Gaussian Error Linear Units" (2016).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .._arrays import Floats
from ._elementwise import elementwise
from ._exact import decay, one_plus_cubed, one_plus_squared, square, tail

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

L, K = LINEAR + LINEAR_REST, CUBIC + CUBIC_REST
THREE_K = 0.21406444881780073
SLOPE_SQUARED = (2.5464790894703255, 0.6831948749139936, 0.045823588247668835)
"""The coefficients of the square of ``v' = L + 3 K a**2``, in powers of ``a**2``."""

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
    d, finish = _decay(a)
    return np.maximum(x, 0) - finish(a / (1.0 + d))


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
    d, finish = _decay(a)
    squared, lost = square(a)
    inner = (1.0 + d - THREE_K * a * lost) - a * (L + THREE_K * squared)
    left = finish(inner / one_plus_squared(d))
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
    d, finish = _decay(a)
    squared, lost = square(a)
    slopes = 2.0 * L + 4.0 * THREE_K * squared
    bend = SLOPE_SQUARED[2] * squared
    gradient = a * (SLOPE_SQUARED[0] + squared * (SLOPE_SQUARED[1] + bend))
    missing = a * (SLOPE_SQUARED[1] + 2.0 * bend) * lost  # of the gradient, for what the square has lost
    inner = (slopes - missing + d * (slopes + gradient)) - gradient
    return finish(inner / one_plus_cubed(d))


def _decay(a: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Return ``exp(-v)`` to a few places, and a function that multiplies by it to the last."""
    coarse = (a + SHIFT) - SHIFT
    rest = a - coarse
    squared = coarse * coarse
    cubed = squared * coarse
    leading = LINEAR * coarse + CUBIC * cubed  # without rounding
    rise = L + K * (3.0 * squared + rest * (3.0 * coarse + rest))
    trailing = rest * rise + (LINEAR_REST * coarse + CUBIC_REST * cubed)
    v = leading + trailing
    lost = (leading - v) + trailing
    near, rest = decay(v), tail(v)
    return near, lambda factor: (factor - factor * lost) * near * rest
