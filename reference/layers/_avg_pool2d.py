r"""Average pooling: the mean of each window.

.. math:: y_{nco} = \frac{1}{K_h K_w} \sum_i x_{n, c, \, s o + i - p}

.. math:: \mathrm{d}x_{nch} = \frac{1}{K_h K_w} \sum_{o \,:\, h \text{ lies in the window } o} g_{nco}

Every entry of a window has the same share in it. Padding counts as zeros, so that the divisor is the same
everywhere and the layer is linear.

Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to Document Recognition"
(1998), without its trained weights.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_upstream, quiet
from ._windows import Geometry, Pair, as_images, collect, pooling, windows


class Cache(NamedTuple):
    """What the input looked like: a linear layer needs nothing else."""

    shape: Geometry
    images: tuple[int, ...]
    dtype: np.dtype[Any]


@quiet
def avg_pool2d_forward(
    x: ArrayLike, *, size: Pair = 2, stride: Pair | None = None, padding: Pair = 0
) -> tuple[Floats, Cache]:
    """Take the mean of each window.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W)
        Images.
    size
        Of a window in pixels: one number or (height, width).
    stride
        Distance of windows; None for `size`, so that they do not overlap.
    padding
        Zeros on each side, fewer than `size`; they count in the mean.

    Returns
    -------
    out : array, shape (N, C, OH, OW), precision of `x`
    cache
        For `avg_pool2d_backward`.

    Raises
    ------
    ValueError
        `x` holds no images, an option is out of range, or no window fits.

    Examples
    --------
    >>> out, cache = avg_pool2d_forward([[[[1.0, 5.0, 2.0], [3.0, 3.0, 0.0]]]], size=2, stride=1)
    >>> out
    array([[[[3. , 2.5]]]])
    """
    x = as_images(x)
    shape = pooling(size, stride, padding)
    means = windows(as_doubles(x), shape).mean(axis=(2, 3))
    return means.astype(x.dtype), Cache(shape, x.shape, x.dtype)


@quiet
def avg_pool2d_backward(dout: ArrayLike, cache: Cache) -> Floats:
    """Send the upstream gradient through `avg_pool2d_forward`.

    Parameters
    ----------
    dout : array_like, shape (N, C, OH, OW)
        The upstream gradient.
    cache
        From `avg_pool2d_forward`.

    Returns
    -------
    array, shape (N, C, H, W), precision of `x`

    Examples
    --------
    >>> out, cache = avg_pool2d_forward([[[[1.0, 5.0, 2.0], [3.0, 3.0, 0.0]]]], size=2, stride=1)
    >>> avg_pool2d_backward([[[[4.0, 8.0]]]], cache)
    array([[[[1., 3., 2.],
             [1., 3., 2.]]]])
    """
    shape, images, dtype = cache
    g = as_doubles(as_upstream(dout, (*images[:2], *shape.many((images[2], images[3])))))
    share = (g / (shape.kernel[0] * shape.kernel[1]))[:, :, np.newaxis, np.newaxis]
    each = np.broadcast_to(share, (*images[:2], *shape.kernel, *g.shape[2:]))
    return collect(each, shape, images).astype(dtype)
