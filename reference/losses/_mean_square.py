r"""The mean square error.

.. math:: \ell_i = (p_i - t_i)^2, \qquad \frac{\partial \ell_i}{\partial p_i} = 2 (p_i - t_i)

The mean is over all entries, and there is no factor 1/2.

Source: C. F. Gauss, "Theoria combinationis observationum erroribus minimis obnoxiae" (1823).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_floats, quiet
from .._moments import rms_of
from ._reduction import Reduction, reduced, spread


@quiet
def mean_square(prediction: ArrayLike, target: ArrayLike, *, reduction: Reduction = "mean") -> Any:
    """Return the squares of the differences between `prediction` and `target`.

    Parameters
    ----------
    prediction : array_like, any shape
        What was predicted.
    target : array_like, shape of `prediction`
        What is true, in the same units.
    reduction
        ``"mean"`` over all entries, ``"sum"``, or ``"none"``: shape of `prediction`.

    Returns
    -------
    number or array, in the units of `prediction` squared, in its precision

    Raises
    ------
    ValueError
        The shapes differ.

    Examples
    --------
    >>> float(mean_square([1.0, 2.0], [0.0, 4.0]))
    2.5
    """
    prediction = as_floats(prediction, "prediction")
    errors = _errors(prediction, target)
    squares = np.square(errors)
    if reduction == "mean" and np.isinf(squares.max(initial=0)):
        squares = np.square(rms_of(errors, tuple(range(errors.ndim))))  # a mean, which may be within the range
    return reduced(squares, reduction, prediction.dtype)


@quiet
def mean_square_grad(prediction: ArrayLike, target: ArrayLike, *, reduction: Reduction = "mean") -> Floats:
    """Differentiate `mean_square` by `prediction`.

    Parameters
    ----------
    prediction : array_like, any shape
        What was predicted.
    target : array_like, shape of `prediction`
        What is true.
    reduction
        As there; for ``"none"``, each entry is the derivative of its own square.

    Returns
    -------
    array, shape and precision of `prediction`

    Examples
    --------
    >>> mean_square_grad([1.0, 2.0], [0.0, 4.0])
    array([ 1., -2.])
    """
    prediction = as_floats(prediction, "prediction")
    return spread(2 * _errors(prediction, target), prediction.size, reduction, prediction.dtype)


def _errors(prediction: Floats, target: ArrayLike) -> Floats:
    """Return the differences in double precision; a target of another shape is never broadcast."""
    target = as_floats(target, "target")
    if target.shape != prediction.shape:
        raise ValueError(f"target has shape {target.shape}, prediction has shape {prediction.shape}; they must agree")
    return as_doubles(prediction) - as_doubles(target)
