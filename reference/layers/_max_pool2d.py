r"""Max pooling: the largest entry of each window.

.. math:: y_{nco} = \max_i x_{n, c, \, s o + i - p}

.. math:: \mathrm{d}x_{nch} = \sum_{o \,:\, h \text{ wins the window } o} g_{nco}

The whole upstream gradient of a window goes to the entry that won it. Where several are equal there is a kink, and
the first of them in reading order gets all; to give it to each would count it twice. Windows may overlap, and an
entry collects from all that it wins. Padding never wins, not even where all that a window sees is minus infinity.

Source: K. Yamaguchi, K. Sakamoto, T. Akabane and Y. Fujimoto, "A Neural Network for Speaker-Independent Isolated
Word Recognition" (1990).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arrays import Floats, as_doubles, as_upstream, quiet
from ._windows import Geometry, Pair, as_images, collect, pooling, windows


class Cache(NamedTuple):
    """Which entry won each window, by its number in the window, and what the input looked like."""

    winner: NDArray[np.intp]
    shape: Geometry
    images: tuple[int, ...]
    dtype: np.dtype[Any]


@quiet
def max_pool2d_forward(
    x: ArrayLike, *, size: Pair = 2, stride: Pair | None = None, padding: Pair = 0
) -> tuple[Floats, Cache]:
    """Take the maximum of each window.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W)
        Images.
    size
        Of a window in pixels: one number or (height, width).
    stride
        Distance of windows; None for `size`, so that they do not overlap.
    padding
        On each side, less than `size`, so that every window sees the image.

    Returns
    -------
    out : array, shape (N, C, OH, OW), precision of `x`
    cache
        For `max_pool2d_backward`.

    Raises
    ------
    ValueError
        `x` holds no images, an option is out of range, or no window fits.

    Examples
    --------
    >>> out, cache = max_pool2d_forward([[[[1.0, 5.0, 2.0], [3.0, 4.0, 0.0]]]], size=2, stride=1)
    >>> out
    array([[[[5., 5.]]]])
    """
    x = as_images(x)
    shape = pooling(size, stride, padding)
    seen = _entries(windows(x, shape, fill=-np.inf))
    out, winner = seen.max(axis=0), seen.argmax(axis=0)
    if any(shape.padding) and (out == -np.inf).any():
        inside = _entries(windows(np.ones((1, 1, *x.shape[2:])), shape)).argmax(axis=0)
        winner = np.where(out == -np.inf, inside, winner)
    return out, Cache(winner, shape, x.shape, x.dtype)


@quiet
def max_pool2d_backward(dout: ArrayLike, cache: Cache) -> Floats:
    """Send the upstream gradient through `max_pool2d_forward`.

    Parameters
    ----------
    dout : array_like, shape (N, C, OH, OW)
        The upstream gradient.
    cache
        From `max_pool2d_forward`.

    Returns
    -------
    array, shape (N, C, H, W), precision of `x`

    Examples
    --------
    >>> out, cache = max_pool2d_forward([[[[1.0, 5.0, 2.0], [3.0, 4.0, 0.0]]]], size=2, stride=1)
    >>> max_pool2d_backward([[[[1.0, 10.0]]]], cache)
    array([[[[ 0., 11.,  0.],
             [ 0.,  0.,  0.]]]])
    """
    winner, shape, images, dtype = cache
    g = as_doubles(as_upstream(dout, winner.shape))
    entries = np.arange(shape.kernel[0] * shape.kernel[1]).reshape(*shape.kernel, 1, 1)
    won = winner[:, :, np.newaxis, np.newaxis] == entries
    return collect(np.where(won, g[:, :, np.newaxis, np.newaxis], 0), shape, images).astype(dtype)


def _entries(seen: Floats) -> Floats:
    """Return what windows see entry after entry of the window: shape (KH KW, N, C, OH, OW)."""
    n, c, kh, kw, high, wide = seen.shape
    return np.moveaxis(seen, (2, 3), (0, 1)).reshape(kh * kw, n, c, high, wide)
