r"""Softplus: a smooth ReLU.

.. math:: f(x) = \frac1\beta \log(1 + e^{\beta x}) = \max(x, 0) + \frac1\beta \log(1 + e^{-\beta |x|}), \qquad
          f'(x) = \sigma(\beta x), \qquad f''(x) = \beta \, \sigma'(\beta x), \qquad \beta > 0

The right-hand form holds for every number: the exponential decays on both sides, and the two addends are positive.
No threshold is needed from which on the function is taken to be x, as frameworks have one; `log1p` gives exactly that
once the difference is below the last place.

Rounding the product :math:`\beta x` would cost the left tail, :math:`e^{\beta x} / \beta`, as many rounding errors as
the product is large; its remainder is kept.

The excess over the ReLU is largest at 0, :math:`\log(2) / \beta`, so :math:`\beta \to \infty` gives the ReLU.

Source: C. Dugas, Y. Bengio, F. Bélisle, C. Nadeau and R. Garcia, "Incorporating Second-Order Functional Knowledge
for Better Option Pricing" (2000).
"""

from __future__ import annotations

import math

import numpy as np

from .._arrays import Floats, positive
from ._elementwise import elementwise
from ._exact import decay_of_product, one_plus_squared
from ._sigmoid import squash

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": True,
    "convex": True,
    "range": (0.0, np.inf),
    "lipschitz": 1.0,
    "kinks": (),
    "value_at_zero": float(np.log(2.0)),
    "saturates": ("left",),
    "asymptotes": ((0.0, 0.0), (1.0, 0.0)),
    "homogeneous": False,
}


@elementwise
def softplus(x: Floats, *, beta: float = 1.0) -> Floats:
    """Replace every negative number by nearly 0, smoothly.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.
    beta
        Above 0: how sharp the bend is, in 1 / units of `x`.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> softplus([-1000.0, 1000.0])
    array([   0., 1000.])
    """
    beta = positive("beta", beta)
    near, rest = decay_of_product(x, beta)
    return np.maximum(x, 0) + np.log1p(near) * (rest / beta)


@elementwise
def softplus_grad(x: Floats, *, beta: float = 1.0) -> Floats:
    """Differentiate `softplus` at `x`: a sigmoid.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.
    beta
        Above 0.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> softplus_grad([-1000.0, 0.0, 1000.0])
    array([0. , 0.5, 1. ])
    """
    if math.frexp(positive("beta", beta))[0] == 0.5:  # a power of two multiplies without rounding
        return squash(x if beta == 1.0 else beta * x)
    near, rest = decay_of_product(x, beta)
    result: Floats = np.maximum(near * rest, x >= 0) / (1.0 + near)
    return result


@elementwise
def softplus_second(x: Floats, *, beta: float = 1.0) -> Floats:
    """Differentiate `softplus` twice at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.
    beta
        Above 0.

    Returns
    -------
    array, shape and precision of `x`
        At most ``beta / 4``.

    Examples
    --------
    >>> softplus_second([-1000.0, 0.0, 1000.0], beta=8)
    array([0., 2., 0.])
    """
    beta = positive("beta", beta)
    near, rest = decay_of_product(x, beta)
    return beta * near / one_plus_squared(near) * rest
