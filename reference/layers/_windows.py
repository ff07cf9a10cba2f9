r"""Windows that slide over images, and the way back.

Along one axis, with a kernel of `k` entries, stride `s`, padding `p` on both sides and dilation `d`, the window at
`o` sees the positions :math:`s o + d i - p` for :math:`i < k`, and there are

.. math:: \Bigl\lfloor \frac{H + 2p - d(k - 1) - 1}{s} \Bigr\rfloor + 1

windows. Forward, a window is a view: nothing is copied. Backward, a position collects from every window that saw
it; the loop runs over the entries of the kernel, since for one of them the positions are all different.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_floats
from .._options import is_whole

Pair = int | tuple[int, int]


class Geometry(NamedTuple):
    """Heights and widths of the kernel, the stride, the padding and the dilation."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]

    def many(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return how many windows fit, along each axis of images of that size.

        Raises
        ------
        ValueError
            None fits.
        """
        reach = [d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True)]
        high, wide = (
            (n + 2 * p - r) // s + 1 for n, p, r, s in zip(size, self.padding, reach, self.stride, strict=True)
        )
        if min(high, wide) < 1:
            raise ValueError(
                f"images of {size[0]} by {size[1]} with padding {self.padding} are smaller than a window of "
                f"{reach[0]} by {reach[1]}"
            )
        return high, wide

    def places(self, i: int, j: int, count: tuple[int, int]) -> tuple[slice, slice]:
        """Return where entry (i, j) of the kernel falls in the padded images, window by window."""
        starts = (i * self.dilation[0], j * self.dilation[1])
        high, wide = (slice(at, at + s * (n - 1) + 1, s) for at, s, n in zip(starts, self.stride, count, strict=True))
        return high, wide


def geometry(kernel: Pair, stride: Pair, padding: Pair, dilation: Pair = 1) -> Geometry:
    """Return checked pairs; a single number stands for both axes.

    Raises
    ------
    ValueError
        One of them is too small, or not a pair.
    """
    return Geometry(
        pair("kernel", kernel), pair("stride", stride), pair("padding", padding, 0), pair("dilation", dilation)
    )


def pooling(size: Pair, stride: Pair | None, padding: Pair) -> Geometry:
    """Return the checked geometry of a pooling layer, whose windows by default lie side by side.

    Raises
    ------
    ValueError
        An option is out of range, or a window could lie in the padding altogether.
    """
    shape = geometry(size, size if stride is None else stride, padding)
    if any(p >= k for p, k in zip(shape.padding, shape.kernel, strict=True)):
        raise ValueError(f"padding={padding!r} must be less than size={size!r}: every window must see the image")
    return shape


def pair(name: str, value: Pair, least: int = 1) -> tuple[int, int]:
    """Return `value` as (height, width)."""
    both = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(both) != 2 or any(not is_whole(v) or v < least for v in both):
        raise ValueError(f"{name}={value!r} must be a whole number, at least {least}, or a pair of them")
    return int(both[0]), int(both[1])


def windows(x: Floats, shape: Geometry, fill: float = 0.0) -> Floats:
    """Return what each entry of the kernel sees: shape (N, C, KH, KW, OH, OW), a view of the padded images."""
    high, wide = shape.many(x.shape[2:4])
    (p, q), (kh, kw), (dh, dw) = shape.padding, shape.kernel, shape.dilation
    if p or q:
        x = np.pad(x, ((0, 0), (0, 0), (p, p), (q, q)), constant_values=fill)
    reach = (dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    seen = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(2, 3))
    seen = seen[:, :, :: shape.stride[0], :: shape.stride[1], ::dh, ::dw][:, :, :high, :wide]
    return seen.transpose(0, 1, 4, 5, 2, 3)


def collect(shares: Floats, shape: Geometry, images: tuple[int, ...]) -> Floats:
    """Return, for each position of the images, the sum of what its windows send; the adjoint of `windows`.

    Parameters
    ----------
    shares : array, shape (N, C, KH, KW, OH, OW)
        What each entry of the kernel sends back.
    shape
        As forward.
    images
        The shape (N, C, H, W) of the result.
    """
    (p, q), count = shape.padding, shape.many((images[2], images[3]))
    total: Floats = np.zeros((*images[:2], images[2] + 2 * p, images[3] + 2 * q), shares.dtype)
    for i, j in np.ndindex(*shape.kernel):
        high, wide = shape.places(i, j, count)
        total[:, :, high, wide] += shares[:, :, i, j]
    return total[:, :, p : p + images[2], q : q + images[3]]


def as_images(x: ArrayLike) -> Floats:
    """Return `x` as an array of shape (N, C, H, W).

    Raises
    ------
    ValueError
        It has another shape, or its numbers are not real.
    """
    images = as_floats(x)
    if images.ndim != 4:
        raise ValueError(f"x has shape {images.shape}; images are needed, shape (N, C, H, W)")
    return images
