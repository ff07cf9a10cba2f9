r"""Min-max scaling: every feature of the training data fills one interval.

.. math:: z = a + (b - a) \frac{x - \min}{\max - \min}, \qquad
          \min, \max \text{ over the training data}

Both are of half the values, whose difference cannot overflow. A feature that is constant in the training data has no
extent to divide by; its scale is 1, and it comes out as `a`. Later data may leave the interval.

Source: C. Bishop, "Neural Networks for Pattern Recognition" (1995), section 8.2, on rescaling inputs.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, quiet
from ._step import Step
from ._summary import Extent
from ._table import new_table

TRAITS: dict[str, object] = {"range": (0.0, 1.0), "chunks": True}


class MinMax(Step[Extent]):
    """Map the range of the training data onto one interval, feature by feature.

    Parameters
    ----------
    low, high
        The interval, ``low < high``.

    Attributes
    ----------
    min_, max_ : arrays, shape (d,)
        Of the training data, in the units of `x`.
    scale_ : array, shape (d,)
        Half of the extent of each feature, in the units of `x`; 1/2 for a constant one.
    n_features_in_ : int
        The width `d` of the training data.

    Examples
    --------
    >>> step = MinMax().fit([[1.0, 7.0], [5.0, 7.0]])
    >>> step.transform([[2.0, 7.0], [7.0, 7.0]])
    array([[0.25, 0.  ],
           [1.5 , 0.  ]])
    """

    _kind = Extent

    def __init__(self, low: float = 0.0, high: float = 1.0) -> None:
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"low={low!r}, high={high!r} must be finite, low below high")
        self.low, self.high = float(low), float(high)

    @quiet
    def transform(self, x: ArrayLike) -> Floats:
        """Apply the training range to `x`, shape (n, d)."""
        table = new_table(x, self)
        share = (as_doubles(table) / 2 - self.min_ / 2) / self.scale_
        return (self.low + (self.high - self.low) * share).astype(table.dtype)

    @quiet
    def inverse_transform(self, z: ArrayLike) -> Floats:
        """Undo `transform` for `z`, shape (n, d)."""
        table = new_table(z, self, "z")
        share = (as_doubles(table) - self.low) / (self.high - self.low)
        return (2 * (share * self.scale_ + self.min_ / 2)).astype(table.dtype)

    def _learn(self, summary: Extent) -> None:
        self.min_, self.max_ = summary.low, summary.high
        extent = self.max_ / 2 - self.min_ / 2
        self.scale_ = np.where(extent == 0, 0.5, extent)
        self.n_features_in_ = len(self.min_)
