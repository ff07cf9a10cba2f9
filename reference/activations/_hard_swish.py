r"""Hard swish: a SiLU with a hard sigmoid.

.. math:: f(x) = x \, \frac{\operatorname{clip}(x + 3, 0, 6)}{6}, \qquad
          f'(x) = \begin{cases} 0 & x \le -3 \\ (2x + 3) / 6 & |x| < 3 \\ 1 & x \ge 3 \end{cases}, \qquad
          f''(x) = \begin{cases} 1/3 & |x| < 3 \\ 0 & \text{else} \end{cases}

The quotient is taken before the product, which would overflow for the largest numbers; and what is below -3 may be
taken for -3, so that :math:`-\infty` does not meet a factor 0.

A parabola through -3 and 0 joins the two lines. At -3 the slopes are 0 and -1/2, at 3 they are 3/2 and 1; the outer
one is taken at both. The least value is -3/8, at -3/2.

Source: A. Howard et al., "Searching for MobileNetV3" (2019). JAX also calls it ``hard_silu``.
"""

from __future__ import annotations

import numpy as np

from .._arrays import Floats
from ._elementwise import elementwise, piecewise
from ._steps import step

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": False,
    "convex": False,
    "range": (-0.375, np.inf),
    "lipschitz": 1.5,
    "kinks": (-3.0, 3.0),
    "kink_slopes": ((0.0, -0.5), (1.5, 1.0)),
    "value_at_zero": 0.0,
    "saturates": ("left",),
    "asymptotes": ((0.0, 0.0), (1.0, 0.0)),
    "homogeneous": False,
}


@piecewise
def hard_swish(x: Floats) -> Floats:
    """Multiply every number by its hard sigmoid.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> hard_swish([-4.0, -1.5, 0.0, 4.0])
    array([-0.   , -0.375,  0.   ,  4.   ])
    """
    x = np.clip(x, -3.0, np.inf)
    result: Floats = x * (np.clip(x + 3.0, 0.0, 6.0) / 6.0)
    return result


@elementwise
def hard_swish_grad(x: Floats) -> Floats:
    """Differentiate `hard_swish` at `x`; the slope of the outer side at both kinks.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> hard_swish_grad([-4.0, -1.5, 0.0, 4.0])
    array([0. , 0. , 0.5, 1. ])
    """
    slope = (2.0 * x + 3.0) / 6.0
    return np.where(np.abs(x) >= 3, x > 0, slope)


@piecewise
def hard_swish_second(x: Floats) -> Floats:
    """Differentiate `hard_swish` twice at `x`; 0 at both kinks.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> 3 * hard_swish_second([-4.0, 0.0, 3.0])
    array([0., 1., 0.])
    """
    return step(np.abs(x) < 3.0, x, 1 / 3)
