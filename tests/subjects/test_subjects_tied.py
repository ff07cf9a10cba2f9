"""One array under two names is one parameter, in every way that people keep its gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck import Report, Verdict

X = np.random.default_rng(1).normal(size=(4, 3))


class Autoencoder:
    """``tanh(x W) V`` with V a view of W, which is encoder and decoder in one; `kept` says what backward leaves."""

    def __init__(self, kept: Callable[..., tuple[Any, Any]], width: int = 3, dtype: Any = float) -> None:
        self.W = np.random.default_rng(0).normal(size=(3, width)).astype(dtype)
        self.V = self.W.T
        self.kept = kept

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x, self.h = x, np.tanh(x @ self.W)
        return self.h @ self.V

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dh = dout @ self.V.T * (1 - self.h**2)
        self.dW, self.dV = self.kept(self.x.T @ dh, self.h.T @ dout)
        return dh @ self.W.T


class Square:
    """``x W W`` with W under two names of a dictionary, or in two layers."""

    def __init__(self) -> None:
        w = np.random.default_rng(0).normal(size=(3, 3))
        self.params, self.grads = {"a": w, "b": w}, {}

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x, self.h = x, x @ self.params["a"]
        return self.h @ self.params["b"]

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dh = dout @ self.params["b"].T
        self.grads = {"a": self.x.T @ dh, "b": self.h.T @ dout}
        return dh @ self.params["a"].T


def _shared(dw: np.ndarray, dv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    total = dw + dv.T
    return total, total.T


RIGHT = {
    "parts": lambda dw, dv: (dw, dv),
    "one shared array": _shared,
    "all under one": lambda dw, dv: (dw + dv.T, None),
}
WRONG = {
    "the encoder alone": lambda dw, dv: (dw, 0 * dv),
    "the decoder alone": lambda dw, dv: (None, dv),
    "a sign": lambda dw, dv: (dw, -dv),
    "the wrong shape": lambda dw, dv: (dw, dv[:1]),
}


def _of_parameters(report: Report) -> list[str]:
    return [finding.path for finding in report.findings if finding.severity is Verdict.FAIL]


@pytest.mark.parametrize("kept", RIGHT.values(), ids=RIGHT)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_right_gradient_of_a_tied_parameter_passes(kept: Callable[..., Any], dtype: Any) -> None:
    """Left in parts under both names, or whole in one array, in either precision; the names are told."""
    report = gradcheck.check(Autoencoder(kept, dtype=dtype), X.astype(dtype))
    assert report.verdict is Verdict.PASS
    assert "one array by several names: W is V" in report.convention


@pytest.mark.parametrize("kept", WRONG.values(), ids=WRONG)
def test_a_wrong_gradient_of_a_tied_parameter_fails_under_both_names(kept: Callable[..., Any]) -> None:
    """A part that is missing or wrong is an error of the whole."""
    assert _of_parameters(gradcheck.check(Autoencoder(kept), X)) == ["params['W = V']"]


def test_a_large_tied_parameter_is_one_too() -> None:
    """The first look along one direction moves it once."""
    right = gradcheck.check(Autoencoder(RIGHT["parts"], width=4000), X)
    wrong = gradcheck.check(Autoencoder(WRONG["the decoder alone"], width=4000), X)
    assert (right.verdict, wrong.verdict) == (Verdict.PASS, Verdict.FAIL)


@pytest.mark.parametrize("name", ["a", "b", "params['b']", "a = b", "params['a = b']"])
def test_each_name_chooses_it(name: str) -> None:
    """``wrt=`` takes either, and the gradient is that of the whole array."""
    report = gradcheck.check(Square(), X, wrt=name)
    assert report.verdict is Verdict.PASS
    assert {compared.input for compared in report.comparisons} == {"params['a = b']"}


@settings(max_examples=25)
@given(st.floats(-3, 3), st.just(0.0) | st.floats(0.001, 3))
def test_what_passes_is_the_sum_of_the_parts(share: float, more: float) -> None:
    """However it is parted between the names; anything added to it fails."""

    def kept(dw: np.ndarray, dv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        total = dw + dv.T
        return (1 - share) * total, (share * total + more).T

    assert gradcheck.check(Autoencoder(kept), X).ok == (more == 0)
