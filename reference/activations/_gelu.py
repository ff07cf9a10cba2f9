r"""The Gaussian error linear unit.

.. math:: f(x) = x \, \Phi(x) = \frac{x}{2} \left(1 + \operatorname{erf} \frac{x}{\sqrt2}\right), \qquad
          f'(x) = \Phi(x) + x \varphi(x), \qquad
          f''(x) = (2 - x^2) \, \varphi(x)

:math:`\Phi` and :math:`\varphi` are the distribution function and the density of the standard normal distribution. To
the left :math:`1 + \operatorname{erf}` cancels, so all is written in the upper tail
:math:`Q(a) = 1 - \Phi(a) = R(a) e^{-a^2/2}` at :math:`a = |x|`:

.. math:: f(x) = \max(x, 0) - a \, Q(a), \qquad
          f'(-a) = e^{-a^2/2} \left(R(a) - \frac{a}{\sqrt{2\pi}}\right), \qquad f'(a) = 1 - f'(-a)

The least value is -0.170, at -0.7518; the steepest slope is 1.1289, at :math:`\sqrt2`.

Source: D. Hendrycks and K. Gimpel, "Gaussian Error Linear Units" (2016).
"""

from __future__ import annotations

import numpy as np

from .._arrays import Floats
from ._elementwise import elementwise
from ._normal import DENSITY_AT_ZERO, FURTHEST, tail_ratio, times_gaussian

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": False,
    "convex": False,
    "range": (-0.16997120747990366, np.inf),
    "lipschitz": 1.1289041451851547,
    "kinks": (),
    "value_at_zero": 0.0,
    "saturates": ("left",),
    "asymptotes": ((0.0, 0.0), (1.0, 0.0)),
    "homogeneous": False,
}


@elementwise
def gelu(x: Floats) -> Floats:
    """Multiply every number by the probability that a standard normal one is smaller.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> gelu([-1000.0, 0.0, 1000.0])
    array([   0.,    0., 1000.])
    """
    a = np.minimum(np.abs(x), FURTHEST)
    return np.maximum(x, 0) - times_gaussian(a * tail_ratio(a), a)


@elementwise
def gelu_grad(x: Floats) -> Floats:
    """Differentiate `gelu` at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> gelu_grad([-1000.0, 0.0, 1000.0])
    array([-0. ,  0.5,  1. ])
    """
    a = np.minimum(np.abs(x), FURTHEST)
    left = times_gaussian(tail_ratio(a) - DENSITY_AT_ZERO * a, a)
    return np.where(x < 0, left, 1.0 - left)


@elementwise
def gelu_second(x: Floats) -> Floats:
    """Differentiate `gelu` twice at `x`.

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
    >>> gelu_second([-1000.0, 0.0, 1000.0]).round(4)
    array([-0.    ,  0.7979, -0.    ])
    """
    a = np.minimum(np.abs(x), FURTHEST)
    return times_gaussian(DENSITY_AT_ZERO * (2.0 - a * a), a)
