r"""Convolution: the same weighted sum at every position.

.. math:: y_{nfo} = b_f + \sum_{c, i} w_{fci} \; x_{n, c, \, s o + d i - p}

with `o` and `i` standing for both axes, stride `s`, dilation `d`, and zeros outside of the image for the padding
`p`. (As everywhere in this trade, the kernel is not flipped: it is a cross-correlation.)

Written as a matrix, with one column for each window that the kernel sees, it is a product:

.. math:: Y_n = W X_n + b, \qquad W : (F, \; C K_h K_w), \quad X_n : (C K_h K_w, \; O_h O_w)

.. math:: \mathrm{d}W = \sum_n G_n X_n^T, \qquad \mathrm{d}X_n = W^T G_n, \qquad
          \mathrm{d}b_f = \sum_{n, o} g_{nfo}

The columns overlap, so what comes back for them is added up where they came from:
:math:`\mathrm{d}x_{nch}` collects from all pairs (o, i) with :math:`s o + d i - p = h`.

With `groups`, filters and channels are split alike, and each group of filters sees its own channels only.

Sources: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to Document Recognition"
(1998); K. Chellapilla, S. Puri and P. Simard, "High Performance Convolutional Neural Networks for Document
Processing" (2006), for the matrix form.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_floats, as_upstream, quiet
from .._options import is_whole
from ._windows import Geometry, Pair, as_images, collect, geometry, windows


class Cache(NamedTuple):
    """What the backward pass reads; of `x` and `b` only shape and precision, of `w` the reference."""

    columns: Floats
    x: Floats
    w: Floats
    b: Floats
    shape: Geometry


@quiet
def conv2d_forward(
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> tuple[Floats, Cache]:
    """Slide the kernels `w` over the images `x`.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W)
        Images.
    w : array_like, shape (F, C / groups, KH, KW)
        One kernel for each of the F filters.
    b : array_like, shape (F,)
        Biases.
    stride, padding, dilation
        Distance of windows, zeros on each side, distance of the entries of the kernel: in pixels, one number or
        (height, width).
    groups
        Into how many parts channels and filters are split; it divides both.

    Returns
    -------
    out : array, shape (N, F, OH, OW)
    cache
        For `conv2d_backward`.

    Raises
    ------
    ValueError
        The shapes do not fit, an option is out of range, or no window fits into the images.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> out, cache = conv2d_forward(x, [[[[1.0, 0.0], [0.0, -1.0]]]], [10.0])
    >>> out
    array([[[[6., 6.],
             [6., 6.]]]])
    """
    x, w, b = as_images(x), as_floats(w, "w"), as_floats(b, "b")
    groups = _groups(x, w, b, groups)
    shape = geometry((w.shape[2], w.shape[3]), stride, padding, dilation)
    seen = windows(x, shape)
    high, wide = seen.shape[4:]
    columns = seen.reshape(len(x), groups, math.prod(w.shape[1:]), high * wide)
    out = (w.reshape(groups, len(w) // groups, -1) @ columns).reshape(len(x), len(w), high, wide)
    return out + b[:, np.newaxis, np.newaxis], Cache(columns, x, w, b, shape)


@quiet
def conv2d_backward(dout: ArrayLike, cache: Cache) -> tuple[Floats, Floats, Floats]:
    """Send the upstream gradient through `conv2d_forward`.

    Parameters
    ----------
    dout : array_like, shape (N, F, OH, OW)
        The upstream gradient.
    cache
        From `conv2d_forward`.

    Returns
    -------
    dx : array, shape (N, C, H, W)
    dw : array, shape (F, C / groups, KH, KW)
    db : array, shape (F,)
        Each in the precision of what it is the gradient of.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> out, cache = conv2d_forward(x, [[[[1.0, 0.0], [0.0, -1.0]]]], [10.0])
    >>> dx, dw, db = conv2d_backward(np.ones((1, 1, 2, 2)), cache)
    >>> dx[0, 0]
    array([[ 1.,  1.,  0.],
           [ 1.,  0., -1.],
           [ 0., -1., -1.]])
    >>> dw.ravel(), db
    (array([ 8., 12., 20., 24.]), array([4.]))
    """
    columns, x, w, b, shape = cache
    n, groups, _, positions = columns.shape
    high, wide = shape.many((x.shape[2], x.shape[3]))
    g = as_upstream(dout, (n, len(w), high, wide)).reshape(n, groups, len(w) // groups, positions)
    dw = (g @ columns.swapaxes(2, 3)).sum(axis=0).reshape(w.shape)
    shares = w.reshape(groups, len(w) // groups, -1).swapaxes(1, 2) @ g
    dx = collect(shares.reshape(n, x.shape[1], *shape.kernel, high, wide), shape, x.shape)
    db = g.sum(axis=(0, 3), dtype=np.promote_types(g.dtype, np.float64)).reshape(b.shape)
    return dx.astype(x.dtype), dw.astype(w.dtype), db.astype(b.dtype)


def _groups(x: Floats, w: Floats, b: Floats, groups: int) -> int:
    """Return `groups` where everything fits."""
    if not is_whole(groups) or groups < 1 or x.shape[1] % groups or (w.ndim and len(w) % groups):
        raise ValueError(
            f"groups={groups!r} must divide the {x.shape[1]} channels of x and the filters of w, of shape {w.shape}"
        )
    if w.ndim != 4 or w.shape[1] * groups != x.shape[1] or b.shape != w.shape[:1]:
        raise ValueError(
            f"x has shape {x.shape}, w has shape {w.shape}, b has shape {b.shape} with groups={groups}; "
            "they must fit (N, C, H, W), (F, C / groups, KH, KW), (F,)"
        )
    return groups
