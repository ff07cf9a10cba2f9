r"""The elastic net: L1 and L2 in a proportion.

.. math:: R(w) = \lambda \sum_i \Bigl( \rho |w_i| + \frac{1 - \rho}{2} w_i^2 \Bigr), \qquad
          \frac{\partial R}{\partial w_i} = \lambda \bigl( \rho \operatorname{sign} w_i + (1 - \rho) w_i \bigr)

:math:`\rho = 1` is L1, :math:`\rho = 0` is L2. In between it makes zeros like the first, and treats correlated
features alike, as the second does. The subgradient taken at 0 is 0.

Source: H. Zou and T. Hastie, "Regularization and Variable Selection via the Elastic Net" (2005), in the
parameters of scikit-learn (`alpha` is the strength).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_floats, quiet
from .._moments import weighted_squares, weighted_sum
from .._options import fraction, nonnegative


@quiet
def elastic_net(w: ArrayLike, strength: float, *, l1_ratio: float = 0.5) -> Any:
    """Return the sum of an L1 and an L2 penalty on `w`.

    Parameters
    ----------
    w : array_like, any shape
        Weights; biases are usually left out.
    strength
        At least 0, in the units of the loss.
    l1_ratio
        The share of L1, in [0, 1].

    Returns
    -------
    number, in the precision of `w`

    Raises
    ------
    ValueError
        `strength` is negative or not finite, or `l1_ratio` is outside [0, 1].

    Examples
    --------
    >>> float(elastic_net([1.0, -3.0], 0.5, l1_ratio=0.5))
    2.25
    """
    weights, strength, ratio = _checked(w, strength, l1_ratio)
    doubles = as_doubles(weights)
    penalty = weighted_sum(strength * ratio, np.abs(doubles)) + weighted_squares(strength * (1 - ratio), doubles) / 2
    return penalty.astype(weights.dtype)


@quiet
def elastic_net_grad(w: ArrayLike, strength: float, *, l1_ratio: float = 0.5) -> Floats:
    """Differentiate `elastic_net` at `w`; 0 at 0.

    Parameters
    ----------
    w : array_like, any shape
        Weights.
    strength
        At least 0.
    l1_ratio
        The share of L1, in [0, 1].

    Returns
    -------
    array, shape and precision of `w`

    Examples
    --------
    >>> elastic_net_grad([1.0, 0.0, -3.0], 0.5, l1_ratio=0.5)
    array([ 0.5,  0. , -1. ])
    """
    weights, strength, ratio = _checked(w, strength, l1_ratio)
    doubles = as_doubles(weights)
    return (strength * (ratio * np.sign(doubles) + (1 - ratio) * doubles)).astype(weights.dtype)


def _checked(w: ArrayLike, strength: float, l1_ratio: float) -> tuple[Floats, float, float]:
    return as_floats(w, "w"), nonnegative("strength", strength), fraction("l1_ratio", l1_ratio)
