r"""Statistics of a table that can be merged: those of two parts give those of the whole, in one pass over the data.

With counts :math:`n_a, n_b`, :math:`n = n_a + n_b`, and :math:`\delta = \mu_b - \mu_a`,

.. math:: \mu = \mu_a + \frac{n_b}{n} \delta, \qquad
          s^2 = \frac{n_a s_a^2 + n_b s_b^2}{n} + \frac{n_a n_b}{n^2} \delta^2

.. math:: R^T R = R_a^T R_a + R_b^T R_b + \frac{n_a n_b}{n} \delta \delta^T

The deviations from the mean of the whole are those from the mean of the part, moved by a constant; the mixed terms
vanish, because deviations sum to zero. No square is subtracted from another, and so nothing cancels: the sum of the
squares minus the square of the sum, in one pass as well, loses all digits of data far from the origin.

* Means are kept as a sum of two numbers, as in `_moments`.
* Spreads are merged by `hypot`, so that no square leaves the range of a double.
* Of the deviations the factor `R` of a QR decomposition is kept, which has their singular values. It is that of the
  two factors and of :math:`\sqrt{n_a n_b / n} \, \delta`, one under the other. Their product, the covariance matrix,
  is never formed; in it a singular value of relative size :math:`10^{-8}` would be lost.

Sources: T. Chan, G. Golub and R. LeVeque, "Algorithms for Computing the Sample Variance" (1983); J. Demmel, L.
Grigori, M. Hoemmen and J. Langou, "Communication-optimal parallel and sequential QR and LU factorizations" (2012).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from .._arrays import Floats, as_doubles
from .._moments import center_of, rms_of

HUGE = 2.0**900
"""Magnitude from which lengths are measured in multiples of it, so that no sum of squares of them overflows."""


class Summary(Protocol):
    """What a step learns from a table, in any precision, and from another summary."""

    @classmethod
    def of(cls, table: Floats) -> Self:
        """Return the summary of a table of shape (n, d)."""

    def merged(self, other: Self) -> Self:
        """Return the summary of both tables together."""


@dataclass(frozen=True, slots=True)
class Center:
    """How many rows there were, and their mean: ``origin + offset``."""

    count: int
    origin: Floats
    offset: Floats

    @classmethod
    def of(cls, table: Floats) -> Self:
        """Return the summary of a table of shape (n, d)."""
        return cls(len(table), *center_of(as_doubles(table)))

    @property
    def mean(self) -> Floats:
        """The mean, rounded to one number a column."""
        return self.origin + self.offset

    def to(self, other: Center, unit: float = 1.0) -> Floats:
        """Return how far the mean of `other` lies from this one, in multiples of `unit`, a power of two."""
        return (other.origin / unit - self.origin / unit) + (other.offset / unit - self.offset / unit)

    def merged(self, other: Self) -> Self:
        """Return the summary of both tables together."""
        count = self.count + other.count
        origin, offset = self.origin, self.offset + other.count / count * self.to(other)
        far = ~np.isfinite(offset)
        if far.any():
            plain = self.count / count * self.mean + other.count / count * other.mean
            origin, offset = np.where(far, 0.0, origin), np.where(far, plain, offset)
        return type(self)(count, origin, offset)

    def deviations(self, table: Floats, unit: float = 1.0) -> Floats:
        """Return the rows without the mean, in double precision, in multiples of `unit`, a power of two."""
        if unit == 1:
            return as_doubles(table) - self.origin - self.offset
        scaled: Floats = as_doubles(table) / unit - self.origin / unit - self.offset / unit
        return scaled

    def back(self, rows: Floats) -> Floats:
        """Undo `deviations`."""
        return as_doubles(rows) + self.offset + self.origin


@dataclass(frozen=True, slots=True)
class Spread:
    """The mean, and the root mean square deviation from it."""

    center: Center
    rms: Floats

    @classmethod
    def of(cls, table: Floats) -> Self:
        """Return the summary of a table of shape (n, d)."""
        center = Center.of(table)
        rms = rms_of(center.deviations(table))
        if not np.isfinite(rms).all():
            rms = np.where(np.isfinite(rms), rms, 2 * rms_of(center.deviations(table, 2)))
        return cls(center, rms)

    def merged(self, other: Self) -> Self:
        """Return the summary of both tables together."""
        center = self.center.merged(other.center)
        a, b = self.center.count / center.count, other.center.count / center.count
        within = np.hypot(math.sqrt(a) * self.rms, math.sqrt(b) * other.rms)
        apart = 2 * math.sqrt(a * b) * self.center.to(other.center, 2)
        return type(self)(center, np.hypot(within, apart))


@dataclass(frozen=True, slots=True)
class Extent:
    """The smallest and the largest value."""

    low: Floats
    high: Floats

    @classmethod
    def of(cls, table: Floats) -> Self:
        """Return the summary of a table of shape (n, d)."""
        rows = as_doubles(table)
        return cls(rows.min(axis=0), rows.max(axis=0))

    def merged(self, other: Self) -> Self:
        """Return the summary of both tables together."""
        return type(self)(np.minimum(self.low, other.low), np.maximum(self.high, other.high))


@dataclass(frozen=True, slots=True)
class Scatter:
    """The mean, the factor ``R`` of the deviations from it, each column's largest magnitude, the data's precision.

    The factor is in multiples of `unit`: 1, or a power of two where squares and sums of the data leave the range.
    """

    center: Center
    root: Floats
    peaks: Floats
    precision: float
    unit: float = 1.0

    @classmethod
    def of(cls, table: Floats) -> Self:
        """Return the summary of a table of shape (n, d)."""
        center, peaks = Center.of(table), np.abs(as_doubles(table)).max(axis=0)
        unit = HUGE if peaks.max() > HUGE else 1.0
        root = _factor(center.deviations(table, unit))
        return cls(center, root, peaks, float(np.finfo(table.dtype).eps), unit)

    def merged(self, other: Self) -> Self:
        """Return the summary of both tables together."""
        center = self.center.merged(other.center)
        unit = max(self.unit, other.unit)
        share = math.sqrt(self.center.count / center.count * other.center.count)
        parts = self.root * (self.unit / unit), other.root * (other.unit / unit)
        root = _factor(np.vstack([*parts, share * self.center.to(other.center, unit)]))
        precision = max(self.precision, other.precision)
        return type(self)(center, root, np.maximum(self.peaks, other.peaks), precision, unit)

    @property
    def blur(self) -> Floats:
        """How long a column of nothing but rounding errors can be: half a unit in the last place in every row."""
        return math.sqrt(self.center.count) * self.precision / 2 * (self.peaks / self.unit)

    @property
    def visible(self) -> Floats:
        """``R`` with zeros for the columns that do not vary by more than their own rounding."""
        lengths = rms_of(self.root) * math.sqrt(len(self.root))
        return self.root * (lengths > self.blur)


def _factor(rows: Floats) -> Floats:
    """Return the triangular factor of the rows, or the rows where there are no more of them than of columns."""
    if len(rows) <= rows.shape[1]:
        return rows
    factor: Floats = np.linalg.qr(rows).R
    return factor
