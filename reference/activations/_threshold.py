r"""The threshold: numbers up to a limit are replaced by a constant.

.. math:: f(x) = \begin{cases} x & x > \theta \\ v & x \le \theta \end{cases}, \qquad
          f'(x) = [x > \theta], \qquad f''(x) = 0

With :math:`v = \theta` it is continuous, with a kink at :math:`\theta`, and for both 0 the ReLU. Any other value
makes it *jump* at :math:`\theta`; it has no slope there, and 0 is a convention. The defaults, :math:`\theta = 1`
and :math:`v = 0`, make the thresholded linear unit that needs no bias.

Source: K. Konda, R. Memisevic and D. Krueger, "Zero-bias autoencoders and the benefits of co-adapting features"
(2015); `torch.nn.Threshold`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_floats, number
from ._elementwise import piecewise
from ._steps import flat, step

TRAITS: dict[str, object] = {
    "odd": False,
    "even": False,
    "monotone": True,
    "convex": False,
    "range": (0.0, np.inf),
    "kinks": (),
    "jumps": (1.0,),
    "value_at_zero": 0.0,
    "saturates": ("left",),
    "asymptotes": ((0.0, 0.0), (1.0, 0.0)),
    "homogeneous": False,
}


def threshold(x: ArrayLike, *, limit: float = 1.0, value: float = 0.0) -> Floats:
    """Replace every number up to `limit` by `value`.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.
    limit
        Any number, in the units of `x`.
    value
        What stands in for the others.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> threshold([-2.0, 0.5, 1.0, 3.0])
    array([0., 0., 0., 3.])
    """
    x = as_floats(x)
    return np.where(x <= number("limit", limit), x.dtype.type(number("value", value)), x)[()]


@piecewise
def threshold_grad(x: Floats, *, limit: float = 1.0, value: float = 0.0) -> Floats:  # noqa: ARG001
    """Differentiate `threshold` at `x`; 0 at the limit.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.
    limit
        Any number.
    value
        Does not matter to the slope.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> threshold_grad([-2.0, 0.5, 1.0, 3.0])
    array([0., 0., 0., 1.])
    """
    return step(x > number("limit", limit), x)


@piecewise
def threshold_second(x: Floats, *, limit: float = 1.0, value: float = 0.0) -> Floats:  # noqa: ARG001
    """Differentiate `threshold` twice at `x`: 0, also at the limit.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.
    limit, value
        Do not matter.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> threshold_second([-2.0, 0.5, 1.0, 3.0])
    array([0., 0., 0., 0.])
    """
    return flat(x)
