r"""Max-norm: a bound on the length of each unit's weights, kept by projection.

.. math:: P(w) = w \, \min \Bigl(1, \frac{c}{\lVert w \rVert} \Bigr)

It is applied after an update, to the incoming weights of each unit: the columns of a matrix of shape
(fan_in, fan_out). What is inside the ball stays, bit for bit; what is outside goes to the nearest point of it.
So the weights cannot explode, however large the learning rate.

Backward, outside of the ball, with :math:`u = w / \lVert w \rVert`,

.. math:: \mathrm{d}w = \frac{c}{\lVert w \rVert} \bigl( g - u \, (u \cdot g) \bigr)

It is orthogonal to `w`: a change of length is undone by the projection. On the sphere itself there is a kink;
the derivative taken there is that of the inside.

Source: N. Srebro and A. Shraibman, "Rank, Trace-Norm and Max-Norm" (2005).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_floats, as_upstream, positive, quiet

Axis = int | tuple[int, ...] | None


@quiet
def max_norm(w: ArrayLike, limit: float, *, axis: Axis = 0) -> Floats:
    """Shorten the weights of each unit to the Euclidean length `limit`, where they are longer.

    Parameters
    ----------
    w : array_like, any shape
        Weights, such as (fan_in, fan_out).
    limit
        Above 0, in the units of the weights.
    axis
        The axes along which the weights of one unit lie: 0 for (fan_in, fan_out), (1, 2, 3) for convolution kernels
        (filters, channels, height, width), None for a single bound on the whole array.

    Returns
    -------
    array, shape and precision of `w`

    Raises
    ------
    ValueError
        `limit` is not a finite number above 0, or `w` has no such axis.

    Examples
    --------
    >>> max_norm([[3.0, 0.3], [4.0, 0.4]], 1.0)
    array([[0.6, 0.3],
           [0.8, 0.4]])
    """
    weights, limit = as_floats(w, "w"), positive("limit", limit)
    direction, length = _polar(as_doubles(weights), axis)
    return np.where(length > limit, direction * limit, weights).astype(weights.dtype)


@quiet
def max_norm_vjp(dout: ArrayLike, w: ArrayLike, limit: float, *, axis: Axis = 0) -> Floats:
    """Send an upstream gradient through `max_norm`.

    Parameters
    ----------
    dout : array_like, shape of `w`
        The upstream gradient.
    w : array_like, any shape
        Weights.
    limit
        Above 0, in the units of the weights.
    axis
        The axes along which the weights of one unit lie.

    Returns
    -------
    array, shape and precision of `w`

    Examples
    --------
    >>> max_norm_vjp([[1.0, 1.0], [0.0, 0.0]], [[3.0, 0.3], [4.0, 0.4]], 1.0).round(3)
    array([[ 0.128,  1.   ],
           [-0.096,  0.   ]])
    """
    weights, limit = as_floats(w, "w"), positive("limit", limit)
    g = as_doubles(as_upstream(dout, weights.shape))
    direction, length = _polar(as_doubles(weights), axis)
    along = (direction * g).sum(axis=axis, keepdims=True)
    dw = np.where(length > limit, limit / length * (g - direction * along), g)
    return dw.astype(weights.dtype)


def _polar(w: Floats, axis: Axis) -> tuple[Floats, Floats]:
    """Return direction and length; relative to the largest entry, no square leaves the range of a double."""
    try:
        peak = np.abs(w).max(axis=axis, keepdims=True, initial=0.0)
    except (np.exceptions.AxisError, TypeError):
        raise ValueError(f"axis={axis!r} is no axis of w, which has shape {w.shape}") from None
    unit = np.where(peak == 0, 1.0, peak)
    relative = np.sqrt(np.square(w / unit).sum(axis=axis, keepdims=True))
    return w / unit / np.where(relative == 0, 1.0, relative), unit * relative
