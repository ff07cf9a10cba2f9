# ruff: noqa: D401, D403 - each docstring is the mistake itself, in the words of whoever finds it
"""Layer objects that get a parameter's gradient wrong."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from .planted import Call, Shelf, W, X
from .upstreams import Affine

SHELF = Shelf()


def _points(*shape: int) -> np.ndarray:
    return np.random.default_rng(7).normal(size=shape)


class _Off(Affine):
    """An affine layer, square, one of whose gradients is spoilt after the fact."""

    def __init__(self, spoil: object) -> None:
        super().__init__(4, 4)
        self._spoil = spoil

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dx = super().backward(dout)
        return self._spoil(self, dout, dx)  # type: ignore[operator]


def _affine(spoil: object) -> Call:
    return _Off(spoil), (_points(5, 4),), {}


@SHELF.add("GC102", W)
def weight_gradient_transposed() -> Call:
    """Square, so that no shape complains."""

    def spoil(layer: Affine, dout: np.ndarray, dx: np.ndarray) -> np.ndarray:
        layer.dW = layer.dW.T.copy()
        return dx

    return _affine(spoil)


@SHELF.add("GC102", W)
def weight_gradient_averaged() -> Call:
    """Divided by the batch size once too often."""

    def spoil(layer: Affine, dout: np.ndarray, dx: np.ndarray) -> np.ndarray:
        layer.dW = layer.dW / len(dout)
        return dx

    return _affine(spoil)


@SHELF.add("GC102", "params['b']")
def bias_gradient_averaged() -> Call:
    """The mean over the batch instead of the sum."""

    def spoil(layer: Affine, dout: np.ndarray, dx: np.ndarray) -> np.ndarray:
        layer.db = dout.mean(axis=0)
        return dx

    return _affine(spoil)


@SHELF.add("GC102", "params['b']")
def bias_gradient_summed_over_the_features() -> Call:
    """The wrong axis, hidden by a batch as large as the layer is wide."""

    def spoil(layer: Affine, dout: np.ndarray, dx: np.ndarray) -> np.ndarray:
        layer.db = dout.sum(axis=1)
        return dx

    return _Off(spoil), (_points(4, 4),), {}


@SHELF.add("GC102", "params['b']")
def bias_gradient_of_the_first_example() -> Call:
    """Right for a batch of one."""

    def spoil(layer: Affine, dout: np.ndarray, dx: np.ndarray) -> np.ndarray:
        layer.db = dout[0].copy()
        return dx

    return _affine(spoil)


@SHELF.add("GC101", X)
def input_gradient_by_the_untransposed_weight() -> Call:
    """dout W instead of dout W^T."""
    return _affine(lambda layer, dout, dx: dout @ layer.W)


@SHELF.add("GC102", W, (2, 3))
def one_weight_forgotten() -> Call:
    """One entry of sixteen is zero."""

    def spoil(layer: Affine, dout: np.ndarray, dx: np.ndarray) -> np.ndarray:
        layer.dW[2, 3] = 0.0
        return dx

    return _affine(spoil)


class _Gated:
    """x A * sigmoid(x B), whose two gradients have one shape."""

    def __init__(self) -> None:
        rng = np.random.default_rng(5)
        self.A, self.B = rng.normal(size=(2, 4, 4))
        self.dA = self.dB = np.zeros((4, 4))

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x, self.gate, self.value = x, 0.5 * (1 + np.tanh(x @ self.B / 2)), x @ self.A
        return self.value * self.gate

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dvalue, dgate = dout * self.gate, dout * self.value * self.gate * (1 - self.gate)
        self.dA, self.dB = self.x.T @ dvalue, self.x.T @ dgate
        return dvalue @ self.A.T + dgate @ self.B.T


@SHELF.add("GC102", "params['A']")
def two_weight_gradients_swapped() -> Call:
    """Each is right, for the other."""

    class Swapped(_Gated):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            dx = super().backward(dout)
            self.dA, self.dB = self.dB, self.dA
            return dx

    return Swapped(), (_points(3, 4),), {}


@SHELF.add("GC101", X)
def gate_without_its_input_path() -> Call:
    """The gate is treated as a constant on the way to the input."""

    class Detached(_Gated):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            super().backward(dout)
            return (dout * self.gate) @ self.A.T

    return Detached(), (_points(3, 4),), {}


@SHELF.add("GC101", X)
def shortcut_forgotten() -> Call:
    """y = x + tanh(x W), whose backward forgets the x."""

    class Residual(Affine):
        def forward(self, x: np.ndarray) -> np.ndarray:
            self.out = np.tanh(super().forward(x))
            return x + self.out

        def backward(self, dout: np.ndarray) -> np.ndarray:
            return super().backward(dout * (1 - self.out**2))

    return Residual(4, 4), (_points(5, 4),), {}


@SHELF.add("GC102", "params['table']")
def repeated_index_assigned() -> Call:
    """``dtable[i] = dout`` keeps the last of several equal indices; ``np.add.at`` adds them."""

    class Embedding:
        def __init__(self) -> None:
            self.table = _points(5, 3)
            self.dtable = np.zeros_like(self.table)

        def forward(self, scale: np.ndarray, rows: np.ndarray) -> np.ndarray:
            self.scale, self.rows = scale, rows
            return scale[:, None] * self.table[rows]

        def backward(self, dout: np.ndarray) -> np.ndarray:
            self.dtable = np.zeros_like(self.table)
            self.dtable[self.rows] = self.scale[:, None] * dout
            return (dout * self.table[self.rows]).sum(axis=1)

    return Embedding(), (_points(4) + 2, np.array([0, 3, 3, 1])), {}


@SHELF.add("GC102", "params['alpha']")
def prelu_slope_from_the_positive_side() -> Call:
    """The mask of the learned slope is the other one."""

    class PReLU:
        def __init__(self) -> None:
            self.alpha, self.dalpha = 0.25, 0.0

        def forward(self, x: np.ndarray) -> np.ndarray:
            self.x = x
            return np.where(x > 0, x, self.alpha * x)

        def backward(self, dout: np.ndarray) -> np.ndarray:
            self.dalpha = float(np.sum(dout * self.x * (self.x > 0)))
            return dout * np.where(self.x > 0, 1, self.alpha)

    return PReLU(), (_points(6),), {}


@SHELF.add("GC102", "params['W']")
def dictionary_gradient_doubled() -> Call:
    """The same mistake where parameters live in dictionaries."""

    class Dictionaries:
        def __init__(self) -> None:
            self.params, self.grads = {"W": _points(4, 3)}, {}

        def forward(self, x: np.ndarray) -> np.ndarray:
            self.x = x
            return np.tanh(x @ self.params["W"])

        def backward(self, dout: np.ndarray) -> np.ndarray:
            inner = dout * (1 - np.tanh(self.x @ self.params["W"]) ** 2)
            self.grads["W"] = 2 * self.x.T @ inner
            return inner @ self.params["W"].T

    return Dictionaries(), (_points(5, 4),), {}


@SHELF.add("GC102", "params['weight']")
def holder_gradient_with_the_wrong_sign() -> Call:
    """The same where a parameter is an object with ``data`` and ``grad``."""

    class Held:
        def __init__(self) -> None:
            self.weight = SimpleNamespace(data=_points(4, 3), grad=None)

        def forward(self, x: np.ndarray) -> np.ndarray:
            self.x = x
            return x @ self.weight.data

        def backward(self, dout: np.ndarray) -> np.ndarray:
            self.weight.grad = -self.x.T @ dout
            return dout @ self.weight.data.T

    return Held(), (_points(5, 4),), {}


@SHELF.add("GC102", "params['inner.W']")
def sublayer_gradient_one_percent_off() -> Call:
    """The mistake sits one level down."""

    class Wrapped:
        def __init__(self) -> None:
            self.inner = _Off(self._spoil)

        @staticmethod
        def _spoil(layer: Affine, dout: np.ndarray, dx: np.ndarray) -> np.ndarray:
            layer.dW *= 1.01
            return dx

        def forward(self, x: np.ndarray) -> np.ndarray:
            self.out = np.tanh(self.inner.forward(x))
            return self.out

        def backward(self, dout: np.ndarray) -> np.ndarray:
            return self.inner.backward(dout * (1 - self.out**2))

    return Wrapped(), (_points(5, 4),), {}


@SHELF.add("GC102", "params['gain']")
def gain_gradient_by_the_normalized_input_of_one_feature() -> Call:
    """The sum over the batch also runs over the features."""

    class Scale:
        def __init__(self) -> None:
            self.gain, self.dgain = _points(3), np.zeros(3)

        def forward(self, x: np.ndarray) -> np.ndarray:
            self.x = x
            return x * self.gain

        def backward(self, dout: np.ndarray) -> np.ndarray:
            self.dgain = np.full(3, np.sum(dout * self.x))
            return dout * self.gain

    return Scale(), (_points(5, 3),), {}


# -- what a backward leaves behind -----------------------------------------------------------------------------------


@SHELF.add("GC105", X)
def relu_overwrites_the_input_that_it_kept() -> Call:
    """The mask is written into the array that forward was given."""

    class Relu:
        def forward(self, x: np.ndarray) -> np.ndarray:
            self.x = x
            return np.maximum(x, 0)

        def backward(self, dout: np.ndarray) -> np.ndarray:
            self.x[self.x <= 0] = 0
            self.x[self.x > 0] = 1
            return dout * self.x

    return Relu(), (_points(5, 4),), {}


@SHELF.add("GC105", X)
def affine_scales_the_input_that_it_kept() -> Call:
    """After the gradient of the weights is made, and the right one."""

    class Scaling(Affine):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            dx = super().backward(dout)
            self.x *= 0.5
            return dx

    return Scaling(4, 3), (_points(5, 4),), {}


@SHELF.add("GC105", "outputs[0]")
def tanh_squares_the_output_that_it_returned() -> Call:
    """What the next layer keeps as its input."""

    class Tanh:
        def forward(self, x: np.ndarray) -> np.ndarray:
            self.y = np.tanh(x)
            return self.y

        def backward(self, dout: np.ndarray) -> np.ndarray:
            self.y *= self.y
            return dout * (1 - self.y)

    return Tanh(), (_points(5, 4),), {}
