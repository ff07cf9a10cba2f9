r"""Centering: every feature gets zero mean.

.. math:: z = x - \mu, \qquad \mu = \frac{1}{n} \sum_i x_i \quad \text{over the training data}

The mean is kept as a sum of two numbers, the first training example and an offset from it, and both are
subtracted in turn. A mean that is rounded to one number leaves a remainder as large as the last digit of the
data's offset; this way the remainder has the size of the last digit of the data's spread.

Source: Y. LeCun, L. Bottou, G. Orr and K.-R. Müller, "Efficient BackProp" (1998), section 4.3.
"""

from __future__ import annotations

from typing import Self

from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, quiet
from .._moments import center_of
from ._table import new_table, training_table

TRAITS: dict[str, object] = {"centers": True}


class Centering:
    """Subtract the mean of the training data, feature by feature.

    Attributes
    ----------
    mean_ : array, shape (d,)
        In the units of `x`.
    n_features_in_ : int
        The width `d` of the training data.

    Examples
    --------
    >>> step = Centering().fit([[1.0, 10.0], [3.0, 30.0]])
    >>> step.mean_
    array([ 2., 20.])
    >>> step.transform([[2.0, 25.0]])
    array([[0., 5.]])
    """

    @quiet
    def fit(self, x: ArrayLike) -> Self:
        """Learn the means from training data of shape (n, d)."""
        table = as_doubles(training_table(x))
        self._origin, self._offset = center_of(table)
        self.mean_: Floats = self._origin + self._offset
        self.n_features_in_ = table.shape[1]
        return self

    @quiet
    def transform(self, x: ArrayLike) -> Floats:
        """Subtract the training means from `x`, shape (n, d)."""
        table = new_table(x, self)
        return (as_doubles(table) - self._origin - self._offset).astype(table.dtype)

    @quiet
    def inverse_transform(self, z: ArrayLike) -> Floats:
        """Add the training means back to `z`, shape (n, d)."""
        table = new_table(z, self, "z")
        return (as_doubles(table) + self._offset + self._origin).astype(table.dtype)
