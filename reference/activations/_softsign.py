r"""Softsign: a squashing function without an exponential.

.. math:: f(x) = \frac{x}{1 + |x|}, \qquad f'(x) = \frac{1}{(1 + |x|)^2}, \qquad
          f''(x) = \frac{-2 \operatorname{sign} x}{(1 + |x|)^3}

The quotient inf/inf is avoided by clipping at the largest number there is. The powers are divided by one after the
other: :math:`(1 + |x|)^2` would overflow where the derivative has not yet reached 0. In the third power the rounding
of :math:`s = 1 + |x|` counts three times, so what it loses is given back: :math:`(s + r)^{-3} = s^{-3} (1 - 3r/s)`.

The tails fall like :math:`x^{-2}` instead of :math:`e^{-|x|}`: it saturates, but slowly. The slope is 1 at 0 from
both sides, so there is no kink; its own slope jumps from 2 to -2, and 0 is what is given there.

Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010).
"""

from __future__ import annotations

import numpy as np

from .._arrays import Floats
from ._elementwise import elementwise, piecewise

TRAITS: dict[str, object] = {
    "odd": True,
    "even": False,
    "monotone": True,
    "convex": False,
    "range": (-1.0, 1.0),
    "lipschitz": 1.0,
    "kinks": (),
    "value_at_zero": 0.0,
    "saturates": ("left", "right"),
    "asymptotes": ((0.0, -1.0), (0.0, 1.0)),
    "homogeneous": False,
}


@piecewise
def softsign(x: Floats) -> Floats:
    """Squash every number into [-1, 1].

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> softsign([-np.inf, -1.0, 0.0, 3.0])
    array([-1.  , -0.5 ,  0.  ,  0.75])
    """
    largest = np.finfo(x.dtype).max
    x = np.clip(x, -largest, largest)
    return x / (1.0 + np.abs(x))


@elementwise
def softsign_grad(x: Floats) -> Floats:
    """Differentiate `softsign` at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> softsign_grad([-1.0, 0.0, 3.0])
    array([0.25  , 1.    , 0.0625])
    """
    s = np.abs(x)
    s += 1.0
    result = 1.0 / s
    result /= s
    return result


@elementwise
def softsign_second(x: Floats) -> Floats:
    """Differentiate `softsign` twice at `x`; 0 at 0, the middle of the jump from 2 to -2.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> softsign_second([-1.0, 0.0, 1.0])
    array([ 0.25, -0.  , -0.25])
    """
    size = np.minimum(np.abs(x), np.finfo(x.dtype).max)
    s = 1.0 + size
    lost = np.minimum(size, 1.0) - (s - np.maximum(size, 1.0))
    return np.sign(x) * (6.0 * lost / s - 2.0) / s / s / s
