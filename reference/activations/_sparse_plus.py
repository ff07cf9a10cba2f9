r"""Sparse plus and sparse sigmoid: a smooth ReLU of parabolas, exactly 0 on the left, and its derivative.

.. math:: f(x) = \begin{cases} 0 & x \le -1 \\ (x + 1)^2 / 4 & |x| < 1 \\ x & x \ge 1 \end{cases}, \qquad
          f'(x) = \operatorname{clip}\left(\frac{x + 1}{2}, 0, 1\right), \qquad
          f''(x) = \begin{cases} 1/2 & |x| < 1 \\ 0 & \text{else} \end{cases}

The derivative is a function of its own right, the sparse sigmoid. It is to the sparse plus what the sigmoid is to the
softplus, and to the projection onto the simplex (sparsemax) of two numbers what the sigmoid is to their softmax.

The sparse plus has no kink; the sparse sigmoid has two, with the slopes 0 and 1/2, and takes the 0 at both.

Source: M. Blondel, A. Martins and V. Niculae, "Learning with Fenchel-Young losses" (2020); `jax.nn.sparse_plus`.
"""

from __future__ import annotations

import numpy as np

from .._arrays import Floats
from ._elementwise import elementwise, piecewise
from ._steps import flat, step

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": True,
    "convex": True,
    "range": (0.0, np.inf),
    "lipschitz": 1.0,
    "kinks": (),
    "value_at_zero": 0.25,
    "saturates": ("left",),
    "asymptotes": ((0.0, 0.0), (1.0, 0.0)),
    "homogeneous": False,
}

SPARSE_SIGMOID_TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": True,
    "convex": False,
    "range": (0.0, 1.0),
    "lipschitz": 0.5,
    "kinks": (-1.0, 1.0),
    "kink_slopes": ((0.0, 0.5), (0.5, 0.0)),
    "value_at_zero": 0.5,
    "saturates": ("left", "right"),
    "asymptotes": ((0.0, 0.0), (0.0, 1.0)),
    "homogeneous": False,
}


@elementwise
def sparse_plus(x: Floats) -> Floats:
    """Replace every number below -1 by 0, and bend smoothly up to 1.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> sparse_plus([-2.0, -1.0, 0.0, 1.0, 2.0])
    array([0.  , 0.  , 0.25, 1.  , 2.  ])
    """
    return np.where(x >= 1, x, _sparse_sigmoid(x) ** 2)


@piecewise
def sparse_plus_grad(x: Floats) -> Floats:
    """Differentiate `sparse_plus` at `x`: `sparse_sigmoid`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> sparse_plus_grad([-2.0, 0.0, 2.0])
    array([0. , 0.5, 1. ])
    """
    return _sparse_sigmoid(x)


@piecewise
def sparse_plus_second(x: Floats) -> Floats:
    """Differentiate `sparse_plus` twice at `x`; 0 at -1 and 1, where it jumps.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> sparse_plus_second([-2.0, 0.0, 2.0])
    array([0. , 0.5, 0. ])
    """
    return step(np.abs(x) < 1.0, x, 0.5)


@piecewise
def sparse_sigmoid(x: Floats) -> Floats:
    """Clip a line to [0, 1].

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> sparse_sigmoid([-2.0, -0.5, 0.0, 2.0])
    array([0.  , 0.25, 0.5 , 1.  ])
    """
    return _sparse_sigmoid(x)


@piecewise
def sparse_sigmoid_grad(x: Floats) -> Floats:
    """Differentiate `sparse_sigmoid` at `x`; 0 at both kinks.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> sparse_sigmoid_grad([-2.0, -1.0, 0.0, 2.0])
    array([0. , 0. , 0.5, 0. ])
    """
    return step(np.abs(x) < 1.0, x, 0.5)


@piecewise
def sparse_sigmoid_second(x: Floats) -> Floats:
    """Differentiate `sparse_sigmoid` twice at `x`: 0, also at the kinks.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> sparse_sigmoid_second([-2.0, -1.0, 0.0, 2.0])
    array([0., 0., 0., 0.])
    """
    return flat(x)


def _sparse_sigmoid(x: Floats) -> Floats:
    result: Floats = np.clip(0.5 * (x + 1.0), 0.0, 1.0)
    return result
