"""The derivative beside a function is found under the usual names, and called the way it is written."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import pytest

from gradcheck.subjects.functions._beside import derivative_beside

FORWARD = "import numpy as np\ndef relu(x): return np.maximum(x, 0)\ndef relu_forward(x): return relu(x)\n"


def module(source: str) -> Any:
    made = types.ModuleType("made")
    exec(FORWARD + source, vars(made))
    return made


@pytest.mark.parametrize(
    ("source", "called"),
    [
        ("def relu_grad(x): return x > 0", "relu_grad(x)"),
        ("def d_relu(x): return x > 0", "d_relu(x)"),
        ("def drelu(x): return x > 0", "drelu(x)"),
        ("def relu_prime(z): return z > 0", "relu_prime(z)"),
        ("def relu_derivative(x, alpha=1): return x > 0", "relu_derivative(x)"),
        ("def grad_relu(x): return x > 0", "grad_relu(x)"),
        ("def relu_backward(dout, x): return dout * (x > 0)", "relu_backward(dout, x)"),
        ("def relu_backward(x, dout): return dout * (x > 0)", "relu_backward(x, dout)"),
        ("def relu_grad(y): return y > 0", "relu_grad(y)"),
    ],
)
def test_usual_names_and_signatures_are_understood(source: str, called: str) -> None:
    """Whatever the name and the order of the arguments, the result is a function of the input."""
    found = derivative_beside(module(source).relu)

    assert found is not None
    assert found[1] == called
    np.testing.assert_array_equal(found[0](np.array([-1.0, 2.0])) * 1.0, [0.0, 1.0])


def test_a_derivative_of_the_output_gets_the_output() -> None:
    """``a * (1 - a)`` is handed the value of the function."""
    made = module("def sig(x): return 1 / (1 + np.exp(-x))\ndef sig_prime(a): return a * (1 - a)")
    found = derivative_beside(made.sig)

    assert found is not None
    np.testing.assert_allclose(found[0](np.zeros(2)), 0.25)


def test_the_suffix_of_a_forward_is_dropped() -> None:
    """``relu_backward`` stands beside ``relu_forward``."""
    found = derivative_beside(module("def relu_backward(dout, x): return dout * (x > 0)").relu_forward)

    assert found is not None


@pytest.mark.parametrize(
    "source",
    [
        "",
        "def relu_backward(dout, cache): return dout",
        "relu_grad = 3",
        "def relu_grad(x, y): return x",
        "def relu_grad(x, *, how): return x",
    ],
    ids=["nothing", "cache", "not a function", "two inputs", "keyword needed"],
)
def test_what_needs_more_than_the_input_is_left_alone(source: str) -> None:
    """Nothing is guessed where the call is not clear."""
    assert derivative_beside(module(source).relu) is None


def test_compiled_functions_have_nothing_beside_them() -> None:
    """A ufunc has no module of the user's."""
    assert derivative_beside(np.tanh) is None
