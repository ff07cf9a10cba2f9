r"""The hinge loss of a multi-class support vector machine.

.. math:: \ell = \sum_{j \ne y} \max(0, \, s_j - s_y + \Delta)

Every wrong class whose score comes within the margin :math:`\Delta` of the true one adds the shortfall. With
the violations :math:`v_j = [s_j - s_y + \Delta > 0]` of the classes :math:`j \ne y`,

.. math:: \frac{\partial \ell}{\partial s_j} = v_j, \qquad
          \frac{\partial \ell}{\partial s_y} = -\sum_{j \ne y} v_j

Each row of the gradient sums to zero: only differences of scores count. Where a class is exactly at the margin
the loss has a kink; the derivative taken there is 0, that of the satisfied side.

Source: J. Weston and C. Watkins, "Support Vector Machines for Multi-Class Pattern Recognition" (1999).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, positive, quiet
from ._classes import Labels, as_labels, as_scores, at_labels, put_at_labels
from ._reduction import Reduction, reduced, spread


@quiet
def hinge(prediction: ArrayLike, target: ArrayLike, *, margin: float = 1.0, reduction: Reduction = "mean") -> Any:
    """Return by how much the scores of wrong classes violate the margin.

    Parameters
    ----------
    prediction : array_like, shape (..., C)
        Scores, one a class on the last axis.
    target : array_like of integers, shape (...)
        The true class of each row, in [0, C).
    margin
        Above 0, in the units of the scores.
    reduction
        ``"mean"`` over the rows, ``"sum"``, or ``"none"``: shape (...).

    Returns
    -------
    number or array, in the units of the scores and the precision of `prediction`

    Raises
    ------
    ValueError
        A label is not a class, or the shapes do not fit.

    Examples
    --------
    >>> float(hinge([[3.2, 5.1, -1.7]], [0]).round(6))
    2.9
    """
    scores = as_scores(prediction)
    return reduced(_shortfalls(scores, as_labels(target, scores), margin).sum(axis=-1), reduction, scores.dtype)


@quiet
def hinge_grad(
    prediction: ArrayLike, target: ArrayLike, *, margin: float = 1.0, reduction: Reduction = "mean"
) -> Floats:
    """Differentiate `hinge` by `prediction`; 0 for a class that is exactly at the margin.

    Parameters
    ----------
    prediction : array_like, shape (..., C)
        Scores, one a class on the last axis.
    target : array_like of integers, shape (...)
        The true class of each row.
    margin
        Above 0, in the units of the scores.
    reduction
        As there; for ``"none"``, each row is the gradient of its own loss.

    Returns
    -------
    array, shape and precision of `prediction`

    Examples
    --------
    >>> hinge_grad([[3.2, 5.1, -1.7]], [0])
    array([[-1.,  1.,  0.]])
    """
    scores = as_scores(prediction)
    labels = as_labels(target, scores)
    gradient = np.heaviside(_shortfalls(scores, labels, margin), 0)
    put_at_labels(gradient, labels, -gradient.sum(axis=-1, keepdims=True))
    return spread(gradient, labels.size, reduction, scores.dtype)


def _shortfalls(scores: Floats, labels: Labels, margin: float) -> Floats:
    """Return by how much each wrong class violates the margin; 0 for the true one."""
    z = as_doubles(scores)
    found: Floats = np.maximum(0, z - at_labels(z, labels) + positive("margin", margin))
    put_at_labels(found, labels, np.zeros(()))
    return found
