r"""Normalizing: every feature gets zero mean and unit variance.

.. math:: z = \frac{x - \mu}{s}, \qquad s^2 = \frac{1}{n} \sum_i (x_i - \mu)^2
          \quad \text{over the training data}

The variance is the biased one (divisor `n`), as in scikit-learn's `StandardScaler`. A feature that is constant
in the training data has no spread to divide by; its scale is 1, and it comes out as 0.

Source: Y. LeCun, L. Bottou, G. Orr and K.-R. Müller, "Efficient BackProp" (1998), section 4.3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, quiet
from ._step import Step
from ._summary import Spread
from ._table import new_table

TRAITS: dict[str, object] = {"centers": True, "scales": True, "chunks": True}


class Normalizing(Step[Spread]):
    """Subtract the training data's mean and divide by its standard deviation, feature by feature.

    Attributes
    ----------
    mean_, scale_ : arrays, shape (d,)
        In the units of `x`; the scale of a constant feature is 1.
    n_features_in_ : int
        The width `d` of the training data.

    Examples
    --------
    >>> step = Normalizing().fit([[1.0, 7.0], [5.0, 7.0]])
    >>> step.scale_
    array([2., 1.])
    >>> step.transform([[7.0, 7.0]])
    array([[2., 0.]])
    """

    _kind = Spread

    @quiet
    def transform(self, x: ArrayLike) -> Floats:
        """Apply the training statistics to `x`, shape (n, d)."""
        table = new_table(x, self)
        z = self._center.deviations(table) / self.scale_
        if not np.isfinite(z).all():  # a difference may leave the range, of which the ratio is within
            z = np.where(np.isfinite(z), z, self._center.deviations(table, 2) / self.scale_ * 2)
        return z.astype(table.dtype)

    @quiet
    def inverse_transform(self, z: ArrayLike) -> Floats:
        """Undo `transform` for `z`, shape (n, d)."""
        table = new_table(z, self, "z")
        return self._center.back(as_doubles(table) * self.scale_).astype(table.dtype)

    def _learn(self, summary: Spread) -> None:
        self._center, self.mean_ = summary.center, summary.center.mean
        self.scale_ = np.where(summary.rms == 0, 1.0, summary.rms)
        self.n_features_in_ = len(self.mean_)
