r"""The rectified linear unit.

.. math:: \operatorname{relu}(x) = \max(0, x), \qquad
          \operatorname{relu}'(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}, \qquad
          \operatorname{relu}''(x) = 0

The derivative is the unit step. At the kink the slopes are 0 from the left and 1 from the right, every number
between them is a subgradient, and 0 is the one taken here, as deep-learning frameworks do.

To the right nothing saturates; to the left nothing comes back. A unit whose pre-activations are negative on
all examples receives no gradient and stays as it is: it is dead.

Source: V. Nair and G. Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines" (2010).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_floats
from ._elementwise import piecewise
from ._steps import flat, step

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": True,
    "convex": True,
    "range": (0.0, np.inf),
    "lipschitz": 1.0,
    "kinks": (0.0,),
    "kink_slopes": ((0.0, 1.0),),
    "value_at_zero": 0.0,
    "saturates": ("left",),
    "asymptotes": ((0.0, 0.0), (1.0, 0.0)),
    "homogeneous": True,
}


def relu(x: ArrayLike) -> Floats:
    """Replace every negative number by 0.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> relu([-2.0, 0.0, 3.0])
    array([0., 0., 3.])
    """
    return np.maximum(as_floats(x), 0)


@piecewise
def relu_grad(x: Floats) -> Floats:
    """Differentiate `relu` at `x`; 0 at the kink.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.

    Returns
    -------
    array, shape and precision of `x`
        Zeros and ones.

    Examples
    --------
    >>> relu_grad([-2.0, 0.0, 3.0])
    array([0., 0., 1.])
    """
    return step(x > 0, x)


@piecewise
def relu_second(x: Floats) -> Floats:
    """Differentiate `relu` twice at `x`: 0, also at the kink, where there is no second derivative.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.

    Returns
    -------
    array, shape and precision of `x`
        Zeros.

    Examples
    --------
    >>> relu_second([-2.0, 0.0, 3.0])
    array([0., 0., 0.])
    """
    return flat(x)
