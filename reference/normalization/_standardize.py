r"""What all normalizations share: values over their own spread, and the way back.

Along the axes over which statistics are taken,

.. math:: \hat x = \frac{x - \mu}{s}, \qquad s = \sqrt{v + \epsilon}, \qquad
          \mathrm{d}x = \frac{1}{s} \bigl( g - \bar g - \hat x \, \overline{g \hat x} \bigr)

with the gradient `g` of :math:`\hat x` and a bar for the mean, as `_batch_norm` derives. Where no mean is subtracted
its path is missing, and so is the term :math:`\bar g`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .._arrays import Floats, as_doubles
from .._blocks import blocks, workspace
from .._moments import Axes, count_along, origin_of, rms_of


class Standardized(NamedTuple):
    """The values, and what they were standardized by: arrays in double precision, of length 1 along the axes."""

    x_hat: Floats
    std: Floats
    mean: Floats
    spread: Floats


def standardize(x: Floats, axes: Axes, eps: float, *, centered: bool = True) -> Standardized:
    """Return `x` over its spread along `axes`.

    Parameters
    ----------
    x : array, any shape
        The input, in any precision.
    axes
        Along which statistics are taken.
    eps
        Added to the variance.
    centered
        Whether the mean is subtracted first.

    Where sums or differences leave the range, the answer is that for numbers divided by a power of two.
    """
    found = _standardized(x, axes, eps, centered=centered)
    lost = ~np.isfinite(found.spread)
    if not lost.any():
        return found
    unit = 2.0 ** -(2 + count_along(x, axes).bit_length())
    small = _standardized(np.where(lost, as_doubles(x), 0) * unit, axes, eps * unit**2, centered=centered)
    back = small._replace(std=small.std / unit, mean=small.mean / unit, spread=small.spread / unit)
    return Standardized(*(np.where(lost, again, first) for again, first in zip(back, found, strict=True)))


def _standardized(x: Floats, axes: Axes, eps: float, *, centered: bool) -> Standardized:
    double = np.promote_types(x.dtype, np.float64)
    origin = origin_of(x, axes) if centered else np.zeros((1,) * x.ndim, double)
    deviation: Floats = np.subtract(x, origin, dtype=double)
    offset = deviation.sum(axis=axes, keepdims=True) / count_along(x, axes) if centered else origin
    deviation -= offset
    spread = rms_of(deviation, axes).reshape([1 if axis in axes else n for axis, n in enumerate(x.shape)])
    std = np.hypot(spread, math.sqrt(eps))  # the root of the variance plus eps, also where the variance overflows
    deviation /= std
    return Standardized(deviation, std, origin + offset, spread)


def pull_back(
    g: Floats, x_hat: Floats, scale: Floats, mean_gx: Floats, mean_g: Floats, dtype: np.dtype[Any]
) -> Floats:
    """Return the gradient of the input.

    Parameters
    ----------
    g : array, shape of ``x_hat``
        The gradient of ``x_hat``, up to a factor that is the same along the axes.
    x_hat
        From `standardize`.
    scale
        That factor over the standard deviation.
    mean_gx, mean_g
        The means of ``g * x_hat`` and of `g` along the axes; 0 in place of the latter where no mean was subtracted.
    dtype
        The precision of the result.
    """
    dx, room = np.empty(g.shape, dtype), workspace(x_hat)
    shared = len(scale) == 1
    if shared and x_hat.ndim == 2:  # one row for all: repeated, it is read twice as fast
        mean_gx, mean_g, scale = (np.broadcast_to(row, room.shape).copy() for row in (mean_gx, mean_g, scale))
    for k in blocks(x_hat):
        mine = slice(k.stop - k.start) if shared else k
        part = np.multiply(x_hat[k], mean_gx[mine], out=room[: k.stop - k.start])
        part += mean_g[mine]
        np.subtract(as_doubles(g[k]), part, out=part)
        part *= scale[mine]
        dx[k] = part
    return dx
