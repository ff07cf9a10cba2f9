r"""Squareplus: a smooth ReLU of square roots alone.

.. math:: f(x) = \frac{x + s}{2}, \qquad f'(-|x|) = \frac{b}{2 (s^2 + |x| s)} = 1 - f'(|x|), \qquad
          f''(x) = \frac{b}{2 s^3}, \qquad
          s = \sqrt{x^2 + b}, \quad b > 0

Left of 0 the sum :math:`x + s` cancels. Multiplied by its conjugate, :math:`(s - |x|)(s + |x|) = b`, it becomes
:math:`f(-|x|) = b / (2 (s + |x|))`, in which nothing does; and :math:`f(x) = \max(x, 0) + f(-|x|)`. The square
would overflow from :math:`10^{154}` on; there `b` is far below the last place, `s` is :math:`|x|` itself, and the
slope falls like :math:`x^{-2}`.

The tails fall like :math:`b / (4 x^2)` in the slope. With :math:`b = 4 \log^2 2` it meets the softplus at 0, with
:math:`b = 0` it would be the ReLU.

Source: J. T. Barron, "Squareplus: A Softplus-Like Algebraic Rectifier" (2021).
"""

from __future__ import annotations

import numpy as np

from .._arrays import Floats, positive
from ._elementwise import elementwise
from ._exact import square

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": True,
    "convex": True,
    "range": (0.0, np.inf),
    "lipschitz": 1.0,
    "kinks": (),
    "value_at_zero": 1.0,
    "saturates": ("left",),
    "asymptotes": ((0.0, 0.0), (1.0, 0.0)),
    "homogeneous": False,
}

FAR = 1e150


@elementwise
def squareplus(x: Floats, *, b: float = 4.0) -> Floats:
    """Replace every negative number by nearly 0, smoothly.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.
    b
        Above 0: how wide the bend is, in squared units of `x`.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> squareplus([-1e9, 0.0, 1e9])
    array([1.e-09, 1.e+00, 1.e+09])
    """
    b, size = positive("b", b), np.abs(x)
    root = np.sqrt(size * size + b)
    if (size > FAR).any():
        root = np.where(size > FAR, size, root)
    return np.maximum(x, 0) + 0.25 * b / (0.5 * size + 0.5 * root)


@elementwise
def squareplus_grad(x: Floats, *, b: float = 4.0) -> Floats:
    """Differentiate `squareplus` at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.
    b
        Above 0.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> squareplus_grad([-1e9, 0.0, 1e9])
    array([1.e-18, 5.e-01, 1.e+00])
    """
    b, size = positive("b", b), np.abs(x)
    near = np.minimum(size, FAR) if (size > FAR).any() else size
    total = near * near + b
    left = 0.5 * b / (total + near * np.sqrt(total))
    if near is not size:
        left = left * (FAR / np.maximum(size, FAR)) ** 2
    result: Floats = np.where(x < 0, left, 1.0 - left)
    return result


@elementwise
def squareplus_second(x: Floats, *, b: float = 4.0) -> Floats:
    """Differentiate `squareplus` twice at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.
    b
        Above 0.

    Returns
    -------
    array, shape and precision of `x`
        Even, at most ``1 / (2 sqrt(b))``.

    Examples
    --------
    >>> squareplus_second([-1e9, 0.0, 1e9])
    array([2.0e-27, 2.5e-01, 2.0e-27])
    """
    b = positive("b", b)
    squared, lost = square(np.minimum(np.abs(x), FAR))
    total = squared + b
    small, large = np.minimum(squared, b), np.maximum(squared, b)
    lost += small - (total - large)
    result: Floats = 0.5 * b * (1.0 - 1.5 * lost / total) / total / np.sqrt(total)
    return result
