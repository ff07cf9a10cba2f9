r"""The logistic sigmoid.

.. math:: \sigma(x) = \frac{1}{1 + e^{-x}}, \qquad
          \sigma'(x) = \sigma(x) \, \sigma(-x) = \frac{e^{-|x|}}{(1 + e^{-|x|})^2}

Both are written in the decaying exponential :math:`e^{-|x|}`, which cannot overflow. For :math:`x < 0` the
fraction is multiplied through by :math:`e^x`. The derivative is even, and the textbook form
:math:`\sigma (1 - \sigma)` is avoided: from :math:`x = 37` on, :math:`\sigma` rounds to 1, so that form gives
0 where the truth is :math:`e^{-37}`.

The derivative is at most 1/4 and falls like :math:`e^{-|x|}`: a saturated unit passes (almost) nothing back.

Source: P.-F. Verhulst, "Recherches mathématiques sur la loi d'accroissement de la population" (1845); as a
unit of a network, D. Rumelhart, G. Hinton and R. Williams, "Learning representations by back-propagating
errors" (1986).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_floats, quiet

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": True,
    "range": (0.0, 1.0),
    "lipschitz": 0.25,
    "kinks": (),
    "value_at_zero": 0.5,
    "saturates": ("left", "right"),
    "homogeneous": False,
}


@quiet
def sigmoid(x: ArrayLike) -> Floats:
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
    x = as_floats(x)
    decay = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, decay) / (1.0 + decay)


@quiet
def sigmoid_grad(x: ArrayLike) -> Floats:
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
    decay = np.exp(-np.abs(as_floats(x)))
    return decay / (1.0 + decay) ** 2
