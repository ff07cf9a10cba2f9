r"""The parametric rectified linear unit: a leaky ReLU that learns its slope.

.. math:: f(x; \alpha) = \max(x, 0) + \alpha \min(x, 0)

.. math:: \frac{\partial f}{\partial x} = \begin{cases} 1 & x > 0 \\ \alpha & x \le 0 \end{cases}, \qquad
          \frac{\partial f}{\partial \alpha} = \min(x, 0)

For :math:`\alpha \le 1` this is :math:`\max(\alpha x, x)`; :math:`\alpha = 0.01` is the leaky ReLU and
:math:`\alpha = 0` the ReLU. One :math:`\alpha` serves many entries of `x`, so its gradient is the *sum* over
all of them: whatever was broadcast forward is summed backward.

Source: K. He, X. Zhang, S. Ren and J. Sun, "Delving Deep into Rectifiers" (2015).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ._arrays import Floats, as_doubles, as_floats, as_upstream, quiet


class Cache(NamedTuple):
    """The two partial derivatives at the point of the forward pass; of `alpha`, only shape and dtype are read."""

    by_x: Floats
    by_alpha: Floats
    alpha: Floats


@quiet
def prelu_forward(x: ArrayLike, alpha: ArrayLike) -> tuple[Floats, Cache]:
    """Multiply the negative entries of `x` by `alpha`.

    Parameters
    ----------
    x : array_like, any shape
        Channels, if any, on axis 1: ``(N, C)`` or ``(N, C, H, W)``.
    alpha : array_like, shape () or (1,) or (C,)
        The slope of the negative half: one for all, or one per channel.

    Returns
    -------
    out : array, shape and precision of `x`
    cache
        For `prelu_backward`.

    Examples
    --------
    >>> out, cache = prelu_forward([[-2.0, -2.0], [3.0, 3.0]], [0.5, 0.1])
    >>> out
    array([[-1. , -0.2],
           [ 3. ,  3. ]])
    """
    x, alpha = as_floats(x), as_floats(alpha, "alpha")
    slope = _along_channels(alpha, x).astype(x.dtype)
    negative = np.minimum(x, 0)
    leak = np.where(slope == 0, 0, slope * negative)  # the limit at -inf, where 0 * inf would be NaN
    by_x = np.heaviside(x, 0) + slope * np.heaviside(-x, 1)
    return np.maximum(x, 0) + leak, Cache(by_x, negative, alpha)


@quiet
def prelu_backward(dout: ArrayLike, cache: Cache) -> tuple[Floats, Floats]:
    """Send the upstream gradient through `prelu_forward`.

    Parameters
    ----------
    dout : array_like, shape of `x`
        The upstream gradient.
    cache
        From `prelu_forward`.

    Returns
    -------
    dx : array, shape and precision of `x`
    dalpha : array, shape and precision of `alpha`

    Examples
    --------
    >>> out, cache = prelu_forward([[-2.0, -2.0], [3.0, 3.0]], [0.5, 0.1])
    >>> dx, dalpha = prelu_backward(np.ones((2, 2)), cache)
    >>> dx
    array([[0.5, 0.1],
           [1. , 1. ]])
    >>> dalpha
    array([-2., -2.])
    """
    dout = as_upstream(dout, cache.by_x.shape)
    dx = (dout * cache.by_x).astype(cache.by_x.dtype)
    shares = as_doubles(dout * cache.by_alpha)
    one_for_all = cache.alpha.size == 1
    dalpha = shares.sum() if one_for_all else shares.sum(axis=_all_but_channels(shares))
    return dx, dalpha.reshape(cache.alpha.shape).astype(cache.alpha.dtype)


def _along_channels(alpha: Floats, x: Floats) -> Floats:
    """Return `alpha` in the shape in which it broadcasts along axis 1 of `x`."""
    if alpha.size == 1 and alpha.ndim <= 1:
        return alpha.reshape(())
    if x.ndim < 2 or alpha.shape != x.shape[1:2]:
        raise ValueError(
            f"alpha has shape {alpha.shape}, x has shape {x.shape}; alpha must be one number, "
            "or hold one per channel, that is, per entry of axis 1 of x"
        )
    return alpha.reshape(-1, *(1,) * (x.ndim - 2))


def _all_but_channels(x: Floats) -> tuple[int, ...]:
    return (0, *range(2, x.ndim))
