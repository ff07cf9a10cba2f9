r"""Softmax and softmin: positive shares that add up to 1.

.. math:: s_i = \frac{e^{x_i}}{\sum_j e^{x_j}}, \qquad
          \frac{\partial s_i}{\partial x_j} = s_i (\delta_{ij} - s_j), \qquad
          \mathrm{d}x = s \odot \Bigl(\mathrm{d}s - \sum_j s_j \, \mathrm{d}s_j\Bigr)

The derivative of a quotient gives :math:`\delta_{ij}` from the numerator and :math:`-s_j` from the denominator; it is
symmetric, so that the same matrix serves forward and backward, and it is never formed. Its rows add up to 0: to raise
all entries by the same number changes nothing. The softmin is the softmax of :math:`-x`.

For images of shape (N, C, H, W), ``axis=1`` shares out the channels at every position.

Source: J. Bridle, "Probabilistic interpretation of feedforward classification network outputs" (1990).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .._arrays import Floats, as_floats, as_upstream, quiet
from ._rows import by_rows, shares


class Cache(NamedTuple):
    """The shares in double precision, with the axis at the end, and what to give back."""

    shares: Floats
    sign: float
    axis: int
    dtype: DTypeLike


def softmax(x: ArrayLike, *, axis: int = -1) -> Floats:
    """Turn scores into shares.

    Parameters
    ----------
    x : array_like, at least one axis
        Scores; infinities are allowed, and equal entries get equal shares.
    axis
        Along which the shares add up to 1.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> softmax([1000.0, 1000.0, -1000.0])
    array([0.5, 0.5, 0. ])
    """
    return _softmax(as_floats(x), axis)


def softmax_forward(x: ArrayLike, *, axis: int = -1) -> tuple[Floats, Cache]:
    """Turn scores into shares, and keep what the backward pass needs.

    Parameters
    ----------
    x : array_like, at least one axis
        Scores.
    axis
        Along which the shares add up to 1.

    Returns
    -------
    out : array, shape and precision of `x`
    cache
        For `softmax_backward`.

    Examples
    --------
    >>> out, cache = softmax_forward([[0.0, 0.0]])
    >>> out
    array([[0.5, 0.5]])
    """
    return _forward(as_floats(x), 1.0, axis)


@quiet
def softmax_backward(dout: ArrayLike, cache: Cache) -> Floats:
    """Send the upstream gradient through `softmax_forward`, or through `softmin_forward`.

    Parameters
    ----------
    dout : array_like, shape of `x`
        The upstream gradient.
    cache
        From the forward pass.

    Returns
    -------
    dx : array, shape and precision of `x`
        Adds up to 0 along the axis.

    Examples
    --------
    >>> out, cache = softmax_forward([[0.0, 0.0]])
    >>> softmax_backward([[1.0, 0.0]], cache)
    array([[ 0.25, -0.25]])
    """
    shares, sign, axis, dtype = cache
    dout = np.moveaxis(as_upstream(dout, np.moveaxis(shares, -1, axis).shape), axis, -1)
    dx = sign * shares * (dout - (shares * dout).sum(axis=-1, keepdims=True))
    result: Floats = np.moveaxis(dx, -1, axis).astype(dtype)
    return result


def softmin(x: ArrayLike, *, axis: int = -1) -> Floats:
    """Turn costs into shares: the softmax of ``-x``.

    Parameters
    ----------
    x : array_like, at least one axis
        Costs.
    axis
        Along which the shares add up to 1.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> softmin([1000.0, -1000.0, -1000.0])
    array([0. , 0.5, 0.5])
    """
    return _softmax(-as_floats(x), axis)


@quiet
def softmin_forward(x: ArrayLike, *, axis: int = -1) -> tuple[Floats, Cache]:
    """Turn costs into shares, and keep what the backward pass needs.

    Parameters
    ----------
    x : array_like, at least one axis
        Costs.
    axis
        Along which the shares add up to 1.

    Returns
    -------
    out : array, shape and precision of `x`
    cache
        For `softmin_backward`.

    Examples
    --------
    >>> out, cache = softmin_forward([[0.0, 0.0]])
    >>> out
    array([[0.5, 0.5]])
    """
    return _forward(-as_floats(x), -1.0, axis)


def softmin_backward(dout: ArrayLike, cache: Cache) -> Floats:
    """Send the upstream gradient through `softmin_forward`.

    Parameters
    ----------
    dout : array_like, shape of `x`
        The upstream gradient.
    cache
        From `softmin_forward`.

    Returns
    -------
    dx : array, shape and precision of `x`

    Examples
    --------
    >>> out, cache = softmin_forward([[0.0, 0.0]])
    >>> softmin_backward([[1.0, 0.0]], cache)
    array([[-0.25,  0.25]])
    """
    return softmax_backward(dout, cache)


@quiet
def _softmax(scores: Floats, axis: int) -> Floats:
    (found,) = by_rows(scores, axis, shares)
    return np.moveaxis(found, -1, axis).astype(scores.dtype, copy=False)


@quiet
def _forward(scores: Floats, sign: float, axis: int) -> tuple[Floats, Cache]:
    (found,) = by_rows(scores, axis, shares)
    return np.moveaxis(found, -1, axis).astype(scores.dtype), Cache(found, sign, axis, scores.dtype)
