r"""The continuously differentiable exponential linear unit.

.. math:: f(x) = \begin{cases} x & x > 0 \\ \alpha (e^{x/\alpha} - 1) & x \le 0 \end{cases}, \qquad
          f'(x) = \begin{cases} 1 & x > 0 \\ e^{x/\alpha} & x \le 0 \end{cases}, \qquad
          f''(x) = \begin{cases} 0 & x > 0 \\ e^{x/\alpha} / \alpha & x \le 0 \end{cases}, \qquad \alpha > 0

The ELU with its argument divided by :math:`\alpha`: the slope at 0 is 1 from both sides whatever :math:`\alpha` is,
and :math:`f(x; \alpha) = \alpha f(x / \alpha; 1)`. With :math:`\alpha = 1` it is the ELU; with
:math:`\alpha \to 0` it becomes the ReLU.

Rounding :math:`x / \alpha` costs the exponential as many rounding errors as the quotient is large; the remainder of
the division is therefore kept. The value needs no such care: where the quotient is large, the exponential is
small beside 1.

Source: J. T. Barron, "Continuously Differentiable Exponential Linear Units" (2017).
"""

from __future__ import annotations

import numpy as np

from .._arrays import Floats, positive
from ._elementwise import elementwise
from ._exact import decay_of_product

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
def celu(x: Floats, *, alpha: float = 1.0) -> Floats:
    """Bend the negative half towards ``-alpha``, without a kink.

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
    >>> celu([-1000.0, 0.0, 1000.0], alpha=2)
    array([  -2.,    0., 1000.])
    """
    alpha = positive("alpha", alpha)
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)


@elementwise
def celu_grad(x: Floats, *, alpha: float = 1.0) -> Floats:
    """Differentiate `celu` at `x`; 1 at 0, whatever `alpha` is.

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
    >>> celu_grad([-2000.0, 0.0, 1000.0], alpha=2)
    array([0., 1., 1.])
    """
    near, rest = decay_of_product(np.minimum(x, 0), positive("alpha", alpha), inverse=True)
    return near * rest


@elementwise
def celu_second(x: Floats, *, alpha: float = 1.0) -> Floats:
    """Differentiate `celu` twice at `x`; ``1 / alpha`` at 0, where it jumps to 0.

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
    >>> celu_second([-2000.0, 0.0, 1000.0], alpha=2)
    array([0. , 0.5, 0. ])
    """
    alpha = positive("alpha", alpha)
    near, rest = decay_of_product(np.minimum(x, 0), alpha, inverse=True)
    return np.where(x > 0, 0.0, near / alpha * rest)
