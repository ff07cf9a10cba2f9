r"""Functions as layers: objects with `forward` and `backward`, which hold their parameters and the cache.

.. math:: y = f(x, w), \qquad \mathrm{d}x = \Bigl( \frac{\partial f}{\partial x} \Bigr)^T g, \qquad
          \mathrm{d}w = \Bigl( \frac{\partial f}{\partial w} \Bigr)^T g

with the upstream gradient `g`. Of an elementwise function the Jacobian is diagonal, and
:math:`\mathrm{d}x = f'(x) \odot g`.

Source: D. Rumelhart, G. Hinton and R. Williams, "Learning representations by back-propagating errors" (1986).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_floats, as_upstream, quiet


class Layer:
    """A forward and backward pair with its parameters.

    Parameters
    ----------
    forward
        ``forward(x, **params) -> (out, cache)``; options are fixed with `functools.partial`.
    backward
        ``backward(dout, cache)``: the gradient of `x`, then those of the parameters in the order of `forward`. The
        first is left out where `x` has none, as the indices of an embedding.
    **params : array_like
        Parameters, by their names in `forward`; the layer keeps copies of its own.

    Attributes
    ----------
    params : dict of arrays
        What the next `forward` uses.
    grads : dict of arrays
        Their gradients; each `backward` overwrites them. Zero before the first.

    Examples
    --------
    >>> from gradcheck.reference import affine_backward, affine_forward
    >>> layer = Layer(affine_forward, affine_backward, w=[[1.0, 2.0]], b=[0.0, 10.0])
    >>> layer.forward([[3.0]])
    array([[ 3., 16.]])
    >>> layer.backward([[1.0, 1.0]])
    array([[3.]])
    >>> layer.grads
    {'w': array([[3., 3.]]), 'b': array([1., 1.])}
    """

    def __init__(self, forward: Callable[..., Any], backward: Callable[..., Any], **params: ArrayLike) -> None:
        _callable("forward", forward, "takes x and returns (out, cache)")
        _callable("backward", backward, "takes (dout, cache) and returns gradients")
        names = [name for name in inspect.signature(forward).parameters if name in params]
        unknown = params.keys() - set(names)
        if unknown:
            raise ValueError(f"params has {min(unknown)!r}, but {_name(forward)} takes no such argument")
        self.params: dict[str, Floats] = {name: as_floats(params[name], name).copy() for name in names}
        self.grads: dict[str, Floats] = {name: np.zeros_like(value) for name, value in self.params.items()}
        self._forward, self._backward = forward, backward
        self._cache: Any = None

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name}: {value.shape}" for name, value in self.params.items())
        return f"Layer({_name(self._forward)}{f', {shapes}' if shapes else ''})"

    def forward(self, x: ArrayLike) -> Any:
        """Return the output for `x`, and keep the cache."""
        out, self._cache = self._forward(x, **self.params)
        return out

    def backward(self, dout: ArrayLike) -> Any:
        """Send the upstream gradient through the last `forward`; sets `grads`, returns the gradient of `x`."""
        if self._cache is None:
            raise ValueError(f"{self!r} has nothing to send a gradient through yet: call forward(x) first")
        returned = self._backward(dout, self._cache)
        gradients = list(returned) if isinstance(returned, tuple) else [returned]
        dx = gradients.pop(0) if len(gradients) > len(self.params) else None
        self.grads.update(zip(self.params, gradients, strict=True))
        return dx


class Activation:
    """An elementwise function and its derivative as a layer.

    Parameters
    ----------
    function, derivative
        ``f(x)`` and ``f'(x)``, both of the input.

    Attributes
    ----------
    params, grads : dict
        Empty.

    Examples
    --------
    >>> from gradcheck.reference import relu, relu_grad
    >>> layer = Activation(relu, relu_grad)
    >>> layer.forward([-1.0, 2.0])
    array([0., 2.])
    >>> layer.backward([10.0, 10.0])
    array([ 0., 10.])
    """

    def __init__(self, function: Callable[[Any], Any], derivative: Callable[[Any], Any]) -> None:
        _callable("function", function, "takes x, such as relu")
        _callable("derivative", derivative, "takes x, such as relu_grad")
        self.function, self.derivative = function, derivative
        self.params: dict[str, Floats] = {}
        self.grads: dict[str, Floats] = {}
        self._slope: Floats | None = None

    def __repr__(self) -> str:
        return f"Activation({_name(self.function)})"

    def forward(self, x: ArrayLike) -> Any:
        """Return f(x), any shape, and keep f'(x)."""
        self._slope = self.derivative(x)
        return self.function(x)

    @quiet
    def backward(self, dout: ArrayLike) -> Floats:
        """Multiply the upstream gradient, shape of `x`, by f'(x)."""
        if self._slope is None:
            raise ValueError(f"{self!r} has nothing to send a gradient through yet: call forward(x) first")
        slope = as_floats(self._slope)
        return (as_upstream(dout, slope.shape) * slope).astype(slope.dtype)


def _callable(name: str, value: Any, meaning: str) -> None:
    if not callable(value):
        raise ValueError(f"{name}={value!r} must be a function that {meaning}")  # noqa: TRY004


def _name(function: Any) -> str:
    """Return the name of a function, also of one with options fixed."""
    return str(getattr(getattr(function, "func", function), "__name__", type(function).__name__))
