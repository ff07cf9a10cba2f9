"""Layers with numbers, aliases, low precision and sub-layers for parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from subjects.handwritten import CachesX, Dictionaries, X, beside, paths, weight

import gradcheck


class _PReLU:
    def __init__(self, factor: float = 1.0) -> None:
        self.alpha, self.dalpha, self.factor = 0.25, 0.0, factor

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return np.where(x > 0, x, self.alpha * x)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dalpha = self.factor * float(np.sum(dout * self.x * (self.x <= 0)))
        return dout * np.where(self.x > 0, 1, self.alpha)


def test_a_number_is_a_parameter_too() -> None:
    """A float attribute alpha with dalpha beside it is checked like an array of no dimensions."""
    report = gradcheck.check(_PReLU(), X)
    assert paths(report) == ["inputs['x']", "params['alpha']"]
    assert report.ok
    (finding,) = gradcheck.check(_PReLU(0.5), X).findings
    assert (finding.path, finding.index) == ("params['alpha']", ())


class _Tied(CachesX):
    """Reads one half of what it computes through a second name of its weight."""

    def __init__(self, alias: Callable[[np.ndarray], np.ndarray]) -> None:
        super().__init__()
        self.kept = [alias(self.W)]

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return x @ self.W + x @ self.kept[0].reshape(self.W.shape)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dW = 2 * self.x.T @ dout
        return 2 * dout @ self.W.T


def test_an_array_under_two_names_moves_under_both() -> None:
    """A layer that reads its weight through an alias is perturbed through it, so the gradient is that of both."""
    report = gradcheck.check(_Tied(lambda W: W), X)
    assert report.ok
    assert "params['W']" in paths(report)


def test_a_view_of_a_parameter_moves_with_it() -> None:
    """The same where the second name is a view, such as a slice of one flat vector of parameters."""
    assert gradcheck.check(_Tied(lambda W: W.reshape(-1)), X).ok


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_low_precision_layers_are_widened_with_their_aliases(dtype: Any) -> None:
    """The formula is checked in float64, and what was one array stays one array."""
    seen: set[str] = set()

    class Narrow:
        def __init__(self) -> None:
            self.W = weight().astype(dtype)
            self.dW = np.zeros_like(self.W)
            self.tied = {"kernel": self.W}

        def forward(self, x: np.ndarray) -> np.ndarray:
            assert self.tied["kernel"] is self.W
            seen.add(self.W.dtype.name)
            self.x = x
            return x @ self.tied["kernel"]

        def backward(self, dout: np.ndarray) -> np.ndarray:
            self.dW = self.x.T @ dout
            return dout @ self.W.T

    layer = Narrow()
    report = gradcheck.check(layer, X.astype(dtype))
    assert report.ok
    assert paths(report) == ["inputs['x']", "params['W']"]
    assert report.resolution is not None
    assert report.resolution < 1e-5
    assert seen == {"float64", np.dtype(dtype).name}
    assert layer.W.dtype == dtype


class _Flip:
    """From three columns to four, so that a stack fits."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.out = np.concatenate([np.tanh(x), x[:, :1]], axis=1)
        return self.out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dx = dout[:, :3] * (1 - self.out[:, :3] ** 2)
        dx[:, 0] += dout[:, 3]
        return dx


class _Stack:
    def __init__(self) -> None:
        self.first = beside("d{}")()
        self.rest = [_Flip(), Dictionaries()]

    def forward(self, x: np.ndarray) -> np.ndarray:
        out = self.first.forward(x)
        for layer in self.rest:
            out = layer.forward(out)
        return out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        for layer in reversed(self.rest):
            dout = layer.backward(dout)
        return self.first.backward(dout)


def test_parameters_of_sub_layers_are_found_by_path() -> None:
    """A layer made of layers, some of them in a list, names each parameter by its path."""
    stack = _Stack()
    report = gradcheck.check(stack, X)
    assert report.ok
    assert paths(report) == ["inputs['x']", "params['first.W']", "params['rest[1].W']"]
    stack.rest[1].factor = -1.0
    assert [f.path for f in gradcheck.check(stack, X).findings] == ["params['rest[1].W']"]


@pytest.mark.parametrize("wrt", ["W", ["W"], "params['W']"])
def test_wrt_names_parameters(wrt: Any) -> None:
    """Only the named parameter is compared; the input's wrong gradient goes unseen."""

    class WrongInput(CachesX):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            return 2 * super().backward(dout)

    assert not gradcheck.check(WrongInput(), X).ok
    report = gradcheck.check(WrongInput(), X, wrt=wrt)
    assert report.ok
    assert paths(report) == ["params['W']"]


@given(
    names=st.lists(st.sampled_from(["W", "b", "gamma", "kernel", "Wx", "Wh"]), min_size=1, max_size=4, unique=True)
)
def test_every_parameter_of_a_layer_is_found(names: list[str]) -> None:
    """However many parameters stand side by side, and whatever their names, all are compared, in their order."""

    class Scaled:
        def __init__(self) -> None:
            for k, name in enumerate(names):
                setattr(self, name, np.full(4, 0.5 + k))
                setattr(self, f"d{name}", np.zeros(4))

        def forward(self, x: np.ndarray) -> np.ndarray:
            self.saved = x
            return x * sum(getattr(self, name) for name in names)

        def backward(self, dout: np.ndarray) -> np.ndarray:
            for name in names:
                setattr(self, f"d{name}", (dout * self.saved).sum(axis=0))
            return dout * sum(getattr(self, name) for name in names)

    report = gradcheck.check(Scaled(), X)
    assert report.ok
    assert paths(report) == ["inputs['x']", *(f"params[{name!r}]" for name in names)]


def test_zero_grad_is_called_before_every_backward() -> None:
    """A layer that accumulates and has zero_grad is right."""

    class Accumulating(CachesX):
        def zero_grad(self) -> None:
            self.dW = np.zeros_like(self.W)

        def backward(self, dout: np.ndarray) -> np.ndarray:
            self.dW += self.x.T @ dout
            return dout @ self.W.T

    assert gradcheck.check(Accumulating(), X).ok
