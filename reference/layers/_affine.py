r"""The affine layer: every output is a weighted sum of all inputs.

.. math:: y = x w + b, \qquad y_{nm} = \sum_d x_{nd} w_{dm} + b_m

.. math:: \mathrm{d}x = g w^T, \qquad \mathrm{d}w = x^T g, \qquad \mathrm{d}b_m = \sum_n g_{nm}

Each follows from the index form: :math:`\partial y_{nm} / \partial x_{nd} = w_{dm}`, summed over the outputs `m`
that :math:`x_{nd}` reaches, and likewise for :math:`w_{dm}` over the examples `n`. The bias is added to every
example, so its gradient is the sum over them.

The rows of :math:`\mathrm{d}w` that belong to all-positive inputs have the signs of the upstream: all weights of
a unit then move in one direction at a time.

Source: D. Rumelhart, G. Hinton and R. Williams, "Learning representations by back-propagating errors" (1986).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_floats, as_upstream, quiet


class Cache(NamedTuple):
    """What the backward pass reads: references, so change the arrays in place only after it."""

    x: Floats
    w: Floats
    b: Floats


@quiet
def affine_forward(x: ArrayLike, w: ArrayLike, b: ArrayLike) -> tuple[Floats, Cache]:
    """Multiply by `w` and add `b`.

    Parameters
    ----------
    x : array_like, shape (..., D)
        One example a row.
    w : array_like, shape (D, M)
        Weights.
    b : array_like, shape (M,)
        Biases.

    Returns
    -------
    out : array, shape (..., M)
    cache
        For `affine_backward`.

    Raises
    ------
    ValueError
        The shapes do not fit.

    Examples
    --------
    >>> out, cache = affine_forward([[1.0, 2.0]], [[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]], [0.0, 0.0, 10.0])
    >>> out
    array([[ 1.,  2., 11.]])
    """
    x, w, b = as_floats(x), as_floats(w, "w"), as_floats(b, "b")
    if w.ndim != 2 or x.ndim < 1 or x.shape[-1] != w.shape[0] or b.shape != w.shape[1:]:
        raise ValueError(
            f"x has shape {x.shape}, w has shape {w.shape}, b has shape {b.shape}; "
            "they must fit (..., D), (D, M), (M,)"
        )
    return np.asarray(x @ w + b), Cache(x, w, b)


@quiet
def affine_backward(dout: ArrayLike, cache: Cache) -> tuple[Floats, Floats, Floats]:
    """Send the upstream gradient through `affine_forward`.

    Parameters
    ----------
    dout : array_like, shape (..., M)
        The upstream gradient.
    cache
        From `affine_forward`.

    Returns
    -------
    dx : array, shape (..., D)
    dw : array, shape (D, M)
    db : array, shape (M,)
        Each in the precision of what it is the gradient of.

    Examples
    --------
    >>> out, cache = affine_forward([[1.0, 2.0]], [[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]], [0.0, 0.0, 10.0])
    >>> dx, dw, db = affine_backward([[1.0, 1.0, 1.0]], cache)
    >>> dx, db
    (array([[0., 2.]]), array([1., 1., 1.]))
    """
    x, w, b = cache
    dout = as_upstream(dout, (*x.shape[:-1], w.shape[1]))
    rows, examples = dout.reshape(-1, w.shape[1]), x.reshape(-1, len(w))
    dx, dw, db = dout @ w.T, examples.T @ rows, as_doubles(rows).sum(axis=0)
    return dx.astype(x.dtype), dw.astype(w.dtype), db.astype(b.dtype)
