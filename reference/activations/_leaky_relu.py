r"""The leaky rectified linear unit.

.. math:: f(x) = \max(sx, x) = \max(x, 0) + s \min(x, 0), \qquad
          f'(x) = \begin{cases} 1 & x > 0 \\ s & x \le 0 \end{cases}, \qquad f''(x) = 0, \qquad
          0 < s \le 1

Of the two addends one is always 0, so the sum rounds only once. At the kink the slopes are `s` from the left
and 1 from the right; the derivative taken there is `s`.

The derivative is never below `s`: no side saturates, and no unit dies.

Source: A. Maas, A. Hannun and A. Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models"
(2013).
"""

from __future__ import annotations

import numpy as np

from .._arrays import Floats, finite_number
from ._elementwise import piecewise
from ._steps import flat, step

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": True,
    "convex": True,
    "range": (-np.inf, np.inf),
    "lipschitz": 1.0,
    "kinks": (0.0,),
    "kink_slopes": ((0.01, 1.0),),
    "value_at_zero": 0.0,
    "saturates": (),
    "asymptotes": ((0.01, 0.0), (1.0, 0.0)),
    "homogeneous": True,
    "smallest_slope": 0.01,
}


@piecewise
def leaky_relu(x: Floats, *, slope: float = 0.01) -> Floats:
    """Shrink every negative number by the factor `slope`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.
    slope
        In (0, 1]; 0 would be `relu`.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> leaky_relu([-2.0, 0.0, 3.0])
    array([-0.02,  0.  ,  3.  ])
    """
    result: Floats = np.maximum(_leak(slope) * x, x)
    return result


@piecewise
def leaky_relu_grad(x: Floats, *, slope: float = 0.01) -> Floats:
    """Differentiate `leaky_relu` at `x`; `slope` at the kink.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.
    slope
        In (0, 1].

    Returns
    -------
    array, shape and precision of `x`
        Ones, and `slope` where `x` is not positive.

    Examples
    --------
    >>> leaky_relu_grad([-2.0, 0.0, 3.0])
    array([0.01, 0.01, 1.  ])
    """
    result: Floats = np.maximum(step(x > 0, x), x.dtype.type(_leak(slope)))
    return result


@piecewise
def leaky_relu_second(x: Floats, *, slope: float = 0.01) -> Floats:
    """Differentiate `leaky_relu` twice at `x`: 0, also at the kink, where there is no second derivative.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.
    slope
        In (0, 1].

    Returns
    -------
    array, shape and precision of `x`
        Zeros.

    Examples
    --------
    >>> leaky_relu_second([-2.0, 0.0, 3.0])
    array([0., 0., 0.])
    """
    _leak(slope)
    return flat(x)


def _leak(slope: float) -> float:
    if not (finite_number(slope) and 0 < slope <= 1):
        raise ValueError(f"slope={slope!r} must lie in (0, 1]; for slope 0 use relu, for a learned one prelu_forward")
    return float(slope)
