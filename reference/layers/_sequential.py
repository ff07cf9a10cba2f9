r"""Layers one after the other.

.. math:: y = (f_L \circ \dots \circ f_1)(x), \qquad
          \mathrm{d}x = J_1^T \cdots J_L^T \, g

The chain rule backward: each layer turns the gradient of its output into that of its input, the last one first.

Source: D. Rumelhart, G. Hinton and R. Williams, "Learning representations by back-propagating errors" (1986).
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import ArrayLike

from .._named import Named


class Trainable(Protocol):
    """What a container asks of its layers; dictionaries `params` and `grads` where they have any."""

    def forward(self, x: Any) -> Any:
        """Return the output."""

    def backward(self, dout: Any) -> Any:
        """Return the gradient of the input."""


class Sequential:
    """Layers one after the other, which is a layer again.

    Parameters
    ----------
    *layers
        Objects with ``forward(x)`` and ``backward(dout)``: `Layer`, `Activation`, `Dropout`, `BatchNorm`, another
        `Sequential`.

    Attributes
    ----------
    layers : tuple
        As given.
    params, grads : mappings
        The arrays of all layers by number and name, such as ``0.w`` and ``2.gamma``. Assigning to one sets it in its
        layer.
    training : bool
        Assigning sets it in every layer that has it: batch normalization, dropout.

    Examples
    --------
    >>> import numpy as np
    >>> from gradcheck.reference import Activation, Layer, affine_backward, affine_forward, relu, relu_grad
    >>> first = Layer(affine_forward, affine_backward, w=[[1.0, -1.0]], b=[0.0, 0.0])
    >>> last = Layer(affine_forward, affine_backward, w=[[1.0], [1.0]], b=[0.0])
    >>> net = Sequential(first, Activation(relu, relu_grad), last)
    >>> net.forward([[-3.0], [2.0]]).ravel()  # |x|
    array([3., 2.])
    >>> net.backward([[1.0], [1.0]]).ravel()
    array([-1.,  1.])
    >>> list(net.params)
    ['0.w', '0.b', '2.w', '2.b']
    """

    def __init__(self, *layers: Trainable) -> None:
        for k, layer in enumerate(layers):
            if not {"forward", "backward"} <= set(dir(layer)):
                raise ValueError(
                    f"layers[{k}] is a {type(layer).__name__}; a layer has forward and backward: "
                    "wrap a pair of functions as Layer(forward, backward), an activation as Activation(f, f_grad)"
                )
        self._layers = {str(k): layer for k, layer in enumerate(layers)}

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"

    def forward(self, x: ArrayLike) -> Any:
        """Send `x` through all layers."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout: ArrayLike) -> Any:
        """Send the upstream gradient back through all layers, the last one first; sets the `grads` of each."""
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    @property
    def layers(self) -> tuple[Trainable, ...]:
        """The layers as given."""
        return tuple(self._layers.values())

    @property
    def params(self) -> Named:
        """The parameters of all layers."""
        return self._all("params")

    @property
    def grads(self) -> Named:
        """The gradients of all parameters."""
        return self._all("grads")

    @property
    def training(self) -> bool:
        """Whether any layer is in training."""
        return any(getattr(layer, "training", False) for layer in self.layers)

    @training.setter
    def training(self, value: bool) -> None:
        for layer in self.layers:
            if hasattr(layer, "training"):
                layer.training = value

    def _all(self, attribute: str) -> Named:
        homes = {k: getattr(layer, attribute, {}) for k, layer in self._layers.items()}
        return Named({f"{k}.{name}": (home, name) for k, home in homes.items() for name in home})
