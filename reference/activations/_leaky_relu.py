r"""The leaky rectified linear unit.

.. math:: f(x) = \max(sx, x) = \max(x, 0) + s \min(x, 0), \qquad
          f'(x) = \begin{cases} 1 & x > 0 \\ s & x \le 0 \end{cases}, \qquad 0 < s \le 1

Of the two addends one is always 0, so the sum rounds only once. At the kink the slopes are `s` from the left
and 1 from the right; the derivative taken there is `s`.

The derivative is never below `s`: no side saturates, and no unit dies.

Source: A. Maas, A. Hannun and A. Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models"
(2013).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_floats, quiet

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": True,
    "range": (-np.inf, np.inf),
    "lipschitz": 1.0,
    "kinks": (0.0,),
    "value_at_zero": 0.0,
    "saturates": (),
    "homogeneous": True,
    "smallest_slope": 0.01,
}


@quiet
def leaky_relu(x: ArrayLike, *, slope: float = 0.01) -> Floats:
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
    x, slope = as_floats(x), _leak(slope)
    return np.maximum(x, 0) + slope * np.minimum(x, 0)


def leaky_relu_grad(x: ArrayLike, *, slope: float = 0.01) -> Floats:
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
    x, slope = as_floats(x), _leak(slope)
    return np.heaviside(x, 0) + slope * np.heaviside(-x, 1)


def _leak(slope: float) -> float:
    if not 0 < slope <= 1:
        raise ValueError(f"slope={slope!r} must lie in (0, 1]; for slope 0 use relu, for a learned one prelu_forward")
    return float(slope)
