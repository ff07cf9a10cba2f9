r"""L2: the penalty on the squares of the weights.

.. math:: R(w) = \frac{\lambda}{2} \sum_i w_i^2, \qquad \frac{\partial R}{\partial w_i} = \lambda w_i

The pull is proportional to the weight: it never reaches zero, and of two weight vectors that answer alike it
prefers the one whose weights are spread out. Under plain gradient descent it is weight decay.

Source: A. Krogh and J. Hertz, "A Simple Weight Decay Can Improve Generalization" (1991).
"""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_floats, quiet
from .._moments import weighted_squares
from .._options import nonnegative


@quiet
def l2(w: ArrayLike, strength: float) -> Any:
    """Return half of `strength` times the sum of the squares of `w`.

    Parameters
    ----------
    w : array_like, any shape
        Weights; biases are usually left out.
    strength
        At least 0, in the units of the loss per weight squared.

    Returns
    -------
    number, in the precision of `w`

    Raises
    ------
    ValueError
        `strength` is negative or not finite.

    Examples
    --------
    >>> float(l2([1.0, -3.0], 0.1))
    0.5
    """
    weights = as_floats(w, "w")
    half = weighted_squares(nonnegative("strength", strength), as_doubles(weights)) / 2
    return half.astype(weights.dtype)


@quiet
def l2_grad(w: ArrayLike, strength: float) -> Floats:
    """Differentiate `l2` at `w`.

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
    >>> l2_grad([1.0, -3.0], 0.1)
    array([ 0.1, -0.3])
    """
    weights = as_floats(w, "w")
    return (nonnegative("strength", strength) * as_doubles(weights)).astype(weights.dtype)
