r"""Stochastic gradient descent: a step against the gradient.

.. math:: w \leftarrow w - \eta g

On a quadratic of curvature `h` the error shrinks by :math:`1 - \eta h` with every step, and grows once
:math:`\eta h > 2`.

Source: H. Robbins and S. Monro, "A Stochastic Approximation Method" (1951).
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from .._arrays import Floats, quiet
from .._options import nonnegative
from ._step import weights_and_gradient


@quiet
def sgd(w: ArrayLike, grad: ArrayLike, state: None = None, *, learning_rate: float = 0.01) -> tuple[Floats, None]:
    """Take a step of plain gradient descent.

    Parameters
    ----------
    w, grad : array_like, of one shape
        Weights, and the gradient of the loss at them.
    state
        None: the rule remembers nothing.
    learning_rate
        At least 0, in the units of the weights per unit of gradient.

    Returns
    -------
    w : array, shape and precision of `w`
    state
        None.

    Raises
    ------
    ValueError
        The shapes differ, or the rate is out of range.

    Examples
    --------
    >>> w, _ = sgd([1.0, 2.0], [10.0, -10.0], learning_rate=0.1)
    >>> w
    array([0., 3.])
    """
    weights, g, dtype = weights_and_gradient(w, grad)
    if state is not None:
        raise ValueError(f"state is a {type(state).__name__}, but gradient descent remembers nothing: pass None")
    return (weights - nonnegative("learning_rate", learning_rate) * g).astype(dtype), None
