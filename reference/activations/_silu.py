r"""The sigmoid linear unit, also called swish.

.. math:: f(x) = x \, \sigma(x), \qquad
          f'(x) = \sigma(x) \bigl(1 + x \, \sigma(-x)\bigr), \qquad
          f''(x) = \sigma'(x) \left(2 - x \tanh \frac{x}{2}\right)

With :math:`d = e^{-|x|}`, which cannot overflow, :math:`\sigma(-|x|) = d / (1 + d)`, and

.. math:: f'(x) = \frac{1 + d + x d}{(1 + d)^2} \; (x \ge 0), \qquad
          f'(x) = d \, \frac{1 + d + x}{(1 + d)^2} \; (x < 0), \qquad
          f''(x) = d \, \frac{2 (1 + d) - |x| (1 - d)}{(1 + d)^3}

Numbers beyond :math:`\pm 2048` are treated as that: there the tail is 0, and infinity times 0 would not be.

The least value is -0.278, at -1.278, where the derivative has its root; the steepest slope, 1.0998, is at 2.3994,
where the second derivative has one.

Source: S. Elfwing, E. Uchibe and K. Doya, "Sigmoid-weighted linear units for neural network function approximation in
reinforcement learning" (2018); D. Hendrycks and K. Gimpel, "Gaussian Error Linear Units" (2016).
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
    "range": (-0.2784645427610738, np.inf),
    "lipschitz": 1.099839320128867,
    "kinks": (),
    "value_at_zero": 0.0,
    "saturates": ("left",),
    "asymptotes": ((0.0, 0.0), (1.0, 0.0)),
    "homogeneous": False,
}


@elementwise
def silu(x: Floats) -> Floats:
    """Multiply every number by its sigmoid.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> silu([-1000.0, 0.0, 1000.0])
    array([  -0.,    0., 1000.])
    """
    x = np.maximum(x, -FAR)
    d = decay(np.abs(x))
    return x * np.maximum(d, x >= 0) / (1.0 + d) * tail(-x)


@elementwise
def silu_grad(x: Floats) -> Floats:
    """Differentiate `silu` at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> silu_grad([-1000.0, 0.0, 1000.0])
    array([-0. ,  0.5,  1. ])
    """
    x = np.clip(x, -FAR, FAR)
    d = decay(np.abs(x))
    return (1.0 + d + x * np.maximum(d, x < 0)) * np.maximum(d, x >= 0) / one_plus_squared(d) * tail(-x)


@elementwise
def silu_second(x: Floats) -> Floats:
    """Differentiate `silu` twice at `x`.

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
    >>> silu_second([-1000.0, 0.0, 1000.0])
    array([-0. ,  0.5, -0. ])
    """
    size = np.minimum(np.abs(x), FAR)
    d = decay(size)
    s, lost = one_plus(d)  # what is lost counts three times in the cube, and once above
    above = 2.0 * s - size * (1.0 - d)
    above = 2.0 * s - (size * (1.0 - d) + (3.0 * above - 2.0 * s) * lost)
    result: Floats = above * d / s**3 * tail(size)
    return result
