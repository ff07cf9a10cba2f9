r"""Mish: a self-gated unit.

.. math:: f(x) = x \tanh(\operatorname{softplus}(x)) = x \, T, \qquad
          T = \frac{(1 + w)^2 - 1}{(1 + w)^2 + 1} = \frac{w (w + 2)}{w^2 + 2w + 2}, \quad w = e^x

because :math:`\tanh \log(1 + w)` is a fraction of polynomials. In the decaying exponential :math:`d = e^{-|x|}`,

.. math:: T = \frac{u}{u + 2 v}, \qquad u = \max(d^2, [x \ge 0]) + 2 d, \qquad v = \max(d^2, [x < 0])

From :math:`T' = \sigma (1 - T^2)` and :math:`\sigma' = \sigma (1 - \sigma)` follow

.. math:: f' = T + x \, \sigma (1 - T^2), \qquad
          f'' = \sigma (1 - T^2) \bigl(2 + x (1 - \sigma - 2 \sigma T)\bigr)

For :math:`x < 0`, with :math:`d = w` and :math:`q = d + d^2/2`,

.. math:: T = \frac{q}{1 + q}, \qquad
          f' = \frac{q}{1 + q} + \frac{x (d + d^2)}{(1 + q)^2}, \qquad
          f'' = d \, \frac{2 + x + d (2 - 2xT)}{(1 + q)^2}

For :math:`x \ge 0` all is divided through by the powers of `w`. With :math:`d = 1/w` and :math:`p = 2d + 2d^2`,

.. math:: T = 1 - \frac{2 d^2}{1 + p}, \qquad
          f' = 1 + \frac{2 d^2 (2x (1 + d) - 1 - p)}{(1 + p)^2}, \qquad
          f'' = 4 d^2 \, \frac{2 - 2x + d \bigl(2 + x + 4xd / (1 + p)\bigr)}{(1 + p)^2}

No logarithm is left, and the exponential decays on both sides.

The least value is -0.309, at -1.192; the steepest slope is 1.0885, at 1.4906.

Source: D. Misra, "Mish: A Self Regularized Non-Monotonic Activation Function" (2019).
"""

from __future__ import annotations

import numpy as np

from .._arrays import Floats
from ._elementwise import elementwise
from ._exact import FAR, decay, one_plus, one_plus_squared, tail

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": False,
    "convex": False,
    "range": (-0.30884341301725043, np.inf),
    "lipschitz": 1.088498161251728,
    "kinks": (),
    "value_at_zero": 0.0,
    "saturates": ("left",),
    "asymptotes": ((0.0, 0.0), (1.0, 0.0)),
    "homogeneous": False,
}


@elementwise
def mish(x: Floats) -> Floats:
    """Multiply every number by the hyperbolic tangent of its softplus.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> mish([-1000.0, 0.0, 1000.0])
    array([  -0.,    0., 1000.])
    """
    x = np.maximum(x, -FAR)
    d, left = decay(np.abs(x)), x < 0
    above = np.maximum(d * d, ~left) + 2.0 * d
    result: Floats = x * (above / (above + 2.0 * np.maximum(d * d, left))) * tail(-x)
    return result


@elementwise
def mish_grad(x: Floats) -> Floats:
    """Differentiate `mish` at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> mish_grad([-1000.0, 0.0, 1000.0])
    array([-0. ,  0.6,  1. ])
    """
    x = np.clip(x, -FAR, FAR)
    d = decay(np.abs(x))
    q, p = d + 0.5 * d * d, 2.0 * d + 2.0 * d * d
    below = one_plus_squared(q)
    lost = ((1.0 - below) + q * (2.0 + q)) / below
    left = q / (1.0 + q) + x * (d + d * (d - lost)) / below
    right = 1.0 + 2.0 * d * d * (2.0 * x * (1.0 + d) - 1.0 - p) / one_plus_squared(p)
    return np.where(x < 0, left, right) * tail(-x)


@elementwise
def mish_second(x: Floats) -> Floats:
    """Differentiate `mish` twice at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> mish_second([-1000.0, 0.0, 1000.0])
    array([-0.  ,  0.64, -0.  ])
    """
    x = np.clip(x, -FAR, FAR)
    d = decay(np.abs(x))
    q, p = d + 0.5 * d * d, 2.0 * d + 2.0 * d * d
    left = ((2.0 + x) + d * (2.0 - 2.0 * x * q / (1.0 + q))) / one_plus_squared(q) * d
    right = _right_bracket(x, d, p)
    twice = 2.0 * np.maximum(x, 0.0)
    squared = np.where(x < 3, d * d, decay(twice))  # nearby its errors cancel those of `p`, far out there are fewer
    return np.where(x < 0, left, 4.0 * right * squared) * tail(twice) * tail(-x)


def _right_bracket(x: Floats, d: Floats, p: Floats) -> Floats:
    """Return the fraction of the second derivative on the right, less what rounding `1 + p` took from its square."""
    below, lost = one_plus(p)
    first, second = 2.0 - 2.0 * x, d * (2.0 + x + 4.0 * x * d / below)
    return (first + (second - 2.0 * lost * (first + second))) / below**2
