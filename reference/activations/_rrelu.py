r"""The randomized leaky ReLU, as it is used after training.

.. math:: f(x) = \max(x, 0) + \bar s \min(x, 0), \qquad
          f'(x) = \begin{cases} 1 & x > 0 \\ \bar s & x \le 0 \end{cases}, \qquad f''(x) = 0, \qquad
          \bar s = \frac{l + u}{2}

During training every negative number is multiplied by a slope of its own, drawn evenly from `l` to `u`; afterwards by
their mean, so that it is a leaky ReLU. A drawn slope is fixed within one step, where it is a PReLU whose slopes
receive no gradient.

Source: B. Xu, N. Wang, T. Chen and M. Li, "Empirical Evaluation of Rectified Activations in Convolutional Network"
(2015).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, finite_number
from ._leaky_relu import leaky_relu, leaky_relu_grad, leaky_relu_second

LOWER, UPPER = 1 / 8, 1 / 3
MEAN = (LOWER + UPPER) / 2

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": True,
    "convex": True,
    "range": (-np.inf, np.inf),
    "lipschitz": 1.0,
    "kinks": (0.0,),
    "kink_slopes": ((MEAN, 1.0),),
    "value_at_zero": 0.0,
    "saturates": (),
    "asymptotes": ((MEAN, 0.0), (1.0, 0.0)),
    "homogeneous": True,
    "smallest_slope": MEAN,
}


def rrelu(x: ArrayLike, *, lower: float = LOWER, upper: float = UPPER) -> Floats:
    """Shrink every negative number by the mean of the slopes that training drew from.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.
    lower, upper
        The bounds of the slopes, 0 < `lower` <= `upper` <= 1.

    Returns
    -------
    array, shape and precision of `x`

    Raises
    ------
    ValueError
        The bounds are in the wrong order, or outside (0, 1].

    Examples
    --------
    >>> rrelu([-48.0, 0.0, 3.0])
    array([-11.,   0.,   3.])
    """
    return leaky_relu(x, slope=_mean(lower, upper))


def rrelu_grad(x: ArrayLike, *, lower: float = LOWER, upper: float = UPPER) -> Floats:
    """Differentiate `rrelu` at `x`; the mean slope at the kink.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.
    lower, upper
        The bounds of the slopes.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> 48 * rrelu_grad([-2.0, 0.0, 3.0])
    array([11., 11., 48.])
    """
    return leaky_relu_grad(x, slope=_mean(lower, upper))


def rrelu_second(x: ArrayLike, *, lower: float = LOWER, upper: float = UPPER) -> Floats:
    """Differentiate `rrelu` twice at `x`: 0, also at the kink.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.
    lower, upper
        The bounds of the slopes.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> rrelu_second([-2.0, 0.0, 3.0])
    array([0., 0., 0.])
    """
    return leaky_relu_second(x, slope=_mean(lower, upper))


def _mean(lower: float, upper: float) -> float:
    if not (finite_number(lower) and finite_number(upper) and 0 < lower <= upper <= 1):
        raise ValueError(f"lower={lower!r} and upper={upper!r} must satisfy 0 < lower <= upper <= 1")
    return (lower + upper) / 2
