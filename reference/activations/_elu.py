r"""The exponential linear unit.

.. math:: f(x) = \begin{cases} x & x > 0 \\ \alpha (e^x - 1) & x \le 0 \end{cases}, \qquad
          f'(x) = \begin{cases} 1 & x > 0 \\ \alpha e^x & x \le 0 \end{cases}, \qquad
          f''(x) = \begin{cases} 0 & x > 0 \\ \alpha e^x & x \le 0 \end{cases}, \qquad \alpha > 0

The exponential sees only :math:`\min(x, 0)` and cannot overflow, and `expm1` keeps the digits that
:math:`e^x - 1` loses next to 0.

With the usual :math:`\alpha = 1` the two branches meet with equal slope, so there is no kink; with any other
the slopes at 0 are :math:`\alpha` from the left and 1 from the right, and :math:`\alpha` is the derivative
taken there. The left side saturates at :math:`-\alpha`.

Source: D.-A. Clevert, T. Unterthiner and S. Hochreiter, "Fast and Accurate Deep Network Learning by
Exponential Linear Units" (2015).
"""

from __future__ import annotations

import numpy as np

from .._arrays import Floats, positive
from ._elementwise import elementwise
from ._exact import decay, tail

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": True,
    "convex": True,
    "range": (-1.0, np.inf),
    "lipschitz": 1.0,
    "kinks": (),
    "value_at_zero": 0.0,
    "saturates": ("left",),
    "asymptotes": ((0.0, -1.0), (1.0, 0.0)),
    "homogeneous": False,
}


@elementwise
def elu(x: Floats, *, alpha: float = 1.0) -> Floats:
    """Bend the negative half smoothly towards ``-alpha``.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.
    alpha
        Above 0, in the units of `x`.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> elu([-1000.0, 0.0, 1000.0])
    array([  -1.,    0., 1000.])
    """
    return np.maximum(x, 0) + positive("alpha", alpha) * np.expm1(np.minimum(x, 0))


@elementwise
def elu_grad(x: Floats, *, alpha: float = 1.0) -> Floats:
    """Differentiate `elu` at `x`; `alpha` at 0.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.
    alpha
        Above 0.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> elu_grad([-1000.0, 0.0, 1000.0])
    array([0., 1., 1.])
    """
    return np.where(x > 0, 1.0, scaled_exp(x, positive("alpha", alpha)))


@elementwise
def elu_second(x: Floats, *, alpha: float = 1.0) -> Floats:
    """Differentiate `elu` twice at `x`; `alpha` at 0, where it jumps to 0.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.
    alpha
        Above 0.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> elu_second([-1000.0, 0.0, 1000.0])
    array([0., 1., 0.])
    """
    return np.where(x > 0, 0.0, scaled_exp(x, positive("alpha", alpha)))


def scaled_exp(x: Floats, factor: float) -> Floats:
    """Return ``factor * exp(min(x, 0))``."""
    if factor == 1.0:
        return np.asarray(np.exp(np.minimum(x, 0)))
    below = -np.minimum(x, 0)
    return factor * decay(below) * tail(below)
