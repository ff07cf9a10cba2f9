r"""Adagrad: each weight has a rate of its own, which falls with the gradients it has seen.

.. math:: r' = \sqrt{r^2 + g^2}, \qquad w' = w - \eta \frac{g}{r' + \epsilon}

With `r` the root of the sum of all squares so far, a gradient that is `c` times as large everywhere gives the
same steps: they have the size of :math:`\eta`, first exactly that, and under a constant gradient
:math:`\eta / \sqrt t` at step `t`. Rates only fall, and in the end the weights stand still.

The root is kept in place of the sum, and extended by `hypot`: no square is ever formed, so none leaves the range
of a double.

Source: J. Duchi, E. Hazan and Y. Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
Optimization" (2011).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, positive, quiet
from .._options import nonnegative
from ._step import resumed, weights_and_gradient


class History(NamedTuple):
    """The root of the sum of all squared gradients, in the units of the gradient and in double precision."""

    root: Floats


@quiet
def adagrad(
    w: ArrayLike,
    grad: ArrayLike,
    state: History | None = None,
    *,
    learning_rate: float = 0.01,
    eps: float = 1e-10,
) -> tuple[Floats, History]:
    """Take a step of Adagrad.

    Parameters
    ----------
    w, grad : array_like, of one shape
        Weights, and the gradient of the loss at them.
    state
        What the last step returned; None begins without a past.
    learning_rate
        At least 0, in the units of the weights.
    eps
        Above 0, in the units of the gradient; only gradients of its size notice it.

    Returns
    -------
    w : array, shape and precision of `w`
    state : History

    Raises
    ------
    ValueError
        The shapes differ, a rate is out of range, or the state belongs to something else.

    Examples
    --------
    >>> w, state = adagrad([1.0, 1.0], [1e-3, 1e3], learning_rate=0.1)
    >>> w.round(3)
    array([0.9, 0.9])
    """
    weights, g, dtype = weights_and_gradient(w, grad)
    rate, eps = nonnegative("learning_rate", learning_rate), positive("eps", eps)
    (before,) = resumed(state, History(np.zeros(weights.shape)))
    root = np.hypot(before, g)
    return (weights - rate * (g / (root + eps))).astype(dtype), History(root)
