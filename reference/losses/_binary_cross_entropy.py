r"""Binary cross-entropy of the sigmoid of a score.

.. math:: \ell = -t \log \sigma(z) - (1 - t) \log \sigma(-z)
          = t \, \zeta(-z) + (1 - t) \, \zeta(z), \qquad
          \zeta(z) = \log(1 + e^z) = \max(z, 0) + \log(1 + e^{-|z|})

Both terms are nonnegative for :math:`t \in [0, 1]`, and no exponent is above 0: nothing overflows, and a score
that is sure and right has a loss of :math:`e^{-|z|}` with all of its digits. The well-known
:math:`\max(z, 0) - z t + \log(1 + e^{-|z|})` is the same sum in an order that cancels.

.. math:: \frac{\partial \ell}{\partial z} = \sigma(z) - t = (1 - t) \, \sigma(z) - t \, \sigma(-z)

The second form keeps the digits that the first loses where the sigmoid rounds to 1.

Source: D. R. Cox, "The Regression Analysis of Binary Sequences" (1958).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_floats, quiet
from ._probabilities import as_probabilities
from ._reduction import Reduction, reduced, spread


@quiet
def binary_cross_entropy_with_logits(
    prediction: ArrayLike, target: ArrayLike, *, reduction: Reduction = "mean"
) -> Any:
    """Return the cross-entropy between `target` and the sigmoid of `prediction`.

    Parameters
    ----------
    prediction : array_like, any shape
        Scores before the sigmoid; infinities are allowed.
    target : array_like, shape of `prediction`
        The probability of "yes", in [0, 1]: mostly 0 or 1.
    reduction
        ``"mean"`` over all entries, ``"sum"``, or ``"none"``: shape of `prediction`.

    Returns
    -------
    number or array, in nats, in the precision of `prediction`

    Raises
    ------
    ValueError
        The shapes differ, or a target is no probability.

    Examples
    --------
    >>> float(binary_cross_entropy_with_logits([0.0], [1]))  # log 2
    0.6931471805599453
    >>> binary_cross_entropy_with_logits([1000.0, -100.0], [0, 0], reduction="none")
    array([1.00000000e+03, 3.72007598e-44])
    """
    scores = as_floats(prediction, "prediction")
    z, t = as_doubles(scores), as_probabilities(target, scores)
    losses = _weighted(t, _softplus(-z)) + _weighted(1 - t, _softplus(z))
    return reduced(losses, reduction, scores.dtype)


@quiet
def binary_cross_entropy_with_logits_grad(
    prediction: ArrayLike, target: ArrayLike, *, reduction: Reduction = "mean"
) -> Floats:
    """Differentiate `binary_cross_entropy_with_logits` by `prediction`.

    Parameters
    ----------
    prediction : array_like, any shape
        Scores before the sigmoid.
    target : array_like, shape of `prediction`
        The probability of "yes", in [0, 1].
    reduction
        As there; for ``"none"``, each entry is the derivative of its own loss.

    Returns
    -------
    array, shape and precision of `prediction`

    Examples
    --------
    >>> binary_cross_entropy_with_logits_grad([0.0, 100.0], [1, 1], reduction="sum")
    array([-5.00000000e-01, -3.72007598e-44])
    """
    scores = as_floats(prediction, "prediction")
    z, t = as_doubles(scores), as_probabilities(target, scores)
    gradient = (1 - t) * _sigmoid(z) - t * _sigmoid(-z)
    return spread(gradient, scores.size, reduction, scores.dtype)


def _softplus(z: Floats) -> Floats:
    """Return log(1 + e^z)."""
    value: Floats = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
    return value


def _sigmoid(z: Floats) -> Floats:
    """Return 1 / (1 + e^-z) from the power that cannot overflow."""
    power = np.exp(-np.abs(z))
    value: Floats = np.where(z < 0, power, 1) / (1 + power)
    return value


def _weighted(weight: Floats, loss: Floats) -> Floats:
    """Return the product, 0 where the weight is 0 and the loss infinite."""
    return np.where((weight == 0) & np.isinf(loss), 0, weight * loss)
