r"""Momentum, and Nesterov's: the gradient changes a velocity, the velocity changes the weights.

.. math:: v' = \mu v - \eta g, \qquad w' = w + v' \quad \text{(momentum)}

.. math:: w' = w + v' + \mu (v' - v) = w - \mu v + (1 + \mu) v' \quad \text{(Nesterov)}

The velocity is a weighted sum of all gradients so far. Under a constant gradient it grows to
:math:`-\eta g / (1 - \mu)`: along a valley steps become :math:`1 / (1 - \mu)` times as long, across it they
cancel.

Nesterov's rule takes the gradient where the velocity is about to lead. Written for the point
:math:`\tilde w = w + \mu v` of that gradient it becomes the second line, which needs no second point: the
weights that are handed around *are* the ones looked ahead at. With :math:`\mu = 0` both are gradient descent.

Sources: B. Polyak, "Some methods of speeding up the convergence of iteration methods" (1964); Y. Nesterov, "A
method of solving a convex programming problem with convergence rate O(1/k^2)" (1983), in the form of Y. Bengio,
N. Boulanger-Lewandowski and R. Pascanu, "Advances in Optimizing Recurrent Networks" (2012).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, quiet
from .._options import nonnegative
from ._step import decay, resumed, weights_and_gradient


class Velocity(NamedTuple):
    """How far the last step went, in the units of the weights and in double precision."""

    velocity: Floats


@quiet
def momentum(
    w: ArrayLike,
    grad: ArrayLike,
    state: Velocity | None = None,
    *,
    learning_rate: float = 0.01,
    momentum: float = 0.9,
) -> tuple[Floats, Velocity]:
    """Take a step of gradient descent with momentum.

    Parameters
    ----------
    w, grad : array_like, of one shape
        Weights, and the gradient of the loss at them.
    state
        What the last step returned; None begins at rest.
    learning_rate
        At least 0, in the units of the weights per unit of gradient.
    momentum
        The share of the velocity that is kept, in [0, 1).

    Returns
    -------
    w : array, shape and precision of `w`
    state : Velocity

    Raises
    ------
    ValueError
        The shapes differ, a rate is out of range, or the state belongs to something else.

    Examples
    --------
    >>> w, state = momentum([1.0], [1.0], learning_rate=0.1)
    >>> w, state = momentum(w, [1.0], state, learning_rate=0.1)
    >>> w.round(3), state.velocity.round(3)
    (array([0.71]), array([-0.19]))
    """
    weights, g, dtype = weights_and_gradient(w, grad)
    (before,) = resumed(state, Velocity(np.zeros(weights.shape)))
    velocity = decay("momentum", momentum) * before - nonnegative("learning_rate", learning_rate) * g
    return (weights + velocity).astype(dtype), Velocity(velocity)


@quiet
def nesterov(
    w: ArrayLike,
    grad: ArrayLike,
    state: Velocity | None = None,
    *,
    learning_rate: float = 0.01,
    momentum: float = 0.9,
) -> tuple[Floats, Velocity]:
    """Take a step of gradient descent with Nesterov's momentum.

    Parameters
    ----------
    w, grad : array_like, of one shape
        Weights, already looked ahead to, and the gradient of the loss at them.
    state
        What the last step returned; None begins at rest.
    learning_rate
        At least 0, in the units of the weights per unit of gradient.
    momentum
        The share of the velocity that is kept, in [0, 1).

    Returns
    -------
    w : array, shape and precision of `w`
        Again looked ahead to.
    state : Velocity

    Raises
    ------
    ValueError
        The shapes differ, a rate is out of range, or the state belongs to something else.

    Examples
    --------
    >>> w, state = nesterov([1.0], [1.0], learning_rate=0.1)
    >>> w.round(3), state.velocity.round(3)
    (array([0.81]), array([-0.1]))
    """
    weights, g, dtype = weights_and_gradient(w, grad)
    mu, step = decay("momentum", momentum), nonnegative("learning_rate", learning_rate) * g
    (before,) = resumed(state, Velocity(np.zeros(weights.shape)))
    velocity = mu * before - step
    return (weights + mu * velocity - step).astype(dtype), Velocity(velocity)
