"""What the normalizations of single examples share: parameters, their gradients, the cache."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_floats, as_upstream, positive, quiet
from .._moments import Axes, count_along
from .._named import Named
from .._options import whole
from ._standardize import pull_back, standardize


class _Cache(NamedTuple):
    """What `backward` reads. All of it is computed, so nothing that a caller changes later reaches it."""

    x_hat: Floats
    scale: Floats
    gamma: Floats
    axes: Axes
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class ExampleNorm:
    """Normalize each example, or each part of one, by itself, then scale and shift.

    A subclass says how the input is laid out: in which shape, along which axes of it the statistics are taken, and in
    which shape the parameters stand beside it.
    """

    _names: tuple[str, ...] = ("gamma", "beta")
    _centered = True

    def __init__(self, width: int, *, eps: float, affine: bool) -> None:
        self.width = whole("width", width, "the number of features")
        self.eps = positive("eps", eps)
        self.affine = bool(affine)
        self.gamma: Floats | None = None
        self.beta: Floats | None = None
        self.dgamma: Floats | None = None
        self.dbeta: Floats | None = None
        for name in self._names if affine else ():
            setattr(self, name, np.full(self.width, float(name == "gamma")))
            setattr(self, f"d{name}", np.zeros(self.width))
        self._cache: _Cache | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.width}, eps={self.eps}{'' if self.affine else ', affine=False'})"

    def _layout(self, x: Floats) -> tuple[tuple[int, ...], Axes, tuple[int, ...]]:
        """Return the shape that `x` is normalized in, the axes of the statistics, and the shape of the parameters.

        Raises
        ------
        ValueError
            `x` does not fit.
        """
        raise NotImplementedError

    @property
    def params(self) -> Named:
        """The parameters by name; assigning sets them."""
        return Named({name: (vars(self), name) for name in self._names if self.affine})

    @property
    def grads(self) -> Named:
        """Their gradients, by the names of what they are the gradients of."""
        return Named({name: (vars(self), f"d{name}") for name in self._names if self.affine})

    @quiet
    def forward(self, x: ArrayLike) -> Floats:
        """Normalize `x`; shape and precision stay.

        Raises
        ------
        ValueError
            `x` does not fit.
        """
        x = as_floats(x)
        shape, axes, beside = self._layout(x)
        found = standardize(x.reshape(shape), axes, self.eps, centered=self._centered)
        gamma = np.ones(beside) if self.gamma is None else as_doubles(self.gamma).reshape(beside).copy()
        self._cache = _Cache(found.x_hat, 1 / found.std, gamma, axes, x.shape, x.dtype)
        out = gamma * found.x_hat
        if self.beta is not None:
            out += self.beta.reshape(beside)
        return out.reshape(x.shape).astype(x.dtype, copy=False)

    @quiet
    def backward(self, dout: ArrayLike) -> Floats:
        """Send the upstream gradient, shape of `x`, through the last `forward`; sets the gradients of the parameters.

        Raises
        ------
        ValueError
            There was no `forward`, or the upstream has another shape.
        """
        if self._cache is None:
            raise ValueError(f"{self!r} has nothing to send a gradient through yet: call forward(x) first")
        x_hat, scale, gamma, axes, shape, dtype = self._cache
        upstream = as_doubles(as_upstream(dout, shape)).reshape(x_hat.shape)
        everyone = tuple(axis for axis, n in enumerate(gamma.shape) if n == 1)  # who shares a parameter
        if self.gamma is not None:
            self.dgamma = (upstream * x_hat).sum(axis=everyone).reshape(-1).astype(self.gamma.dtype)
        if self.beta is not None:
            self.dbeta = upstream.sum(axis=everyone).reshape(-1).astype(self.beta.dtype)
        g, n = upstream * gamma, count_along(x_hat, axes)
        mean_gx = (g * x_hat).sum(axis=axes, keepdims=True) / n
        mean_g = g.sum(axis=axes, keepdims=True) / n if self._centered else np.zeros_like(mean_gx)
        return pull_back(g, x_hat, scale, mean_gx, mean_g, dtype).reshape(shape)
