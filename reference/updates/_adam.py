r"""Adam: momentum over the root mean square of the gradients, both corrected for their start; and AdamW.

.. math:: m' = \beta_1 m + (1 - \beta_1) g, \qquad r' = \sqrt{\beta_2 r^2 + (1 - \beta_2) g^2}

.. math:: \hat m = \frac{m'}{1 - \beta_1^t}, \qquad \hat r = \frac{r'}{\sqrt{1 - \beta_2^t}}, \qquad
          w' = w - \eta \frac{\hat m}{\hat r + \epsilon}

Both means begin at 0. After `t` steps their weights sum to :math:`1 - \beta^t`, and division by it makes means of
them again. The first step is thus :math:`\eta g / (|g| + \epsilon)`, of length :math:`\eta` in every direction
whatever the size of the gradient, and scaling all gradients by `c` changes no step.

.. math:: w' = (1 - \eta \lambda) w - \eta \frac{\hat m}{\hat r + \epsilon} \quad \text{(AdamW)}

An L2 penalty in the gradient would be divided by :math:`\hat r` like the rest of it, and pull least where gradients
are large. AdamW decays the weights beside the step, all in the same proportion.

The root is kept in place of the mean square, so that no square leaves the range of a double.

Sources: D. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization" (2014); I. Loshchilov and F. Hutter,
"Decoupled Weight Decay Regularization" (2017).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, positive, quiet
from .._options import nonnegative
from ._step import decay, resumed, weights_and_gradient


class Moments(NamedTuple):
    """Steps so far, and the mean and root mean square of the gradients before their correction."""

    steps: int
    mean: Floats
    root: Floats


@quiet
def adam(
    w: ArrayLike,
    grad: ArrayLike,
    state: Moments | None = None,
    *,
    learning_rate: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Floats, Moments]:
    """Take a step of Adam.

    Parameters
    ----------
    w, grad : array_like, of one shape
        Weights, and the gradient of the loss at them.
    state
        What the last step returned; None begins without a past.
    learning_rate
        At least 0, in the units of the weights.
    beta1, beta2
        The shares of the past that mean and mean square keep, in [0, 1).
    eps
        Above 0, in the units of the gradient; only gradients of its size notice it.

    Returns
    -------
    w : array, shape and precision of `w`
    state : Moments

    Raises
    ------
    ValueError
        The shapes differ, a rate is out of range, or the state belongs to something else.

    Examples
    --------
    >>> w, state = adam([1.0, 1.0], [1e-3, -1e3], learning_rate=0.1)
    >>> w.round(3), state.steps
    (array([0.9, 1.1]), 1)
    """
    weights, g, dtype = weights_and_gradient(w, grad)
    rate, eps = nonnegative("learning_rate", learning_rate), positive("eps", eps)
    moments = _with(g, state, decay("beta1", beta1), decay("beta2", beta2))
    return (weights - rate * _direction(moments, beta1, beta2, eps)).astype(dtype), moments


@quiet
def adamw(
    w: ArrayLike,
    grad: ArrayLike,
    state: Moments | None = None,
    *,
    learning_rate: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> tuple[Floats, Moments]:
    """Take a step of Adam, and let the weights decay beside it.

    Parameters
    ----------
    w, grad : array_like, of one shape
        Weights, and the gradient of the loss at them, without any penalty.
    state
        What the last step returned; None begins without a past.
    learning_rate
        At least 0, in the units of the weights.
    beta1, beta2
        The shares of the past that mean and mean square keep, in [0, 1).
    eps
        Above 0, in the units of the gradient.
    weight_decay
        At least 0: the share of a weight that is lost per step and unit of `learning_rate`.

    Returns
    -------
    w : array, shape and precision of `w`
    state : Moments

    Raises
    ------
    ValueError
        The shapes differ, a rate is out of range, or the state belongs to something else.

    Examples
    --------
    >>> w, state = adamw([1.0, 1.0], [0.0, 1e3], learning_rate=0.1, weight_decay=0.5)
    >>> w.round(3)
    array([0.95, 0.85])
    """
    weights, g, dtype = weights_and_gradient(w, grad)
    rate, eps = nonnegative("learning_rate", learning_rate), positive("eps", eps)
    kept = 1 - rate * nonnegative("weight_decay", weight_decay)
    moments = _with(g, state, decay("beta1", beta1), decay("beta2", beta2))
    return (kept * weights - rate * _direction(moments, beta1, beta2, eps)).astype(dtype), moments


def _with(g: Floats, state: Moments | None, beta1: float, beta2: float) -> Moments:
    """Return the moments with one more gradient in them."""
    steps, mean, root = resumed(state, Moments(0, np.zeros(g.shape), np.zeros(g.shape)))
    mean = beta1 * mean + (1 - beta1) * g
    return Moments(steps + 1, mean, np.hypot(math.sqrt(beta2) * root, math.sqrt(1 - beta2) * g))


def _direction(moments: Moments, beta1: float, beta2: float, eps: float) -> Floats:
    """Return the corrected mean over the corrected root mean square."""
    steps, mean, root = moments
    direction: Floats = mean / (1 - beta1**steps) / (root / math.sqrt(1 - beta2**steps) + eps)
    return direction
