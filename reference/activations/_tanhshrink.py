r"""Tanhshrink: what the hyperbolic tangent takes away.

.. math:: f(x) = x - \tanh x, \qquad f'(x) = \tanh^2 x, \qquad f''(x) = 2 \tanh x \operatorname{sech}^2 x

Next to 0 the difference is :math:`x^3/3`, and the subtraction leaves nothing of it. Multiplied by
:math:`\cosh x` it is a series in which *every* term is positive, so that nothing can cancel:

.. math:: x - \tanh x = \frac{x \cosh x - \sinh x}{\cosh x}, \qquad
          x \cosh x - \sinh x = x^3 \sum_{k=1}^{\infty} \frac{2k}{(2k+1)!} x^{2k-2}

It serves up to :math:`|x| = 2`, where twelve terms reach the last place; beyond, the subtraction is good. Below
:math:`10^{-100}` the cube underflows by itself.

The function is nearly flat at 0 and :math:`x \mp 1` far out: a smooth relative of the soft threshold.

Source: `torch.nn.Tanhshrink`; the series is the difference of those of sinh and cosh.
"""

from __future__ import annotations

import math

import numpy as np

from .._arrays import Floats
from ._elementwise import elementwise
from ._exact import square
from ._tanh import sech_squared

TRAITS: dict[str, object] = {
    "odd": True,
    "even": False,
    "monotone": True,
    "convex": False,
    "range": (-np.inf, np.inf),
    "lipschitz": 1.0,
    "kinks": (),
    "value_at_zero": 0.0,
    "saturates": (),
    "asymptotes": ((1.0, 1.0), (1.0, -1.0)),
    "homogeneous": False,
}

NEAR = 2.0
TINY = 1e-300
SERIES = [2 * k / math.factorial(2 * k + 1) for k in range(1, 13)]


@elementwise
def tanhshrink(x: Floats) -> Floats:
    """Subtract its hyperbolic tangent from every number.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`
        Precise relative to its own size, also next to 0.

    Examples
    --------
    >>> tanhshrink([-1000.0, 0.0, 3e-5])
    array([-9.99e+02,  0.00e+00,  9.00e-15])
    """
    return np.where(np.abs(x) < NEAR, _by_series(np.clip(x, -NEAR, NEAR)), x - np.tanh(x))


def _by_series(x: Floats) -> Floats:
    squared, lost = square(x)
    total = np.full_like(x, SERIES[-1])
    for coefficient in SERIES[-2:0:-1]:
        total *= squared
        total += coefficient
    # What the square has lost is a third of itself in the sum, where it belongs to the smaller addend.
    total = SERIES[0] + (total * squared + SERIES[0] * lost / np.maximum(squared, TINY))
    return x * squared * (total / np.cosh(x))


@elementwise
def tanhshrink_grad(x: Floats) -> Floats:
    """Differentiate `tanhshrink` at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> tanhshrink_grad([-1000.0, 0.0, 1e-5])
    array([1.e+00, 0.e+00, 1.e-10])
    """
    return np.tanh(x) ** 2


@elementwise
def tanhshrink_second(x: Floats) -> Floats:
    """Differentiate `tanhshrink` twice at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> tanhshrink_second([-800.0, 0.0, 800.0])
    array([-0.,  0.,  0.])
    """
    return sech_squared(x, 2.0 * np.tanh(x))
