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

    def to(self, other: Center) -> Floats:
        """Return how far the mean of `other` lies from this one."""
        return (other.origin - self.origin) + (other.offset - self.offset)

    def merged(self, other: Self) -> Self:
        """Return the summary of both tables together."""
        count = self.count + other.count
        return type(self)(count, self.origin, self.offset + other.count / count * self.to(other))

    def deviations(self, table: Floats) -> Floats:
        """Return the rows without the mean, in double precision."""
        return as_doubles(table) - self.origin - self.offset

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
        return cls(center, rms_of(center.deviations(table)))

    def merged(self, other: Self) -> Self:
        """Return the summary of both tables together."""
        center = self.center.merged(other.center)
        a, b = self.center.count / center.count, other.center.count / center.count
        within = np.hypot(math.sqrt(a) * self.rms, math.sqrt(b) * other.rms)
        return type(self)(center, np.hypot(within, math.sqrt(a * b) * self.center.to(other.center)))


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
    """The mean, the factor ``R`` of the deviations from it, each column's largest magnitude, the data's precision."""

    center: Center
    root: Floats
    peaks: Floats
    precision: float

    @classmethod
    def of(cls, table: Floats) -> Self:
        """Return the summary of a table of shape (n, d)."""
        center = Center.of(table)
        root = _factor(center.deviations(table))
        return cls(center, root, np.abs(as_doubles(table)).max(axis=0), float(np.finfo(table.dtype).eps))

    def merged(self, other: Self) -> Self:
        """Return the summary of both tables together."""
        center = self.center.merged(other.center)
        apart = math.sqrt(self.center.count / center.count * other.center.count) * self.center.to(other.center)
        root = _factor(np.vstack([self.root, other.root, apart]))
        precision = max(self.precision, other.precision)
        return type(self)(center, root, np.maximum(self.peaks, other.peaks), precision)

    @property
    def blur(self) -> Floats:
        """How long a column of nothing but rounding errors can be: half a unit in the last place in every row."""
        return math.sqrt(self.center.count) * self.precision / 2 * self.peaks

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
