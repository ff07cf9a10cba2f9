r"""The logistic sigmoid.

.. math:: \sigma(x) = \frac{1}{1 + e^{-x}}, \qquad
          \sigma'(x) = \sigma(x) \, \sigma(-x) = \frac{e^{-|x|}}{(1 + e^{-|x|})^2}, \qquad
          \sigma''(x) = \pm \frac{e^{-|x|} (1 - e^{-|x|})}{(1 + e^{-|x|})^3}

The value is as it stands, but far to the left, where :math:`e^{-x}` overflows: there it is :math:`e^x` to the last
place. Its derivatives are written in the decaying exponential :math:`e^{-|x|}`, which cannot overflow; for
:math:`x < 0` their fractions are multiplied through by :math:`e^x`. The derivative is even, and the textbook form
:math:`\sigma (1 - \sigma)` is avoided: from :math:`x = 37` on, :math:`\sigma` rounds to 1, so that form gives
0 where the truth is :math:`e^{-37}`. The second derivative is above 0 on the left and below on the right; its
factor :math:`1 - e^{-|x|}` is an `expm1`, which does not cancel at 0.

The derivative is at most 1/4 and falls like :math:`e^{-|x|}`: a saturated unit passes (almost) nothing back.

Source: P.-F. Verhulst, "Recherches mathématiques sur la loi d'accroissement de la population" (1845); as a
unit of a network, D. Rumelhart, G. Hinton and R. Williams, "Learning representations by back-propagating
errors" (1986).
"""

from __future__ import annotations

import numpy as np

from .._arrays import Floats
from ._elementwise import elementwise
from ._exact import one_plus_cubed, one_plus_squared

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": True,
    "convex": False,
    "range": (0.0, 1.0),
    "lipschitz": 0.25,
    "kinks": (),
    "value_at_zero": 0.5,
    "saturates": ("left", "right"),
    "asymptotes": ((0.0, 0.0), (0.0, 1.0)),
    "homogeneous": False,
}


_FAR = -708.0
"""Left of it 1 + e^{-x} is e^{-x} to the last place, which soon is more than the largest number."""


def squash(x: Floats) -> Floats:
    """Return the sigmoid of doubles."""
    rise = np.exp(-x)
    rise += 1.0
    result = np.divide(1.0, rise, out=rise)
    return np.where(x < _FAR, np.exp(x), result) if np.any(x < _FAR) else result


@elementwise
def sigmoid(x: Floats) -> Floats:
    """Squash every number into [0, 1].

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> float(sigmoid(0.0))
    0.5
    >>> sigmoid([-800.0, 800.0])
    array([0., 1.])
    """
    return squash(x)


@elementwise
def sigmoid_grad(x: Floats) -> Floats:
    """Differentiate `sigmoid` at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.

    Returns
    -------
    array, shape and precision of `x`
        Precise relative to its own size until it underflows.

    Examples
    --------
    >>> float(sigmoid_grad(0.0))
    0.25
    >>> bool(sigmoid_grad(100.0) == np.exp(-100.0))
    True
    """
    decay = np.exp(-np.abs(x))
    return decay / one_plus_squared(decay)


@elementwise
def sigmoid_second(x: Floats) -> Floats:
    """Differentiate `sigmoid` twice at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.

    Returns
    -------
    array, shape and precision of `x`
        Odd: above 0 on the left, where the sigmoid is convex.

    Examples
    --------
    >>> sigmoid_second([-800.0, 0.0, 800.0])
    array([ 0., -0., -0.])
    """
    decay = np.exp(-np.abs(x))
    return np.copysign(decay, x) * np.expm1(-np.abs(x)) / one_plus_cubed(decay)
