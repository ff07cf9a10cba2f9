r"""Log-softmax and log-sum-exp: logarithms of shares, and of what they are shares of.

.. math:: L = \log \sum_j e^{x_j} = m + \log(1 + r), \qquad \ell_i = x_i - L, \qquad s = e^{\ell}

.. math:: \frac{\partial L}{\partial x_j} = s_j, \qquad
          \frac{\partial \ell_i}{\partial x_j} = \delta_{ij} - s_j, \qquad
          \mathrm{d}x = \mathrm{d}\ell - s \sum_i \mathrm{d}\ell_i

with the largest entry `m`, and `r` the sum of the other exponentials relative to it. :math:`\ell_i` is computed as
:math:`(x_i - m) - \log(1 + r)`, two numbers that are never above 0, so that nothing cancels: where one entry stands
out, its logarithm is -r to the last place, not 0.

The log-sum-exp is a smooth maximum, convex, and at least the largest entry.

Source: P. Blanchard, D. Higham and N. Higham, "Accurately computing the log-sum-exp and softmax functions" (2021).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .._arrays import Floats, as_floats, as_upstream, quiet
from .._powers import Powers
from ._rows import by_rows, shares


class Cache(NamedTuple):
    """The shares in double precision, with the axis at the end, and what to give back."""

    shares: Floats
    axis: int
    dtype: DTypeLike


@quiet
def log_softmax(x: ArrayLike, *, axis: int = -1) -> Floats:
    """Turn scores into the logarithms of shares.

    Parameters
    ----------
    x : array_like, at least one axis
        Scores; infinities are allowed.
    axis
        Along which the shares add up to 1.

    Returns
    -------
    array, shape and precision of `x`
        In nats, never above 0.

    Examples
    --------
    >>> log_softmax([-1000.0, 0.0])
    array([-1000.,     0.])
    """
    x = as_floats(x)
    (out,) = by_rows(x, axis, _logarithms)
    return np.moveaxis(out, -1, axis).astype(x.dtype, copy=False)


@quiet
def log_softmax_forward(x: ArrayLike, *, axis: int = -1) -> tuple[Floats, Cache]:
    """Turn scores into the logarithms of shares, and keep what the backward pass needs.

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
        For `log_softmax_backward`.

    Examples
    --------
    >>> out, cache = log_softmax_forward([[0.0, 0.0]])
    >>> out.round(4)
    array([[-0.6931, -0.6931]])
    """
    x = as_floats(x)
    out, kept = by_rows(x, axis, _logarithms, shares)
    return np.moveaxis(out, -1, axis).astype(x.dtype, copy=False), Cache(kept, axis, x.dtype)


@quiet
def log_softmax_backward(dout: ArrayLike, cache: Cache) -> Floats:
    """Send the upstream gradient through `log_softmax_forward`.

    Parameters
    ----------
    dout : array_like, shape of `x`
        The upstream gradient.
    cache
        From `log_softmax_forward`.

    Returns
    -------
    dx : array, shape and precision of `x`
        Adds up to 0 along the axis.

    Examples
    --------
    >>> out, cache = log_softmax_forward([[0.0, 0.0]])
    >>> log_softmax_backward([[1.0, 0.0]], cache)
    array([[ 0.5, -0.5]])
    """
    shares, axis, dtype = cache
    dout = np.moveaxis(as_upstream(dout, np.moveaxis(shares, -1, axis).shape), axis, -1)
    dx = dout - shares * dout.sum(axis=-1, keepdims=True, dtype=np.float64)
    result: Floats = np.moveaxis(dx, -1, axis).astype(dtype)
    return result


def logsumexp(x: ArrayLike, *, axis: int = -1) -> Floats:
    """Return the logarithm of the sum of the exponentials: a smooth maximum.

    Parameters
    ----------
    x : array_like, at least one axis
        Scores; infinities are allowed.
    axis
        Which axis is summed over.

    Returns
    -------
    array, precision of `x`, without that axis

    Examples
    --------
    >>> float(logsumexp([1000.0, -1000.0]))
    1000.0
    """
    return logsumexp_forward(x, axis=axis)[0]


@quiet
def logsumexp_forward(x: ArrayLike, *, axis: int = -1) -> tuple[Floats, Cache]:
    """Return the logarithm of the sum of the exponentials, and keep what the backward pass needs.

    Parameters
    ----------
    x : array_like, at least one axis
        Scores.
    axis
        Which axis is summed over.

    Returns
    -------
    out : array, precision of `x`, without that axis
    cache
        For `logsumexp_backward`.

    Examples
    --------
    >>> out, cache = logsumexp_forward([[0.0, 0.0]])
    >>> out.round(4)
    array([0.6931])
    """
    x = as_floats(x)
    out, kept = by_rows(x, axis, _total, shares)
    return out[..., 0].astype(x.dtype, copy=False), Cache(kept, axis, x.dtype)


@quiet
def logsumexp_backward(dout: ArrayLike, cache: Cache) -> Floats:
    """Send the upstream gradient through `logsumexp_forward`: each entry gets its share.

    Parameters
    ----------
    dout : array_like, shape of the output
        The upstream gradient.
    cache
        From `logsumexp_forward`.

    Returns
    -------
    dx : array, shape and precision of `x`

    Examples
    --------
    >>> out, cache = logsumexp_forward([[0.0, 0.0]])
    >>> logsumexp_backward([1.0], cache)
    array([[0.5, 0.5]])
    """
    shares, axis, dtype = cache
    dx = shares * as_upstream(dout, shares.shape[:-1])[..., np.newaxis]
    return np.moveaxis(dx, -1, axis).astype(dtype)


def _logarithms(parts: Powers) -> Floats:
    result: Floats = (parts.below - np.log1p(parts.others)) + parts.lost
    return result


def _total(parts: Powers) -> Floats:
    return parts.largest + np.log1p(parts.others)
