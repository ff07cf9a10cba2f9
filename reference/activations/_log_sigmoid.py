r"""The logarithm of the sigmoid.

.. math:: f(x) = \log \sigma(x) = -\log(1 + e^{-x}) = \min(x, 0) - \log(1 + e^{-|x|})

.. math:: f'(x) = \sigma(-x), \qquad f''(x) = -\sigma'(x)

Both addends of the last form have the same sign, so that nothing cancels, and `log1p` keeps what
:math:`1 + e^{-x}` rounds away far to the right. It is minus a softplus of -x, and the log-likelihood of a
logistic regression.

Source: `torch.nn.LogSigmoid`; D. R. Cox, "The regression analysis of binary sequences" (1958).
"""

from __future__ import annotations

import numpy as np

from .._arrays import Floats
from ._elementwise import elementwise
from ._exact import one_plus_squared

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": True,
    "convex": False,
    "range": (-np.inf, 0.0),
    "lipschitz": 1.0,
    "kinks": (),
    "value_at_zero": -float(np.log(2.0)),
    "saturates": ("right",),
    "asymptotes": ((1.0, 0.0), (0.0, 0.0)),
    "homogeneous": False,
}


@elementwise
def log_sigmoid(x: Floats) -> Floats:
    """Return the logarithm of a probability that is given by its log-odds `x`.

    Parameters
    ----------
    x : array_like, any shape
        Log-odds; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`
        In nats, never above 0.

    Examples
    --------
    >>> log_sigmoid([-1000.0, 1000.0])
    array([-1000.,     0.])
    """
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


@elementwise
def log_sigmoid_grad(x: Floats) -> Floats:
    """Differentiate `log_sigmoid` at `x`: the probability of the other outcome.

    Parameters
    ----------
    x : array_like, any shape
        Log-odds.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> log_sigmoid_grad([-1000.0, 0.0, 1000.0])
    array([1. , 0.5, 0. ])
    """
    decay = np.exp(-np.abs(x))
    return np.maximum(decay, x <= 0) / (1.0 + decay)


@elementwise
def log_sigmoid_second(x: Floats) -> Floats:
    """Differentiate `log_sigmoid` twice at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Log-odds.

    Returns
    -------
    array, shape and precision of `x`
        Never above 0.

    Examples
    --------
    >>> float(log_sigmoid_second(0.0))
    -0.25
    """
    decay = np.exp(-np.abs(x))
    return -decay / one_plus_squared(decay)
