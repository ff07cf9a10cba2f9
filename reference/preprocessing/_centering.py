r"""Centering: every feature gets zero mean.

.. math:: z = x - \mu, \qquad \mu = \frac{1}{n} \sum_i x_i \quad \text{over the training data}

The mean is kept as a sum of two numbers, the first training example and an offset from it, and both are
subtracted in turn. A mean that is rounded to one number leaves a remainder as large as the last digit of the
data's offset; this way the remainder has the size of the last digit of the data's spread.

Source: Y. LeCun, L. Bottou, G. Orr and K.-R. Müller, "Efficient BackProp" (1998), section 4.3.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from .._arrays import Floats, quiet
from ._step import Step
from ._summary import Center
from ._table import new_table

TRAITS: dict[str, object] = {"centers": True, "chunks": True}


class Centering(Step[Center]):
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

    _kind = Center

    @quiet
    def transform(self, x: ArrayLike) -> Floats:
        """Subtract the training means from `x`, shape (n, d)."""
        table = new_table(x, self)
        return self._center.deviations(table).astype(table.dtype)

    @quiet
    def inverse_transform(self, z: ArrayLike) -> Floats:
        """Add the training means back to `z`, shape (n, d)."""
        table = new_table(z, self, "z")
        return self._center.back(table).astype(table.dtype)

    def _learn(self, summary: Center) -> None:
        self._center, self.mean_ = summary, summary.mean
        self.n_features_in_ = len(self.mean_)
