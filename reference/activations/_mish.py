r"""Mish: a self-gated unit.

.. math:: f(x) = x \tanh(\operatorname{softplus}(x)) = x \, T, \qquad
          T = \frac{(1 + w)^2 - 1}{(1 + w)^2 + 1} = \frac{w (w + 2)}{w^2 + 2w + 2}, \quad w = e^x

because :math:`\tanh \log(1 + w)` is a fraction of polynomials; :math:`f' = T + x T'` and :math:`f'' = 2 T' + x T''`.
For :math:`x < 0`, with :math:`d = w` and :math:`q = d (1 + d/2)`,

.. math:: T = \frac{q}{1 + q}, \qquad
          f' = d \, \frac{1 + \frac32 d + d^2 + \frac14 d^3 + x (1 + d)}{(1 + q)^2}, \qquad
          f'' = d \, \frac{2 + 4d + 3d^2 + d^3 + x (1 + d - \frac32 d^2 - d^3)}{(1 + q)^3}

For :math:`x \ge 0` all is divided through by the powers of `w`. With :math:`d = 1/w` and :math:`p = 2d (1 + d)`,

.. math:: T = 1 - \frac{2 d^2}{1 + p}, \qquad
          f' = 1 + \frac{2 d^2 (2x (1 + d) - 1 - p)}{(1 + p)^2}, \qquad
          f'' = \frac{4 d^2 \bigl(2 + 6d + 8d^2 + 4d^3 - x (2 + 3d - 2d^2 - 2d^3)\bigr)}{(1 + p)^3}

No logarithm is left, and one exponential.

The least value is -0.309, at -1.192; the steepest slope is 1.0885, at 1.4906.

Source: D. Misra, "Mish: A Self Regularized Non-Monotonic Activation Function" (2019).
"""

from __future__ import annotations

import numpy as np

from .._arrays import Floats
from ._elementwise import elementwise
from ._exact import FAR, decay, one_plus_cubed, one_plus_squared, tail

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
    d = decay(np.abs(x))
    left = d * (1.0 + 0.5 * d) / (1.0 + _left(d))
    right = 1.0 - 2.0 * d * d / (1.0 + _right(d))
    return x * np.where(x < 0, left, right) * tail(-x)


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
    q, p = _left(d), _right(d)
    left = d * (1.0 + d * (1.5 + d * (1.0 + 0.25 * d)) + x * (1.0 + d)) / one_plus_squared(q)
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
    q, p = _left(d), _right(d)
    left = d * (2.0 + d * (4.0 + d * (3.0 + d)) + x * (1.0 + d * (1.0 - d * (1.5 + d)))) / one_plus_cubed(q)
    cubic = 2.0 + d * (3.0 - d * (2.0 + 2.0 * d))
    right = 4.0 * d * (2.0 + d * (6.0 + d * (8.0 + 4.0 * d)) - x * cubic) / one_plus_cubed(p) * d
    return np.where(x < 0, left, right) * tail(-x)


def _left(d: Floats) -> Floats:
    return d * (1.0 + 0.5 * d)


def _right(d: Floats) -> Floats:
    return 2.0 * d * (1.0 + d)
