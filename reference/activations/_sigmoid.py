r"""The logistic sigmoid.

.. math:: \sigma(x) = \frac{1}{1 + e^{-x}}, \qquad
          \sigma'(x) = \sigma(x) \, \sigma(-x) = \frac{e^{-|x|}}{(1 + e^{-|x|})^2}, \qquad
          \sigma''(x) = \pm \frac{e^{-|x|} (1 - e^{-|x|})}{(1 + e^{-|x|})^3}

All are written in the decaying exponential :math:`e^{-|x|}`, which cannot overflow. For :math:`x < 0` the
fraction is multiplied through by :math:`e^x`. The derivative is even, and the textbook form
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
    decay = np.exp(-np.abs(x))
    return np.maximum(decay, x >= 0) / (1.0 + decay)


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
