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

from .._arrays import Floats, as_doubles, as_floats, quiet
from ._classes import as_labels, as_scores, put_at_labels
from ._reduction import Reduction, reduced, spread


@quiet
def softmax_cross_entropy(prediction: ArrayLike, target: ArrayLike, *, reduction: Reduction = "mean") -> Any:
    """Return the cross-entropy between `target` and the softmax of `prediction`.

    Parameters
    ----------
    prediction : array_like, shape (..., C)
        Scores before the softmax, one a class on the last axis.
    target : array_like of integers, shape (...), or of numbers, shape (..., C)
        The true class of each row, in [0, C), or the probability of each class.
    reduction
        ``"mean"`` over the rows, ``"sum"``, or ``"none"``: shape (...).

    Returns
    -------
    number or array, in nats, in the precision of `prediction`

    Raises
    ------
    ValueError
        A label is not a class, or the shapes do not fit.

    Examples
    --------
    Without a preference, the loss of C classes is log C.

    >>> float(softmax_cross_entropy(np.zeros((4, 10)), [3, 1, 4, 1]))  # log 10
    2.302585092994046
    >>> float(softmax_cross_entropy([[100.0, 0.0]], [0]))
    3.720075976020836e-44
    """
    scores = as_scores(prediction)
    weights = _weights(target, scores)
    below, powers = _powers(as_doubles(scores))
    surprise = np.log1p(_but_largest(powers)) - below
    losses = np.where(weights == 0, 0, weights * surprise).sum(axis=-1)
    return reduced(losses, reduction, scores.dtype)


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
    weights = _weights(target, scores)
    _, powers = _powers(as_doubles(scores))
    total = powers.sum(axis=-1, keepdims=True)
    gradient = (powers * _others(weights) - weights * _others(powers)) / total
    return spread(gradient, scores.size // scores.shape[-1], reduction, scores.dtype)


def _weights(target: ArrayLike, scores: Floats) -> Floats:
    """Return the weight of each class in the loss of each row, in double precision."""
    if np.shape(target) == scores.shape:
        return as_doubles(as_floats(target, "target"))
    weights: Floats = np.zeros(scores.shape)
    put_at_labels(weights, as_labels(target, scores), np.ones(()))
    return weights


def _powers(z: Floats) -> tuple[Floats, Floats]:
    """Return the distance of each score to the largest of its row, and e to that power; equals stay equal at inf."""
    largest = z.max(axis=-1, keepdims=True)
    below = np.where(z == largest, 0, z - largest)
    return below, np.exp(below) * (1 + _rounding(z, largest, below))


def _rounding(z: Floats, largest: Floats, below: Floats) -> Floats:
    """Return what the difference `below` has lost, exactly (Knuth): a power is as wrong as its exponent."""
    back = below - z
    lost: Floats = (z - (below - back)) - (largest + back)
    return np.where(np.isfinite(lost), lost, 0)


def _but_largest(x: Floats) -> Floats:
    """Return the sum of each row without its largest entry; shape (..., 1)."""
    rest = x.copy()
    np.put_along_axis(rest, np.abs(x).argmax(axis=-1, keepdims=True), 0, axis=-1)
    total: Floats = rest.sum(axis=-1, keepdims=True)
    return total


def _others(x: Floats) -> Floats:
    """Return for each entry the sum of the others of its row, which for the largest must not be a difference."""
    others: Floats = x.sum(axis=-1, keepdims=True) - x
    np.put_along_axis(others, np.abs(x).argmax(axis=-1, keepdims=True), _but_largest(x), axis=-1)
    return others
