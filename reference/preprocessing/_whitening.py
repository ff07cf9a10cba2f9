r"""Whitening: uncorrelated features of equal variance.

With the components :math:`V` and standard deviations :math:`s` of a principal component analysis,

.. math:: z_{\text{PCA}} = (x - \mu) \, V \operatorname{diag}(1/s), \qquad
          z_{\text{ZCA}} = (x - \mu) \, V \operatorname{diag}(1/s) \, V^T

Both have the identity for covariance:
:math:`\operatorname{diag}(1/s) V^T \Sigma V \operatorname{diag}(1/s) = I`, and so has every rotation of them.
The PCA form gives one output a component. The ZCA form rotates back: its matrix is symmetric,
:math:`\Sigma^{-1/2}`, and among all whitenings it stays closest to the input, so that a whitened image still
looks like one.

Directions in which the training data do not vary cannot be whitened; they are left out. The covariance of the
ZCA form is then the projection onto the retained directions.

*Shrinkage.* Where examples are few, small variances are estimated too small, and whitening blows up noise. They are
then pulled towards the mean variance :math:`\bar\lambda`:

.. math:: \Sigma' = (1 - \alpha) \Sigma + \alpha \bar\lambda I, \qquad
          s_j' = \sqrt{(1 - \alpha) s_j^2 + \alpha \bar\lambda}, \qquad
          \bar\lambda = \frac{1}{d} \operatorname{tr} \Sigma

With :math:`\alpha = 0` this is whitening, with :math:`\alpha = 1` one common scale for all directions.

Sources: A. Bell and T. Sejnowski, "The 'independent components' of natural scenes are edge filters" (1997);
A. Kessy, A. Lewin and K. Strimmer, "Optimal Whitening and Decorrelation" (2018); O. Ledoit and M. Wolf, "A
well-conditioned estimator for large-dimensional covariance matrices" (2004).
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, quiet
from .._moments import rms_of
from .._options import fraction
from ._pca import PCA
from ._step import Step
from ._summary import Scatter
from ._table import finite, new_table

TRAITS: dict[str, object] = {"centers": True, "decorrelates": True, "whitens": True, "chunks": True}
"""Of the PCA form. The ZCA form has `symmetric` too."""


class Whitening(Step[Scatter]):
    """Rotate centered data onto its principal components and divide each by its standard deviation.

    Parameters
    ----------
    form
        ``"pca"``: the components are the outputs. ``"zca"``: rotate back to the original features.
    n_components
        How many directions to keep at most; None keeps all that the rank of the training data supports.
    shrinkage
        How far variances are pulled towards their mean, in [0, 1]; 0 whitens.

    Attributes
    ----------
    pca_ : PCA
        Fitted to the training data; its `components_` span the retained subspace.
    scale_ : array, shape (k,)
        Standard deviations along the components (divisor n - 1, as in scikit-learn), shrunk, in the units of `x`.
    matrix_ : array, shape (d, k), or (d, d) for ZCA
        The linear map, in the reciprocal of the units of `x`: ``z = (x - mean_) @ matrix_``.
    mean_ : array, shape (d,)
        In the units of `x`.
    n_features_in_ : int
        The width `d` of the training data.

    Examples
    --------
    >>> x = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 20.0], [2.0, 20.0]])
    >>> z = Whitening("zca").fit(x).transform(x)
    >>> np.allclose(np.cov(z.T), np.eye(2))
    True
    """

    _kind = Scatter

    def __init__(
        self, form: Literal["pca", "zca"] = "pca", *, n_components: int | None = None, shrinkage: float = 0.0
    ) -> None:
        if form not in ("pca", "zca"):
            raise ValueError(f"form={form!r} is not a form of whitening; the forms are 'pca' and 'zca'")
        self.form = form
        self.n_components = n_components
        self.shrinkage = fraction("shrinkage", shrinkage)
        self.pca_ = PCA(n_components)

    @quiet
    def transform(self, x: ArrayLike) -> Floats:
        """Whiten `x`, shape (n, d); shape (n, k) in the PCA form, (n, d) in the ZCA form."""
        table = new_table(x, self)
        z = self._center.deviations(table, self._unit) @ self.pca_.components_.T / self._scale
        return (z if self.form == "pca" else z @ self.pca_.components_).astype(table.dtype)

    @quiet
    def inverse_transform(self, z: ArrayLike) -> Floats:
        """Undo `transform` on the retained subspace; returns shape (n, d)."""
        table = new_table(z, self, "z", self.matrix_.shape[1] if hasattr(self, "matrix_") else None)
        rows = as_doubles(table)
        rows = rows if self.form == "pca" else rows @ self.pca_.components_.T
        return self.pca_.inverse_transform(rows * self.scale_).astype(table.dtype)

    def _readable(self, table: Floats) -> Floats:
        return finite(table, self)

    def _learn(self, summary: Scatter) -> None:
        self.pca_ = PCA(self.n_components).take(summary)
        self._center, self._unit = summary.center, summary.unit
        self.mean_, self.n_features_in_ = self.pca_.mean_, self.pca_.n_features_in_
        n, d = max(self.pca_.n_samples_ - 1, 1), self.n_features_in_
        root = summary.visible
        common = rms_of(root.reshape(-1, 1)) * math.sqrt(root.size / n / d)
        own, alpha = self.pca_.values_ / math.sqrt(n), self.shrinkage
        self._scale: Floats = np.hypot(math.sqrt(1 - alpha) * own, math.sqrt(alpha) * common)
        self.scale_: Floats = self._scale * summary.unit
        self.matrix_ = self._matrix()

    def _matrix(self) -> Floats:
        """Return the linear map; for ZCA as a product with its own transpose, which rounds symmetrically."""
        if self.form == "pca":
            return self.pca_.components_.T / self.scale_
        half = self.pca_.components_.T / np.sqrt(self.scale_)
        return half @ half.T
