r"""The self-normalizing exponential linear unit.

.. math:: f(x) = \lambda \begin{cases} x & x > 0 \\ \alpha (e^x - 1) & x \le 0 \end{cases}, \qquad
          f'(x) = \lambda \begin{cases} 1 & x > 0 \\ \alpha e^x & x \le 0 \end{cases}, \qquad
          f''(x) = \lambda \begin{cases} 0 & x > 0 \\ \alpha e^x & x \le 0 \end{cases}

It is an ELU whose two constants are chosen so that a standard normal input has a standard normal's mean and variance
again. With the moments of a half normal, :math:`\mathrm{E}\,f = 0` and :math:`\mathrm{E}\,f^2 = 1` have the solution

.. math:: \alpha = \frac{\sqrt{2/\pi}}{1 - \sqrt e \operatorname{erfc}(1/\sqrt2)} = 1.6732632423543772\ldots,
          \qquad \lambda = 1.0507009873554805\ldots

At 0 the slopes are :math:`\lambda \alpha = 1.758` from the left and :math:`\lambda` from the right; the left one is
taken there.

Source: G. Klambauer, T. Unterthiner, A. Mayr and S. Hochreiter, "Self-Normalizing Neural Networks" (2017).
"""

from __future__ import annotations

import numpy as np

from .._arrays import Floats
from ._elementwise import elementwise
from ._elu import scaled_exp

SCALE = 1.0507009873554804934193349852946
SCALE_ALPHA = 1.7580993408473768599402175208123
"""The product of both constants, rounded once."""

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": True,
    "convex": False,
    "range": (-SCALE_ALPHA, np.inf),
    "lipschitz": SCALE_ALPHA,
    "kinks": (0.0,),
    "kink_slopes": ((SCALE_ALPHA, SCALE),),
    "value_at_zero": 0.0,
    "saturates": ("left",),
    "asymptotes": ((0.0, -SCALE_ALPHA), (SCALE, 0.0)),
    "homogeneous": False,
}


@elementwise
def selu(x: Floats) -> Floats:
    """Stretch the positive half and bend the negative one, so that standard normal input stays so.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> selu([-1000.0, 0.0, 1.0]).round(4)
    array([-1.7581,  0.    ,  1.0507])
    """
    return SCALE * np.maximum(x, 0) + SCALE_ALPHA * np.expm1(np.minimum(x, 0))


@elementwise
def selu_grad(x: Floats) -> Floats:
    """Differentiate `selu` at `x`; the left slope, 1.758, at the kink.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> selu_grad([-1000.0, 0.0, 1.0]).round(4)
    array([0.    , 1.7581, 1.0507])
    """
    return np.where(x > 0, SCALE, scaled_exp(x, SCALE_ALPHA))


@elementwise
def selu_second(x: Floats) -> Floats:
    """Differentiate `selu` twice at `x`; the left value, 1.758, at the kink.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> selu_second([-1000.0, 0.0, 1.0]).round(4)
    array([0.    , 1.7581, 0.    ])
    """
    return np.where(x > 0, 0.0, scaled_exp(x, SCALE_ALPHA))
