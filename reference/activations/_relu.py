r"""The rectified linear unit.

.. math:: \operatorname{relu}(x) = \max(0, x), \qquad
          \operatorname{relu}'(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}

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

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": True,
    "range": (0.0, np.inf),
    "lipschitz": 1.0,
    "kinks": (0.0,),
    "value_at_zero": 0.0,
    "saturates": ("left",),
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


def relu_grad(x: ArrayLike) -> Floats:
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
    return np.heaviside(as_floats(x), 0)
