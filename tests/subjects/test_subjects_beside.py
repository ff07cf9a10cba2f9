"""The derivative that stands beside a function: found under its usual names, and nothing else taken for it."""

from __future__ import annotations

import itertools
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import InvalidArgument
from gradcheck.subjects import derivative_beside

X = np.array([0.4, -0.8, 1.2])

_COUNT = itertools.count()
_RELU = "def relu(x): return np.maximum(x, 0)\n"
_SIGMOID = "def sigmoid(x): return 1 / (1 + np.exp(-x))\n"

BESIDE: dict[str, tuple[str, str]] = {
    "relu_grad(x)": (_RELU, "def relu_grad(x): return (x > 0) * 1.0"),
    "relu_gradient(x)": (_RELU, "def relu_gradient(x): return (x > 0) * 1.0"),
    "relu_derivative(x)": (_RELU, "def relu_derivative(x): return (x > 0) * 1.0"),
    "relu_deriv(x)": (_RELU, "def relu_deriv(x): return (x > 0) * 1.0"),
    "relu_prime(z)": (_RELU, "def relu_prime(z): return (z > 0) * 1.0"),
    "d_relu(x)": (_RELU, "def d_relu(x): return (x > 0) * 1.0"),
    "drelu(x)": (_RELU, "def drelu(x): return (x > 0) * 1.0"),
    "grad_relu(x)": (_RELU, "def grad_relu(x): return (x > 0) * 1.0"),
    "relu_backward(dout, x)": (_RELU, "def relu_backward(dout, x): return dout * (x > 0)"),
    "relu_backward(x, dout)": (_RELU, "def relu_backward(x, dout): return dout * (x > 0)"),
    "relu_backprop(x, grad_output)": (_RELU, "def relu_backprop(x, grad_output): return grad_output * (x > 0)"),
    "reluGrad(x)": (_RELU, "def reluGrad(x): return (x > 0) * 1.0"),
    "reluBackward(dy, x)": (_RELU, "def reluBackward(dy, x): return dy * (x > 0)"),
    "sigmoid_prime(a)": (_SIGMOID, "def sigmoid_prime(a): return a * (1 - a)"),
    "sigmoid_backward(dout, out)": (_SIGMOID, "def sigmoid_backward(dout, out): return dout * out * (1 - out)"),
    "sigmoid_backward(g, y)": (
        _SIGMOID.replace("sigmoid", "sigmoid_forward"),
        "def sigmoid_backward(g, y): return g * y * (1 - y)",
    ),
}


@pytest.fixture
def defined(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a maker of modules out of source, which returns their first function."""

    def define(source: str) -> Any:
        module = ModuleType(f"handwritten_{next(_COUNT)}")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec("import numpy as np\n" + source, module.__dict__)
        return getattr(module, source.split("def ")[1].split("(")[0])

    return define


@pytest.mark.parametrize("called", BESIDE)
def test_a_derivative_beside_the_function_is_found_and_named(called: str, defined: Any) -> None:
    """Whatever usual name it bears and whatever it takes, it is used, and the report says which it was."""
    report = gradcheck.check(defined("".join(BESIDE[called])), X)
    assert report.ok
    assert called in report.convention


@pytest.mark.parametrize("called", BESIDE)
def test_a_wrong_derivative_beside_the_function_fails(called: str, defined: Any) -> None:
    """What was found is what is checked."""
    function, derivative = BESIDE[called]
    assert not gradcheck.check(defined(function + derivative.replace("return ", "return 1.5 * ")), X).ok


@pytest.mark.parametrize(
    "beside",
    [
        "",
        "relu_grad = np.ones(3)",
        "class relu_grad: pass",
        "def relu_backward(dout, cache): return dout * cache",
        "def relu_backward(dout, x, y, z): return dout",
        "def relu_grad(x, *, scale): return scale",
        "def other_grad(x): return x",
        "relu_grad = relu",
    ],
)
def test_what_is_no_derivative_is_not_taken_for_one(beside: str, defined: Any) -> None:
    """Arrays, classes, backwards that need a cache or more arguments, and strangers' derivatives are left alone."""
    function = defined(_RELU + beside)
    assert derivative_beside(function) is None
    with pytest.raises(InvalidArgument, match="relu comes without a gradient"):
        gradcheck.check(function, X)


def test_the_most_telling_name_wins(defined: Any) -> None:
    """relu_grad is preferred to relu_backward where both stand there."""
    function = defined(_RELU + "def relu_backward(dout, x): return dout\ndef relu_grad(x): return (x > 0) * 1.0")
    report = gradcheck.check(function, X)
    assert report.ok
    assert "relu_grad(x)" in report.convention


def test_a_derivative_that_is_given_wins(defined: Any) -> None:
    """derivative= is used, not what stands beside."""
    function = defined(_RELU + "def relu_grad(x): return 2.0 * (x > 0)")
    assert gradcheck.check(function, X, derivative=lambda x: (x > 0) * 1.0).ok
