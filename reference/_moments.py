r"""The mean and the spread of each column, without loss of digits and without leaving the range of a double.

.. math:: \mu = o + \delta, \qquad o = x_0, \qquad \delta = \frac{1}{n} \sum_i (x_i - o)

Rounded to one number, the mean of data around 10^8 is off by 10^-8, and the centered data inherit that.
Measured from the first row :math:`o`, all that remains has the size of the data's own spread: subtracting
:math:`o` is nearly exact, :math:`\delta` is as precise as the spread allows, and a constant column gives
exact zeros.

.. math:: \sqrt{\frac{1}{n} \sum_i z_i^2} = m \sqrt{\frac{1}{n} \sum_i \Bigl( \frac{z_i}{m} \Bigr)^2}, \qquad
          m = \max_i |z_i|

The squares of numbers beyond 10^154 overflow, and those of numbers below 10^-162 vanish; relative to the largest,
neither happens.
"""

from __future__ import annotations

import numpy as np

from ._arrays import Floats


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
    origin: Floats = rows[:1].sum(axis=0)  # the first row; zeros where there is none
    offset: Floats = (rows - origin).sum(axis=0) / max(len(rows), 1)
    return origin, offset


def rms_of(deviations: Floats) -> Floats:
    """Return the columns' root mean square.

    Parameters
    ----------
    deviations : array, shape (n, d)
        In double precision; ``n == 0`` gives zeros.

    Returns
    -------
    array, shape (d,)
        In the units of `deviations`.

    Examples
    --------
    >>> float(rms_of(np.array([[3e200], [-3e200]]))[0])
    3e+200
    """
    peak = np.abs(deviations).max(axis=0, initial=0.0)
    unit = np.where(peak == 0, 1.0, peak)
    rms: Floats = unit * np.sqrt(np.square(deviations / unit).sum(axis=0) / max(len(deviations), 1))
    return rms
