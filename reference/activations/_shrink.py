r"""Soft and hard thresholds: small numbers become 0.

.. math:: S_\lambda(x) = x - \operatorname{clip}(x, -\lambda, \lambda)
                       = \operatorname{sign}(x) \max(|x| - \lambda, 0), \qquad
          H_\lambda(x) = x \, [|x| > \lambda]

.. math:: S_\lambda'(x) = H_\lambda'(x) = [|x| > \lambda], \qquad S_\lambda'' = H_\lambda'' = 0, \qquad \lambda > 0

They are the proximal maps of two penalties: the soft one minimizes :math:`(y - x)^2 / 2 + \lambda |y|` over y, the
hard one :math:`(y - x)^2 / 2 + [y \ne 0] \lambda^2 / 2`. The soft one has kinks at :math:`\pm\lambda`, where the
slope of the flat side, 0, is taken. The hard one *jumps* there by :math:`\lambda`; it has no slope at that point, and
0 is a convention.

Source: D. Donoho and I. Johnstone, "Ideal spatial adaptation by wavelet shrinkage" (1994).
"""

from __future__ import annotations

import numpy as np

from .._arrays import Floats, positive
from ._elementwise import piecewise
from ._steps import flat, step

_COMMON: dict[str, object] = {
    "odd": True,
    "even": False,
    "monotone": True,
    "convex": False,
    "range": (-np.inf, np.inf),
    "value_at_zero": 0.0,
    "saturates": (),
    "homogeneous": False,
}

TRAITS: dict[str, dict[str, object]] = {
    "softshrink": {
        **_COMMON,
        "lipschitz": 1.0,
        "kinks": (-0.5, 0.5),
        "kink_slopes": ((1.0, 0.0), (0.0, 1.0)),
        "asymptotes": ((1.0, 0.5), (1.0, -0.5)),
    },
    "hardshrink": {
        **_COMMON,
        "kinks": (),
        "jumps": (-0.5, 0.5),
        "asymptotes": ((1.0, 0.0), (1.0, 0.0)),
    },
}


@piecewise
def softshrink(x: Floats, *, threshold: float = 0.5) -> Floats:
    """Move every number by `threshold` towards 0, and stop there.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.
    threshold
        Above 0, in the units of `x`.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> softshrink([-2.0, 0.25, 3.0])
    array([-1.5,  0. ,  2.5])
    """
    threshold = positive("threshold", threshold)
    return x - np.clip(x, -threshold, threshold)


@piecewise
def softshrink_grad(x: Floats, *, threshold: float = 0.5) -> Floats:
    """Differentiate `softshrink` at `x`; 0 at both kinks.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.
    threshold
        Above 0.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> softshrink_grad([-2.0, 0.25, 0.5])
    array([1., 0., 0.])
    """
    return _outside(x, threshold)


@piecewise
def softshrink_second(x: Floats, *, threshold: float = 0.5) -> Floats:
    """Differentiate `softshrink` twice at `x`: 0, also at the kinks.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.
    threshold
        Above 0.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> softshrink_second([-2.0, 0.25, 0.5])
    array([0., 0., 0.])
    """
    positive("threshold", threshold)
    return flat(x)


@piecewise
def hardshrink(x: Floats, *, threshold: float = 0.5) -> Floats:
    """Replace every number up to `threshold` in size by 0.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations; infinities are allowed.
    threshold
        Above 0, in the units of `x`.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> hardshrink([-2.0, 0.25, 3.0])
    array([-2.,  0.,  3.])
    """
    return np.where(np.abs(x) <= positive("threshold", threshold), x.dtype.type(0), x)


@piecewise
def hardshrink_grad(x: Floats, *, threshold: float = 0.5) -> Floats:
    """Differentiate `hardshrink` at `x`; 0 where it jumps.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations, not outputs.
    threshold
        Above 0.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> hardshrink_grad([-2.0, 0.25, 0.5])
    array([1., 0., 0.])
    """
    return _outside(x, threshold)


@piecewise
def hardshrink_second(x: Floats, *, threshold: float = 0.5) -> Floats:
    """Differentiate `hardshrink` twice at `x`: 0, also where it jumps.

    Parameters
    ----------
    x : array_like, any shape
        Pre-activations.
    threshold
        Above 0.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> hardshrink_second([-2.0, 0.25, 0.5])
    array([0., 0., 0.])
    """
    positive("threshold", threshold)
    return flat(x)


def _outside(x: Floats, threshold: float) -> Floats:
    return step(np.abs(x) > positive("threshold", threshold), x)
