r"""The gated linear unit: one half of the features decides how much of the other passes.

.. math:: f(a, b) = a \, \sigma(b), \qquad
          \mathrm{d}a = \mathrm{d}f \, \sigma(b), \qquad
          \mathrm{d}b = \mathrm{d}f \, a \, \sigma'(b)

`a` is the first half of `x` along an axis and `b` the second, so the output is half as long as the input. Where the
gate is open the upstream passes as through a linear unit: of the two paths only the one through the gate can
vanish.

Source: Y. Dauphin, A. Fan, M. Auli and D. Grangier, "Language Modeling with Gated Convolutional Networks" (2017).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .._arrays import Floats, as_doubles, as_floats, as_upstream, quiet
from .._options import one_axis
from ._sigmoid import sigmoid, sigmoid_grad


class Cache(NamedTuple):
    """The partial derivatives by both halves, in double precision, and how to put them together."""

    by_a: Floats
    by_b: Floats
    axis: int
    dtype: DTypeLike


@quiet
def glu_forward(x: ArrayLike, *, axis: int = -1) -> tuple[Floats, Cache]:
    """Multiply the first half by the sigmoid of the second.

    Parameters
    ----------
    x : array_like, at least one axis
        Of even length along `axis`.
    axis
        Which axis is halved.

    Returns
    -------
    out : array, precision of `x`, half as long along `axis`
    cache
        For `glu_backward`.

    Raises
    ------
    ValueError
        The length along `axis` is odd.

    Examples
    --------
    >>> out, cache = glu_forward([[3.0, 4.0, 0.0, 1000.0]])
    >>> out
    array([[1.5, 4. ]])
    """
    x = as_floats(x)
    if x.shape[one_axis(x, axis)] % 2:
        raise ValueError(f"x has shape {x.shape}; its axis {axis} must have an even length, to be cut in halves")
    a, b = np.split(as_doubles(x), 2, axis=axis)
    gate = sigmoid(b)
    return (a * gate).astype(x.dtype), Cache(gate, a * sigmoid_grad(b), axis, x.dtype)


@quiet
def glu_backward(dout: ArrayLike, cache: Cache) -> Floats:
    """Send the upstream gradient through `glu_forward`.

    Parameters
    ----------
    dout : array_like, shape of the output
        The upstream gradient.
    cache
        From `glu_forward`.

    Returns
    -------
    dx : array, shape and precision of `x`

    Examples
    --------
    >>> out, cache = glu_forward([[3.0, 4.0, 0.0, 1000.0]])
    >>> glu_backward([[1.0, 1.0]], cache)
    array([[0.5 , 1.  , 0.75, 0.  ]])
    """
    dout = as_upstream(dout, cache.by_a.shape)
    halves = [dout * cache.by_a, dout * cache.by_b]
    return np.concatenate(halves, axis=cache.axis).astype(cache.dtype)
