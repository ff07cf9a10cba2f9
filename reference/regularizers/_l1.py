r"""L1: the penalty on the magnitudes of the weights.

.. math:: R(w) = \lambda \sum_i |w_i|, \qquad
          \frac{\partial R}{\partial w_i} = \lambda \operatorname{sign} w_i

The pull has the same strength at every distance from zero, so that weights which the loss does not defend
become zero. There the penalty has a kink, with every slope from :math:`-\lambda` to :math:`\lambda` as
subgradient; the one taken is 0, which leaves a zero where it is.

Source: R. Tibshirani, "Regression Shrinkage and Selection via the Lasso" (1996).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_floats, quiet
from .._moments import weighted_sum
from .._options import nonnegative


@quiet
def l1(w: ArrayLike, strength: float) -> Any:
    """Return `strength` times the sum of the magnitudes of `w`.

    Parameters
    ----------
    w : array_like, any shape
        Weights; biases are usually left out.
    strength
        At least 0, in the units of the loss per weight.

    Returns
    -------
    number, in the precision of `w`

    Raises
    ------
    ValueError
        `strength` is negative or not finite.

    Examples
    --------
    >>> float(l1([1.0, -3.0], 0.5))
    2.0
    """
    weights = as_floats(w, "w")
    return weighted_sum(nonnegative("strength", strength), np.abs(as_doubles(weights))).astype(weights.dtype)


@quiet
def l1_grad(w: ArrayLike, strength: float) -> Floats:
    """Differentiate `l1` at `w`; 0 at 0.

    Parameters
    ----------
    w : array_like, any shape
        Weights.
    strength
        At least 0.

    Returns
    -------
    array, shape and precision of `w`

    Examples
    --------
    >>> l1_grad([1.0, 0.0, -3.0], 0.5)
    array([ 0.5,  0. , -0.5])
    """
    weights = as_floats(w, "w")
    return (nonnegative("strength", strength) * np.sign(as_doubles(weights))).astype(weights.dtype)
