r"""RMSProp: Adagrad that forgets.

.. math:: r' = \sqrt{\rho r^2 + (1 - \rho) g^2}, \qquad w' = w - \eta \frac{g}{r' + \epsilon}

`r` is the root mean square of the recent gradients, those of about the last :math:`1 / (1 - \rho)` steps, so that
the rates of the weights can rise again. It begins at 0 and is not corrected for it: the first step is
:math:`1 / \sqrt{1 - \rho}` times as long as :math:`\eta`.

The root is kept in place of the mean square, so that no square leaves the range of a double.

Source: T. Tieleman and G. Hinton, "Lecture 6.5, RMSProp", Neural Networks for Machine Learning (2012).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, positive, quiet
from .._options import nonnegative
from ._step import decay, resumed, weights_and_gradient


class Recent(NamedTuple):
    """The root mean square of the recent gradients, in their units and in double precision."""

    root: Floats


@quiet
def rmsprop(
    w: ArrayLike,
    grad: ArrayLike,
    state: Recent | None = None,
    *,
    learning_rate: float = 0.01,
    rho: float = 0.99,
    eps: float = 1e-8,
) -> tuple[Floats, Recent]:
    """Take a step of RMSProp.

    Parameters
    ----------
    w, grad : array_like, of one shape
        Weights, and the gradient of the loss at them.
    state
        What the last step returned; None begins with zeros.
    learning_rate
        At least 0, in the units of the weights.
    rho
        The share of the past that is kept, in [0, 1).
    eps
        Above 0, in the units of the gradient; only gradients of its size notice it.

    Returns
    -------
    w : array, shape and precision of `w`
    state : Recent

    Raises
    ------
    ValueError
        The shapes differ, a rate is out of range, or the state belongs to something else.

    Examples
    --------
    >>> w, state = rmsprop([1.0, 1.0], [1e-3, 1e3], learning_rate=0.01)
    >>> w.round(3)
    array([0.9, 0.9])
    """
    weights, g, dtype = weights_and_gradient(w, grad)
    rate, keep, eps = nonnegative("learning_rate", learning_rate), decay("rho", rho), positive("eps", eps)
    (before,) = resumed(state, Recent(np.zeros(weights.shape)))
    root = np.hypot(math.sqrt(keep) * before, math.sqrt(1 - keep) * g)
    return (weights - rate * (g / (root + eps))).astype(dtype), Recent(root)
