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

from .._arrays import Floats, as_doubles, quiet
from .._blocks import blocks
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
        losses[k] = _loss(as_doubles(rows[k]), targets[k])
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
        gradient[k] = spread(_gradient(as_doubles(rows[k]), targets[k]), len(rows), reduction, scores.dtype)
    return gradient.reshape(scores.shape)


def _rows(scores: Floats, target: ArrayLike) -> tuple[Floats, Any]:
    """Return the scores as a table, and beside its rows labels, shape (n,), or shares of the classes, (n, C)."""
    rows = scores.reshape(-1, scores.shape[-1])
    if np.shape(target) == scores.shape:
        return rows, as_shares(target, scores).reshape(rows.shape)
    return rows, as_labels(target, scores).reshape(-1)


def _loss(z: Floats, targets: Any) -> Floats:
    """Return the loss of each row."""
    below, powers = _powers(z)
    tail = np.log1p(_but_largest(powers, below))
    if targets.ndim == 1:
        return np.asarray((tail - at_labels(below, targets))[:, 0])
    return np.asarray(np.where(targets == 0, 0, targets * (tail - below)).sum(axis=1))


def _gradient(z: Floats, targets: Any) -> Floats:
    """Return the gradient of the loss of each row."""
    below, powers = _powers(z)
    total = powers.sum(axis=1, keepdims=True)
    if targets.ndim == 2:
        return np.asarray((powers * _others(targets, targets) - targets * _others(powers, below)) / total)
    leading = at_labels(below, targets) == 0
    others = np.where(leading, _but_largest(powers, below), total - at_labels(powers, targets))
    powers /= total
    put_at_labels(powers, targets, -others / total)
    return powers


def _powers(z: Floats) -> tuple[Floats, Floats]:
    """Return the distance of each score to the largest of its row, and e to that power; equals stay equal at inf.

    A power is as wrong as its exponent: what the difference has lost by rounding is found exactly (Knuth), and the
    power corrected by it.
    """
    largest = z.max(axis=-1, keepdims=True)
    below = z - largest
    back = below - z
    lost = z - (below - back)
    lost -= np.add(back, largest, out=back)
    if not np.isfinite(below).all():
        lost[~np.isfinite(lost)] = 0
        below = np.where(z == largest, 0, below)
    powers: Floats = np.exp(below)
    powers += np.multiply(lost, powers, out=lost)
    return below, powers


def _but_largest(x: Floats, order: Floats) -> Floats:
    """Return the sum of each row without the entry that comes first in `order`; shape (..., 1)."""
    rest = x.copy()
    np.put_along_axis(rest, order.argmax(axis=-1)[..., np.newaxis], 0, axis=-1)
    total: Floats = rest.sum(axis=-1, keepdims=True)
    return total


def _others(x: Floats, order: Floats) -> Floats:
    """Return for each entry the sum of the others of its row, which for the largest must not be a difference."""
    others: Floats = x.sum(axis=-1, keepdims=True) - x
    np.put_along_axis(others, order.argmax(axis=-1)[..., np.newaxis], _but_largest(x, order), axis=-1)
    return others
