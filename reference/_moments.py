r"""Mean and spread, without loss of digits and without leaving the range of a double.

.. math:: \mu = o + \delta, \qquad o = x_0, \qquad \delta = \frac{1}{n} \sum_i (x_i - o)

Rounded to one number, the mean of data around 10^8 is off by 10^-8, and the centered data inherit that.
Measured from the first entry :math:`o`, all that remains has the size of the data's own spread: subtracting
:math:`o` is nearly exact, :math:`\delta` is as precise as the spread allows, and constant data give
exact zeros.

.. math:: \sqrt{\frac{1}{n} \sum_i z_i^2} = m \sqrt{\frac{1}{n} \sum_i \Bigl( \frac{z_i}{m} \Bigr)^2}, \qquad
          m = \max_i |z_i|

The squares of numbers beyond 10^154 overflow, and those of numbers below 10^-162 vanish; relative to the largest,
neither happens. That takes two passes more, and only data whose plain mean square is near the ends of the range
need them. Sums and differences of numbers near 10^308 overflow as well; where one has, it is taken again of numbers
divided by a power of two, which changes no digit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ._arrays import Floats, quiet

Axes = tuple[int, ...]

SAFE = (1e-280, 1e300)
"""Mean squares between which no square has overflowed, and none that mattered has vanished."""


def origin_of(x: Floats, axes: Axes) -> Floats:
    """Return the first entry along `axes`, which keep the length 1; 0 where there is none."""
    first = x[tuple(slice(1) if axis in axes else slice(None) for axis in range(x.ndim))]
    origin: Floats = first.sum(axis=axes, keepdims=True, dtype=_double(x))
    return origin


def center_of(rows: Floats) -> tuple[Floats, Floats]:
    """Return the columns' mean as ``(origin, offset)``; it is the sum of the two.

    Parameters
    ----------
    rows : array, shape (n, d)
        In double precision; ``n == 0`` gives zeros.

    Returns
    -------
    origin, offset : arrays, shape (d,)
        In the units of `rows`.

    Examples
    --------
    >>> origin, offset = center_of(np.array([[1e8], [1e8 + 1], [1e8 + 2]]))
    >>> float(origin[0]), float(offset[0])
    (100000000.0, 1.0)
    """
    origin = origin_of(rows, (0,))[0]
    offset: Floats = (rows - origin).sum(axis=0) / max(len(rows), 1)
    far = ~np.isfinite(offset)
    if far.any():  # as far apart as numbers can be: then measuring from 0 loses nothing
        origin[far], offset[far] = 0.0, mean_of(rows[:, far], (0,))
    return origin, offset


@quiet
def mean_of(x: Floats, axes: Axes) -> Floats:
    """Return the plain mean along `axes`, which are dropped; its sum may exceed the range, 0 where there is none.

    Examples
    --------
    >>> float(mean_of(np.array([1e308, 1e308, 1e308]), (0,)))
    1e+308
    """
    total: Floats = x.sum(axis=axes) / count_along(x, axes)
    if np.isfinite(total).all():
        return total
    power = count_along(x, axes).bit_length()
    scaled: Floats = np.ldexp(np.ldexp(x, -power).sum(axis=axes) / count_along(x, axes), power)
    return np.where(np.isfinite(total), total, scaled)


@quiet
def weighted_sum(weight: float, x: Floats) -> Any:
    """Return ``weight * sum(x)`` of numbers of one sign, where the sum alone may exceed the range.

    Examples
    --------
    >>> float(weighted_sum(1e-300, np.array([1e308, 1e308])))
    200000000.0
    """
    total = x.sum()
    if np.isfinite(total):
        return weight * total
    power = x.size.bit_length()
    return np.ldexp(weight * np.ldexp(x, -power).sum(), power)


@quiet
def weighted_squares(weight: float, x: Floats) -> Any:
    """Return ``weight * sum(x**2)``, where the sum alone may exceed the range or vanish.

    Examples
    --------
    >>> float(weighted_squares(1e-300, np.array([1e200])))
    1e+100
    """
    total = np.square(x).sum()
    if SAFE[0] < total < SAFE[1]:
        return weight * total
    mantissa, power = math.frexp(weight)
    _, unit = np.frexp(np.abs(x).max(initial=0.0))
    return np.ldexp(mantissa * np.square(np.ldexp(x, -unit)).sum(), power + 2 * int(unit))


@quiet
def rms_of(deviations: Floats, axes: Axes = (0,)) -> Floats:
    """Return the root mean square along `axes`, which are dropped.

    Parameters
    ----------
    deviations : array, shape (n, d) or any other
        In double precision; no entry gives zeros.
    axes
        Along which the mean is taken: by default, of each column.

    Returns
    -------
    array, shape (d,), or of what is left
        In the units of `deviations`.

    Examples
    --------
    >>> float(rms_of(np.array([[3e200], [-3e200]]))[0])
    3e+200
    """
    square: Floats = np.square(deviations).sum(axis=axes) / count_along(deviations, axes)
    if ((square > SAFE[0]) & (square < SAFE[1])).all():
        return np.sqrt(square)
    peak = np.abs(deviations).max(axis=axes, keepdims=True, initial=0.0)
    unit = np.where(peak == 0, 1.0, peak)
    square = np.square(deviations / unit).sum(axis=axes) / count_along(deviations, axes)
    return unit.reshape(square.shape) * np.sqrt(square)


def count_along(x: Floats, axes: Axes) -> int:
    """Return how many entries a statistic along `axes` is of; 1 where there is none."""
    return max(math.prod(int(x.shape[axis]) for axis in axes), 1)


def _double(x: Floats) -> np.dtype[Any]:
    return np.promote_types(x.dtype, np.float64)
