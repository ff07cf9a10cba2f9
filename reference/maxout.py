r"""Maxout with two pieces: a unit that learns its own nonlinearity.

.. math:: z_1 = x w_1 + b_1, \qquad z_2 = x w_2 + b_2, \qquad f = \max(z_1, z_2)

.. math:: \mathrm{d}z_1 = \mathrm{d}f \, [z_1 \ge z_2], \qquad \mathrm{d}z_2 = \mathrm{d}f \, [z_1 < z_2]

.. math:: \mathrm{d}w_k = x^T \mathrm{d}z_k, \qquad \mathrm{d}b_k = \sum_n \mathrm{d}z_{k,n}, \qquad
          \mathrm{d}x = \mathrm{d}z_1 w_1^T + \mathrm{d}z_2 w_2^T

Exactly one piece carries the whole upstream gradient of an entry, and it is linear there: nothing saturates
and nothing dies. A tie goes wholly to the first piece; to give it to both would count it twice.

ReLU is the special case :math:`w_2 = 0, b_2 = 0`, leaky ReLU is :math:`w_2 = 0.01 w_1, b_2 = 0.01 b_1`. The
price is twice the parameters of a plain linear unit.

Source: I. Goodfellow, D. Warde-Farley, M. Mirza, A. Courville and Y. Bengio, "Maxout Networks" (2013).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._arrays import Floats, as_floats, as_upstream, quiet


class Cache(NamedTuple):
    """What the backward pass reads: references, so change the arrays in place only after it."""

    x: Floats
    w1: Floats
    w2: Floats
    first: NDArray[np.bool_]


@quiet
def maxout_forward(x: ArrayLike, w1: ArrayLike, b1: ArrayLike, w2: ArrayLike, b2: ArrayLike) -> tuple[Floats, Cache]:
    """Take the larger of two affine functions, unit by unit.

    Parameters
    ----------
    x : array_like, shape (N, D)
        One example a row.
    w1, w2 : array_like, shape (D, M)
        The weights of the two pieces.
    b1, b2 : array_like, shape (M,)
        Their biases.

    Returns
    -------
    out : array, shape (N, M)
    cache
        For `maxout_backward`.

    Examples
    --------
    With these weights it is the ReLU.

    >>> out, cache = maxout_forward([[-2.0], [3.0]], w1=[[1.0]], b1=[0.0], w2=[[0.0]], b2=[0.0])
    >>> out.ravel()
    array([0., 3.])
    """
    x, w1, w2 = as_floats(x), as_floats(w1, "w1"), as_floats(w2, "w2")
    z1 = x @ w1 + as_floats(b1, "b1")
    z2 = x @ w2 + as_floats(b2, "b2")
    return np.maximum(z1, z2), Cache(x, w1, w2, z1 >= z2)


@quiet
def maxout_backward(dout: ArrayLike, cache: Cache) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Send the upstream gradient through the winning pieces of `maxout_forward`.

    Parameters
    ----------
    dout : array_like, shape (N, M)
        The upstream gradient.
    cache
        From `maxout_forward`.

    Returns
    -------
    dx : array, shape (N, D)
    dw1 : array, shape (D, M)
    db1 : array, shape (M,)
    dw2 : array, shape (D, M)
    db2 : array, shape (M,)

    Examples
    --------
    >>> out, cache = maxout_forward([[-2.0], [3.0]], w1=[[1.0]], b1=[0.0], w2=[[0.0]], b2=[0.0])
    >>> dx, dw1, db1, dw2, db2 = maxout_backward([[1.0], [1.0]], cache)
    >>> dx.ravel(), dw1.ravel(), db1, dw2.ravel(), db2
    (array([0., 1.]), array([3.]), array([1.]), array([-2.]), array([1.]))
    """
    dout = as_upstream(dout, cache.first.shape)
    dz1 = np.where(cache.first, dout, 0)
    dz2 = np.where(cache.first, 0, dout)
    dx = dz1 @ cache.w1.T + dz2 @ cache.w2.T
    return dx, cache.x.T @ dz1, dz1.sum(axis=0), cache.x.T @ dz2, dz2.sum(axis=0)
