r"""Principal component analysis: uncorrelated features, the most variable first.

.. math:: X - \mu = U S V^T, \qquad z = (x - \mu) V_k, \qquad x \approx z V_k^T + \mu

The rows of :math:`V_k^T` are orthonormal, and the covariance of the output is diagonal and sorted:
:math:`\operatorname{cov}(z) = S_k^2 / (n - 1)`. The decomposition is taken of the data, or of the triangular
factor that stands for them, never of their covariance matrix, in which a singular value of relative size
:math:`10^{-8}` would already be lost.

*Rank.* A direction is kept if its singular value exceeds what rounding alone could have made of nothing:

.. math:: S_j > \varepsilon \, \Bigl( \max(n, d) \, S_1 + \sqrt n \sum_c |V_{cj}| \max_i |X_{ic}| \Bigr)

with :math:`\varepsilon` the precision of the data as given. The first term is the decomposition's own error,
the second the error with which data far from the origin can be stored at all: each column by itself, so that one
far away does not hide the others. A column that varies by no more than :math:`\varepsilon / 2` of its largest entry
counts as constant beforehand, and its noise does not mix with the rest.

*Sign.* Singular vectors come in pairs of opposite sign. The entry of largest magnitude in each component is
made positive, as scikit-learn does.

Source: K. Pearson, "On Lines and Planes of Closest Fit to Systems of Points in Space" (1901).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, quiet
from .._options import is_whole
from ._step import Step
from ._summary import Scatter
from ._table import finite, new_table

TRAITS: dict[str, object] = {"centers": True, "decorrelates": True, "chunks": True}


class PCA(Step[Scatter]):
    """Rotate centered data onto its principal components.

    Parameters
    ----------
    n_components
        How many to keep at most; None keeps all that the rank of the training data supports.

    Attributes
    ----------
    rank_ : int
        The rank of the centered training data, by the threshold above.
    components_ : array, shape (k, d)
        Orthonormal rows, with ``k = min(n_components, rank_)``.
    singular_values_ : array, shape (k,)
        In the units of `x`, falling. `values_` has them as multiples of a power of two, which is 1 unless the data
        are so large that lengths leave the range of a double.
    explained_variance_ : array, shape (k,)
        The variances of the outputs (divisor n - 1, as in scikit-learn), in the units of `x` squared.
    mean_ : array, shape (d,)
        In the units of `x`.
    n_samples_, n_features_in_ : int
        The shape (n, d) of the training data.

    Examples
    --------
    >>> step = PCA().fit([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    >>> step.rank_, step.components_.round(3)
    (1, array([[0.6, 0.8]]))
    >>> step.transform([[6.0, 8.0]]).round(3)
    array([[5.]])
    """

    _kind = Scatter

    def __init__(self, n_components: int | None = None) -> None:
        if n_components is not None and not (is_whole(n_components) and n_components >= 1):
            raise ValueError(f"n_components={n_components!r} must be at least 1, or None for all")
        self.n_components = n_components

    @quiet
    def transform(self, x: ArrayLike) -> Floats:
        """Return the coordinates of `x`, shape (n, d), on the components; shape (n, k)."""
        table = new_table(x, self)
        scores = self._center.deviations(table, self._unit) @ self.components_.T
        return (scores * self._unit).astype(table.dtype)

    @quiet
    def inverse_transform(self, z: ArrayLike) -> Floats:
        """Return the points, shape (n, d), with coordinates `z`, shape (n, k)."""
        table = new_table(z, self, "z", len(self.components_) if hasattr(self, "components_") else None)
        return self._center.back(as_doubles(table) @ self.components_).astype(table.dtype)

    def _readable(self, table: Floats) -> Floats:
        return finite(table, self)

    def _learn(self, summary: Scatter) -> None:
        self._center, self.mean_, self._unit = summary.center, summary.center.mean, summary.unit
        n, d = self.n_samples_, self.n_features_in_ = summary.center.count, len(self.mean_)
        _, values, vectors = np.linalg.svd(summary.visible, full_matrices=False)
        kept = values > summary.precision * max(n, d) * values[0] + 2 * np.abs(vectors) @ summary.blur
        values, vectors = values[kept], vectors[kept]
        self.rank_ = len(values)
        k = self.rank_ if self.n_components is None else min(self.n_components, self.rank_)
        self.components_ = _with_positive_peaks(vectors[:k])
        self.values_: Floats = values[:k]
        self.singular_values_: Floats = self.values_ * self._unit
        self.explained_variance_: Floats = self.singular_values_**2 / max(n - 1, 1)


def _with_positive_peaks(vectors: Floats) -> Floats:
    """Return each row with the sign that makes its entry of largest magnitude positive."""
    peaks = np.abs(vectors).argmax(axis=1)
    return vectors * np.sign(np.take_along_axis(vectors, peaks[:, np.newaxis], axis=1))
