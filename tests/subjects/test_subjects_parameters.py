"""Where a layer keeps its parameters: every convention is found, and nothing else is taken for a parameter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from subjects.handwritten import (
    CachesX,
    Dictionaries,
    DictionariesWithD,
    Linear,
    Methods,
    NamedMethods,
    X,
    beside,
    holder,
    paths,
)

import gradcheck
from gradcheck import InvalidArgument

CONVENTIONS: dict[str, tuple[Callable[..., Any], str]] = {
    "dW beside W": (beside("d{}"), "W"),
    "d_W beside W": (beside("d_{}"), "W"),
    "grad_W beside W": (beside("grad_{}"), "W"),
    "W_grad beside W": (beside("{}_grad"), "W"),
    "gradW beside W": (beside("grad{}"), "W"),
    "gW beside W": (beside("g{}"), "W"),
    "params and grads": (Dictionaries, "W"),
    "params and grads, keyed dW": (DictionariesWithD, "W"),
    "parameters() and gradients()": (Methods, "0"),
    "parameters() and gradients() with names": (NamedMethods, "W"),
    "data and grad": (holder("data"), "W"),
    "value and grad": (holder("value"), "W"),
}


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_convention_is_found_and_its_gradient_checked(convention: str) -> None:
    """The parameter is named in the report; right passes, doubled fails as GC102 at its path."""
    make, name = CONVENTIONS[convention]
    report = gradcheck.check(make(), X)
    assert report.ok
    assert paths(report) == ["inputs['x']", f"params[{name!r}]"]
    assert name in report.convention
    wrong = gradcheck.check(make(2.0), X)
    assert [(f.code, f.path) for f in wrong.findings] == [("GC102", f"params[{name!r}]")]


# -- told ------------------------------------------------------------------------------------------------------------


class _Odd(Linear):
    """Names that no convention knows."""

    def keep(self, W: np.ndarray) -> None:
        self.kernel, self.update = W, np.zeros_like(W)

    def weight(self) -> np.ndarray:
        return self.kernel

    def learn(self, dW: np.ndarray) -> None:
        self.update = dW


TOLD: dict[str, dict[str, Any]] = {
    "two names": {"params": "kernel", "grads": "update"},
    "two lists": {"params": ["kernel"], "grads": ["update"]},
    "two tuples": {"params": ("kernel",), "grads": ("update",)},
    "a dictionary": {"params": {"kernel": "update"}},
    "two functions": {
        "params": lambda layer: {"kernel": layer.kernel},
        "grads": lambda layer: {"kernel": layer.update},
    },
}


@pytest.mark.parametrize("form", TOLD)
def test_what_no_convention_finds_can_be_told(form: str) -> None:
    """Every form of params= and grads= reaches the same array."""
    assert paths(gradcheck.check(_Odd(2.0), X)) == ["inputs['x']"]
    assert paths(gradcheck.check(_Odd(), X, **TOLD[form])) == ["inputs['x']", "params['kernel']"]
    (finding,) = gradcheck.check(_Odd(2.0), X, **TOLD[form]).findings
    assert (finding.code, finding.path) == ("GC102", "params['kernel']")


def test_a_name_alone_takes_the_usual_gradient_beside_it() -> None:
    """params=["W"] finds dW without being told."""
    report = gradcheck.check(beside("d{}")(2.0), X, params=["W"])
    assert [f.path for f in report.findings] == ["params['W']"]


def test_a_told_gradient_that_is_missing_is_named() -> None:
    """The sentence says which attribute, of which class."""
    with pytest.raises(InvalidArgument, match=r"grads=.*'nabla'.*_Odd"):
        gradcheck.check(_Odd(), X, params="kernel", grads="nabla")


# -- not parameters --------------------------------------------------------------------------------------------------


class _CachesOutput(CachesX):
    """The same with the output, ``out`` and ``dout``."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.out = np.tanh(super().forward(x))
        return self.out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dout = dout.copy()
        return super().backward(self.dout * (1 - self.out**2))


