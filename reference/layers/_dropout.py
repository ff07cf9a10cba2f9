r"""Inverted dropout: in training, a random part of the units is silent.

.. math:: y_i = \frac{m_i}{1 - p} \, x_i, \qquad \mathrm{d}x_i = \frac{m_i}{1 - p} \, g_i, \qquad
          m_i = 0 \text{ with probability } p \text{, else } 1

The division makes the expectation of the output equal to the input, so that at test time there is nothing to do:
the layer is the identity. The mask is drawn forward and kept for the backward pass; a second one would send the
gradient through units that were silent.

Source: N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov, "Dropout: A Simple Way to
Prevent Neural Networks from Overfitting" (2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arrays import Floats, as_floats, as_upstream, finite_number, quiet
from .._options import generator

Seed = int | Sequence[int] | np.random.SeedSequence | np.random.BitGenerator | np.random.Generator | None


class Cache(NamedTuple):
    """Which entries were kept, and by what they were multiplied."""

    kept: NDArray[np.bool_]
    scale: float
    dtype: np.dtype[Any]


@quiet
def dropout_forward(
    x: ArrayLike, rate: float = 0.5, *, rng: Seed = None, training: bool = True
) -> tuple[Floats, Cache]:
    """Silence a random part of `x`, and scale up the rest.

    Parameters
    ----------
    x : array_like, any shape
        The input.
    rate
        The probability with which an entry is silenced, in [0, 1).
    rng
        A seed, which gives the same mask every time, or a generator, which gives another one; None draws differently
        in every run.
    training
        False: return `x` as it is.

    Returns
    -------
    out : array, shape and precision of `x`
    cache
        For `dropout_backward`.

    Raises
    ------
    ValueError
        `rate` is outside [0, 1).

    Examples
    --------
    >>> out, cache = dropout_forward(np.ones(8), 0.5, rng=0)
    >>> out
    array([2., 0., 0., 0., 2., 2., 2., 2.])
    >>> dropout_backward(np.ones(8), cache)
    array([2., 0., 0., 0., 2., 2., 2., 2.])
    """
    x, rate = as_floats(x), probability("rate", rate)
    if training:
        kept = np.asarray(generator(rng).random(x.shape) >= rate)
        cache = Cache(kept, 1 / (1 - rate), x.dtype)
    else:
        cache = Cache(np.ones(x.shape, dtype=bool), 1.0, x.dtype)
    return _masked(x, cache), cache


@quiet
def dropout_backward(dout: ArrayLike, cache: Cache) -> Floats:
    """Send the upstream gradient through the units that `dropout_forward` has kept.

    Parameters
    ----------
    dout : array_like, shape of `x`
        The upstream gradient.
    cache
        From `dropout_forward`.

    Returns
    -------
    array, shape and precision of `x`

    Examples
    --------
    >>> out, cache = dropout_forward(np.ones(4), 0.5, rng=0, training=False)
    >>> dropout_backward([1.0, 2.0, 3.0, 4.0], cache)
    array([1., 2., 3., 4.])
    """
    return _masked(as_upstream(dout, cache.kept.shape), cache)


def probability(name: str, value: float) -> float:
    """Return `value` as a plain float.

    Raises
    ------
    ValueError
        It is outside [0, 1).
    """
    if not (finite_number(value) and 0 <= value < 1):
        raise ValueError(f"{name}={value!r} must lie in [0, 1): it is the share of units that are silenced")
    return float(value)


def _masked(x: Floats, cache: Cache) -> Floats:
    """Return the kept entries, scaled; a silent one is 0, whatever it was."""
    return np.where(cache.kept, x * cache.scale, 0).astype(cache.dtype)


class Dropout:
    """Dropout as a layer, which draws a new mask with every `forward`.

    Parameters
    ----------
    rate
        The probability with which an entry is silenced, in [0, 1).
    rng
        A seed or a generator.

    Attributes
    ----------
    training : bool
        False makes it the identity.
    params, grads : dict
        Empty.

    Examples
    --------
    >>> layer = Dropout(0.5, rng=0)
    >>> layer.forward(np.ones(4)), layer.forward(np.ones(4))
    (array([2., 0., 0., 0.]), array([2., 2., 2., 2.]))
    >>> layer.training = False
    >>> layer.forward(np.ones(4))
    array([1., 1., 1., 1.])
    """

    def __init__(self, rate: float = 0.5, *, rng: Seed = None) -> None:
        self.rate = probability("rate", rate)
        self.training = True
        self.params: dict[str, Floats] = {}
        self.grads: dict[str, Floats] = {}
        self._rng = generator(rng)
        self._cache: Cache | None = None

    def __repr__(self) -> str:
        return f"Dropout({self.rate})"

    def forward(self, x: ArrayLike) -> Floats:
        """Silence a random part of `x`, any shape; in test mode return it as it is."""
        out, self._cache = dropout_forward(x, self.rate, rng=self._rng, training=self.training)
        return out

    def backward(self, dout: ArrayLike) -> Floats:
        """Send the upstream gradient, shape of `x`, through the units that the last `forward` has kept."""
        if self._cache is None:
            raise ValueError(f"{self!r} has nothing to send a gradient through yet: call forward(x) first")
        return dropout_backward(dout, self._cache)
