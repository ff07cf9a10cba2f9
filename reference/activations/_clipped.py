r"""Units that clip a line: hard tanh, ReLU6, hard sigmoid.

.. math:: \operatorname{clip}(x, l, h) = \min(\max(x, l), h), \qquad
          \frac{\mathrm{d}}{\mathrm{d}x} \operatorname{clip}(x, l, h) = [l < x < h]

====================  ==================================  ==========
function              formula                             slope
====================  ==================================  ==========
`hard_tanh`           clip(x, -1, 1)                      1
`relu6`               clip(x, 0, 6)                       1
`hard_sigmoid`        clip(x + 3, 0, 6) / 6               1/6
====================  ==================================  ==========

Each has two kinks, and takes 0, the slope of the flat side, at both. Outside nothing comes back: both sides
saturate, at once and completely. The second derivative is 0.

In the hard sigmoid, :math:`(x + 3) / 6` is exact to two roundings down to its root at -3, where
:math:`x/6 + 1/2` would have lost everything.

Source: R. Collobert, "Large Scale Machine Learning" (2004), for the hard tanh; A. Krizhevsky, "Convolutional Deep
Belief Networks on CIFAR-10" (2010), for ReLU6; M. Courbariaux, Y. Bengio and J.-P. David, "BinaryConnect" (2015), for
the hard sigmoid, here with the slope of A. Howard et al., "Searching for MobileNetV3" (2019).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_floats, number
from ._elementwise import piecewise
from ._steps import flat, step

_COMMON: dict[str, object] = {
    "even": False,
    "monotone": True,
    "convex": False,
    "saturates": ("left", "right"),
    "homogeneous": False,
}

TRAITS: dict[str, dict[str, object]] = {
    "hard_tanh": {
        **_COMMON,
        "odd": True,
        "range": (-1.0, 1.0),
        "lipschitz": 1.0,
        "kinks": (-1.0, 1.0),
        "kink_slopes": ((0.0, 1.0), (1.0, 0.0)),
        "value_at_zero": 0.0,
        "asymptotes": ((0.0, -1.0), (0.0, 1.0)),
    },
    "relu6": {
        **_COMMON,
        "odd": False,
        "range": (0.0, 6.0),
        "lipschitz": 1.0,
        "kinks": (0.0, 6.0),
        "kink_slopes": ((0.0, 1.0), (1.0, 0.0)),
        "value_at_zero": 0.0,
        "asymptotes": ((0.0, 0.0), (0.0, 6.0)),
    },
    "hard_sigmoid": {
        **_COMMON,
        "odd": False,
        "range": (0.0, 1.0),
        "lipschitz": 1 / 6,
        "kinks": (-3.0, 3.0),
        "kink_slopes": ((0.0, 1 / 6), (1 / 6, 0.0)),
        "value_at_zero": 0.5,
        "asymptotes": ((0.0, 0.0), (0.0, 1.0)),
    },
}


def hard_tanh(x: ArrayLike, *, low: float = -1.0, high: float = 1.0) -> Floats:
    """Clip every number to [`low`, `high`].

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.
    low, high
        The bounds, in the units of `x`.

    Returns
    -------
    array, shape and precision of `x`

    Raises
    ------
    ValueError
        `low` is not below `high`.

    Examples
    --------
    >>> hard_tanh([-2.0, 0.5, 3.0])
    array([-1. ,  0.5,  1. ])
    """
    return np.clip(as_floats(x), *_bounds(low, high))


@piecewise
def hard_tanh_grad(x: Floats, *, low: float = -1.0, high: float = 1.0) -> Floats:
    """Differentiate `hard_tanh` at `x`; 0 at both kinks.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.
    low, high
        The bounds.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> hard_tanh_grad([-2.0, 0.5, 1.0])
    array([0., 1., 0.])
    """
    low, high = _bounds(low, high)
    return step((low < x) & (x < high), x)


@piecewise
def hard_tanh_second(x: Floats, *, low: float = -1.0, high: float = 1.0) -> Floats:
    """Differentiate `hard_tanh` twice at `x`: 0, also at the kinks.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.
    low, high
        The bounds.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> hard_tanh_second([-2.0, 0.5, 1.0])
    array([0., 0., 0.])
    """
    _bounds(low, high)
    return flat(x)


def _bounds(low: float, high: float) -> tuple[float, float]:
    if not number("low", low) < number("high", high):
        raise ValueError(f"low={low!r} must be below high={high!r}")
    return float(low), float(high)


def relu6(x: ArrayLike) -> Floats:
    """Clip every number to [0, 6].

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> relu6([-2.0, 0.5, 30.0])
    array([0. , 0.5, 6. ])
    """
    return np.clip(as_floats(x), 0.0, 6.0)


@piecewise
def relu6_grad(x: Floats) -> Floats:
    """Differentiate `relu6` at `x`; 0 at both kinks.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> relu6_grad([-2.0, 0.5, 6.0])
    array([0., 1., 0.])
    """
    return step((x > 0.0) & (x < 6.0), x)


@piecewise
def relu6_second(x: Floats) -> Floats:
    """Differentiate `relu6` twice at `x`: 0, also at the kinks.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> relu6_second([-2.0, 0.5, 6.0])
    array([0., 0., 0.])
    """
    return flat(x)


@piecewise
def hard_sigmoid(x: Floats) -> Floats:
    """Climb from 0 at -3 to 1 at 3.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> hard_sigmoid([-4.0, 0.0, 1.5, 4.0])
    array([0.  , 0.5 , 0.75, 1.  ])
    """
    result: Floats = np.clip(x + 3.0, 0.0, 6.0) / 6.0
    return result


@piecewise
def hard_sigmoid_grad(x: Floats) -> Floats:
    """Differentiate `hard_sigmoid` at `x`; 0 at both kinks.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> 6 * hard_sigmoid_grad([-4.0, 0.0, 3.0])
    array([0., 1., 0.])
    """
    return step(np.abs(x) < 3.0, x, 1 / 6)


@piecewise
def hard_sigmoid_second(x: Floats) -> Floats:
    """Differentiate `hard_sigmoid` twice at `x`: 0, also at the kinks.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> hard_sigmoid_second([-4.0, 0.0, 3.0])
    array([0., 0., 0.])
    """
    return flat(x)