class _WithBuffers(CachesX):
    """The same with a running mean that nobody differentiates."""

    def __init__(self) -> None:
        super().__init__()
        self.running_mean = np.zeros(4)

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.running_mean = 0.9 * self.running_mean + 0.1 * x.mean(axis=0)
        return super().forward(x)


@pytest.mark.parametrize("layer", [CachesX, _CachesOutput, _WithBuffers])
@pytest.mark.parametrize("x", [X, X[:1], np.zeros((2, 4)), np.ones((4, 4))], ids=["batch", "one", "zeros", "ones"])
def test_what_forward_keeps_is_no_parameter(layer: Callable[[], Any], x: np.ndarray) -> None:
    """A cached input with dx beside it follows the input, whatever the input is; only W is a parameter."""
    report = gradcheck.check(layer(), x)
    assert paths(report) == ["inputs['x']", "params['W']"]
    assert report.ok


def test_a_layer_that_was_used_before_is_read_alike() -> None:
    """Caches left from training do not become parameters."""
    layer = CachesX()
    layer.backward(np.ones_like(layer.forward(X)))
    assert paths(gradcheck.check(layer, X)) == ["inputs['x']", "params['W']"]


def test_a_layer_without_parameters_says_so() -> None:
    """The convention in the report tells that there was nothing but the input."""

    class ReLU:
        def forward(self, x: np.ndarray) -> np.ndarray:
            self.mask = x > 0
            return x * self.mask

        def backward(self, dout: np.ndarray) -> np.ndarray:
            return dout * self.mask

    report = gradcheck.check(ReLU(), X)
    assert paths(report) == ["inputs['x']"]
    assert "no parameters found" in report.convention


def test_what_is_no_floating_point_number_is_no_parameter() -> None:
    """An int or a string is none, whatever stands beside it."""

    class Configured(CachesX):
        def __init__(self) -> None:
            super().__init__()
            self.size, self.dsize = 3, 0
            self.name, self.dname = "linear", ""

    assert paths(gradcheck.check(Configured(), X)) == ["inputs['x']", "params['W']"]


class _Container:
    """Offers the parameters of its layers under names of its own, and keeps the layers in a list."""

    def __init__(self) -> None:
        self.layers = [Dictionaries()]

    @property
    def params(self) -> dict[str, np.ndarray]:
        return {f"0.{name}": value for name, value in self.layers[0].params.items()}

    @property
    def grads(self) -> dict[str, np.ndarray]:
        return {f"0.{name}": value for name, value in self.layers[0].grads.items()}

    def forward(self, x: np.ndarray) -> np.ndarray:
        return self.layers[0].forward(x)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return self.layers[0].backward(dout)


def test_a_parameter_with_two_names_is_not_said_to_be_unchecked() -> None:
    """The array that was checked as ``0.W`` is the one that the list holds as ``layers[0].W``."""
    report = gradcheck.check(_Container(), X)
    assert report.ok
    assert report.findings == ()


class Lists:
    """Two matrices in a list, their gradients in another."""

    def __init__(self, factor: float = 1.0) -> None:
        rng = np.random.default_rng(3)
        self.weights, self.factor = [rng.normal(size=(3, 4)), rng.normal(size=(4, 2))], factor

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x, self.h = x, x @ self.weights[0]
        return self.h @ self.weights[1]

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dh = dout @ self.weights[1].T
        self.dweights = [self.x.T @ dh, self.factor * self.h.T @ dout]
        return dh @ self.weights[0].T


def test_parameters_in_a_list_are_found_beside_their_gradients() -> None:
    """And named by their place in it."""
    x = np.random.default_rng(4).normal(size=(5, 3))
    assert gradcheck.check(Lists(), x).ok
    report = gradcheck.check(Lists(2.0), x)
    assert "params['weights[1]']" in report.findings[0].title
    assert report.findings[0].code == "GC102"
