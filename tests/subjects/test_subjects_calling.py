"""Layers as people write them: called instead of forward, a loss without upstream, one upstream per output."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import InvalidArgument, Verdict

X = np.random.default_rng(0).normal(size=(4, 3))


class Loss:
    """Half the sum of squares; its backward takes nothing."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor

    def forward(self, p: np.ndarray) -> Any:
        self.p = p
        return (p**2).sum() / 2

    def backward(self) -> np.ndarray:
        return self.factor * self.p


class Called:
    """X W, by a call."""

    def __init__(self, factor: float = 1.0) -> None:
        self.W, self.factor = np.random.default_rng(1).normal(size=(3, 2)), factor

    def __call__(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return x @ self.W

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dW = self.factor * self.x.T @ dout
        return dout @ self.W.T


class TwoOutputs:
    """tanh(x + h) and x h, an upstream for each."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor

    def forward(self, x: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.x, self.h = x, h
        return np.tanh(x + h), x * h

    def backward(self, da: np.ndarray, db: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shared = da * (1 - np.tanh(self.x + self.h) ** 2)
        return shared + self.factor * db * self.h, shared + db * self.x


FORMS = {"a loss": (Loss, (X,)), "called": (Called, (X,)), "two outputs": (TwoOutputs, (X, X[::-1] + 1))}


@pytest.mark.parametrize("form", FORMS)
def test_a_layer_in_any_of_these_forms_passes_where_it_is_right(form: str) -> None:
    """Nothing has to be rewritten to be checked."""
    kind, inputs = FORMS[form]
    assert gradcheck.check(kind(), *inputs).verdict is Verdict.PASS


@pytest.mark.parametrize("form", FORMS)
def test_a_layer_in_any_of_these_forms_fails_where_it_is_wrong(form: str) -> None:
    """By a ten-thousandth, too."""
    kind, inputs = FORMS[form]
    assert gradcheck.check(kind(1.0001), *inputs).verdict is Verdict.FAIL


def test_a_backward_without_an_upstream_is_for_one_number() -> None:
    """Where forward returns more, the sentence says what to write."""

    class Many(Loss):
        def forward(self, p: np.ndarray) -> Any:
            self.p = p
            return p**2 / 2

    with pytest.raises(InvalidArgument, match=r"takes no upstream.*shape \(4, 3\).*backward\(self, dout\)"):
        gradcheck.check(Many(), X)


def test_a_list_of_two_functions_is_told_to_be_a_tuple() -> None:
    """The brackets are the whole mistake."""
    with pytest.raises(InvalidArgument, match=r"pass the pair as a tuple: \(forward, backward\)"):
        gradcheck.check([lambda x: (x, None), lambda d, c: d], X)


def test_a_function_that_returns_value_and_gradient_is_told_how_to_pass_them() -> None:
    """As `scipy.optimize` has them with jac=True."""
    with pytest.raises(InvalidArgument, match=r"value and gradient.*f\(x\)\[0\]"):
        gradcheck.check(lambda x: ((x**2).sum(), 2 * x), X, grad=lambda x: 2 * x)
