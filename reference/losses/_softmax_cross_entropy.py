r"""Softmax cross-entropy: the surprise of a classifier at the true class.

.. math:: p_c = \frac{e^{z_c}}{\sum_k e^{z_k}}, \qquad
          \ell = -\sum_c t_c \log p_c, \qquad t = \text{one-hot of the label, or given probabilities}

With :math:`m = \max_k z_k`, attained at the class `a`,

.. math:: -\log p_c = (m - z_c) + \log \Bigl(1 + \sum_{k \ne a} e^{z_k - m} \Bigr)

Both terms are nonnegative, so nothing cancels. No exponent is above 0, so nothing overflows. What the difference
:math:`z_k - m` loses by rounding is added to the power again, as the factor that it is. The leading 1 is left to
`log1p`: where the classifier is sure and right, the loss is as small as :math:`e^{z_k - m}`, with all
of its digits, and not a rounded 0.

Backward, with :math:`\partial p_k / \partial z_c = p_k ([k = c] - p_c)`,

.. math:: \frac{\partial \ell}{\partial z_c} = p_c \sum_k t_k - t_c
          = p_c \sum_{k \ne c} t_k - t_c \sum_{k \ne c} p_k

The first form is the well-known :math:`p - t`, and cancels where the two agree: where the classifier is sure
and right, :math:`p_c - 1` has no digits left. In the second form the sums over all *other* classes keep them.

The gradient sums to zero over the classes: adding a constant to every score changes nothing.

Source: J. Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs" (1990).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, quiet
from .._blocks import blocks
from .._powers import but_largest, powers
from ._classes import as_labels, as_scores, at_labels, put_at_labels
from ._probabilities import as_shares
from ._reduction import Reduction, reduced, spread


@quiet
def softmax_cross_entropy(prediction: ArrayLike, target: ArrayLike, *, reduction: Reduction = "mean") -> Any:
    """Return the cross-entropy between `target` and the softmax of `prediction`.

    Parameters
    ----------
    prediction : array_like, shape (..., C)
        Scores before the softmax, one a class on the last axis.
    target : array_like of integers, shape (...), or of numbers, shape (..., C)
        The true class of each row, in [0, C), or the probability of each class; those of a row add up to 1.
    reduction
        ``"mean"`` over the rows, ``"sum"``, or ``"none"``: shape (...).

    Returns
    -------
    number or array, in nats, in the precision of `prediction`

    Raises
    ------
    ValueError
        A label is not a class, probabilities are none or do not add up to 1, or the shapes do not fit.

    Examples
    --------
    Without a preference, the loss of C classes is log C.

    >>> float(softmax_cross_entropy(np.zeros((4, 10)), [3, 1, 4, 1]))  # log 10
    2.302585092994046
    >>> float(softmax_cross_entropy([[100.0, 0.0]], [0]))
    3.720075976020836e-44
    """
    scores = as_scores(prediction)
    rows, targets = _rows(scores, target)
    losses: Floats = np.empty(len(rows), np.promote_types(scores.dtype, np.float64))
    for k in blocks(rows):
        losses[k] = _loss(rows[k], targets[k])
    return reduced(losses.reshape(scores.shape[:-1]), reduction, scores.dtype)


@quiet
def softmax_cross_entropy_grad(prediction: ArrayLike, target: ArrayLike, *, reduction: Reduction = "mean") -> Floats:
    """Differentiate `softmax_cross_entropy` by `prediction`.

    Parameters
    ----------
    prediction : array_like, shape (..., C)
        Scores before the softmax.
    target : array_like of integers, shape (...), or of numbers, shape (..., C)
        The true class of each row, or the probability of each class.
    reduction
        As there; for ``"none"``, each row is the gradient of its own loss.

    Returns
    -------
    array, shape and precision of `prediction`

    Examples
    --------
    >>> softmax_cross_entropy_grad([[0.0, 0.0]], [0])
    array([[-0.5,  0.5]])
    >>> softmax_cross_entropy_grad([[100.0, 0.0]], [0])
    array([[-3.72007598e-44,  3.72007598e-44]])
    """
    scores = as_scores(prediction)
    rows, targets = _rows(scores, target)
    gradient: Floats = np.empty(rows.shape, scores.dtype)
    for k in blocks(rows):
        gradient[k] = spread(_gradient(rows[k], targets[k]), len(rows), reduction, scores.dtype)
    return gradient.reshape(scores.shape)


def _rows(scores: Floats, target: ArrayLike) -> tuple[Floats, Any]:
    """Return the scores as a table, and beside its rows labels, shape (n,), or shares of the classes, (n, C)."""
    rows = scores.reshape(-1, scores.shape[-1])
    if np.shape(target) == scores.shape:
        return rows, as_shares(target, scores).reshape(rows.shape)
    return rows, as_labels(target, scores).reshape(-1)


def _loss(scores: Floats, targets: Any) -> Floats:
    """Return the loss of each row."""
    parts = powers(scores)
    tail = np.log1p(parts.others)
    if targets.ndim == 1:
        return np.asarray((tail - at_labels(parts.below, targets))[:, 0])
    return np.asarray(np.where(targets == 0, 0, targets * (tail - parts.below)).sum(axis=1))


def _gradient(scores: Floats, targets: Any) -> Floats:
    """Return the gradient of the loss of each row."""
    parts = powers(scores)
    shares, total = parts.powers, parts.powers.sum(axis=1, keepdims=True)
    if targets.ndim == 2:
        return np.asarray((shares * _others(targets, targets) - targets * _others(shares, parts.below)) / total)
    leading = at_labels(parts.below, targets) == 0
    others = np.where(leading, parts.others, total - at_labels(shares, targets))
    shares /= total
    put_at_labels(shares, targets, -others / total)
    return shares


def _others(x: Floats, order: Floats) -> Floats:
    """Return for each entry the sum of the others of its row, which for the largest must not be a difference."""
    others: Floats = x.sum(axis=-1, keepdims=True) - x
    np.put_along_axis(others, order.argmax(axis=-1)[..., np.newaxis], but_largest(x, order), axis=-1)
    return others
