r"""The hyperbolic tangent.

.. math:: \tanh x = \frac{e^x - e^{-x}}{e^x + e^{-x}} = 2 \sigma(2x) - 1, \qquad
          \tanh' x = \operatorname{sech}^2 x = \frac{4 e^{-2|x|}}{(1 + e^{-2|x|})^2} = 4 \sigma'(2x), \qquad
          \tanh'' x = -2 \tanh x \operatorname{sech}^2 x

The derivative is computed from the decaying exponential. The form :math:`1 - \tanh^2 x` needs no exponential,
yet loses all its digits by :math:`x = 19`, where :math:`\tanh` rounds to 1; and :math:`1 / \cosh^2 x`
overflows on the way.

Odd, hence zero-centered on symmetric input; saturates on both sides like the sigmoid, of which it is a scaled
copy.

Source: Y. LeCun, L. Bottou, G. Orr and K.-R. Müller, "Efficient BackProp" (1998).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_floats
from ._elementwise import elementwise
from ._exact import decay, one_plus_squared, tail

TRAITS: dict[str, object] = {
    "odd": True,
    "even": False,
    "monotone": True,
    "convex": False,
    "range": (-1.0, 1.0),
    "lipschitz": 1.0,
    "kinks": (),
    "value_at_zero": 0.0,
    "saturates": ("left", "right"),
    "asymptotes": ((0.0, -1.0), (0.0, 1.0)),
    "homogeneous": False,
}


def tanh(x: ArrayLike) -> Floats:
    """Squash every number into [-1, 1].

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> tanh([-1e300, 0.0, 1e300])
    array([-1.,  0.,  1.])
    """
    return np.tanh(as_floats(x))


@elementwise
def tanh_grad(x: Floats) -> Floats:
    """Differentiate `tanh` at `x`.

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
    >>> float(tanh_grad(0.0))
    1.0
    >>> bool(np.isclose(tanh_grad(100.0), 4 * np.exp(-200.0), rtol=1e-14, atol=0))
    True
    """
    return sech_squared(x)


@elementwise
def tanh_second(x: Floats) -> Floats:
    """Differentiate `tanh` twice at `x`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.

    Returns
    -------
    array, shape and precision of `x`
        Odd: above 0 on the left, where tanh is convex.

    Examples
    --------
    >>> tanh_second([-800.0, 0.0, 800.0])
    array([ 0., -0., -0.])
    """
    return sech_squared(x, -2.0 * np.tanh(x))


def sech_squared(x: Floats, factor: Floats | float = 1.0) -> Floats:
    """Return ``factor / cosh(x)**2``."""
    twice = 2.0 * np.abs(x)
    near = decay(twice)
    return 4.0 * factor * near / one_plus_squared(near) * tail(twice)
