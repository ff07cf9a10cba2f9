"""Elementwise functions with their derivatives, to recognize one where another belongs.

``in_output`` is the derivative as a formula in y = f(x), where people write it so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .._box import Array

Map = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Known:
    """A function that has a name."""

    name: str
    value: Map
    slope: Map
    formula: str
    in_output: Map | None = None


def _sigmoid(x: Array) -> Array:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))


def _silu_slope(x: Array) -> Array:
    s = _sigmoid(x)
    return np.asarray(s + x * s * (1 - s))


def _erf(x: Array) -> Array:
    from scipy.special import erf

    return np.asarray(erf(x))


def _gelu_slope(x: Array) -> Array:
    return np.asarray(0.5 * (1 + _erf(x / np.sqrt(2))) + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi))


_C = np.sqrt(2 / np.pi)


def _gelu_tanh(x: Array) -> Array:
    return np.asarray(0.5 * x * (1 + np.tanh(_C * (x + 0.044715 * x**3))))


def _gelu_tanh_slope(x: Array) -> Array:
    t = np.tanh(_C * (x + 0.044715 * x**3))
    return np.asarray(0.5 * (1 + t) + 0.5 * x * (1 - t * t) * _C * (1 + 3 * 0.044715 * x * x))


def _mish_slope(x: Array) -> Array:
    t = np.tanh(np.logaddexp(0, x))
    return np.asarray(t + x * (1 - t * t) * _sigmoid(x))


ACTIVATIONS: tuple[Known, ...] = (
    Known("sigmoid", _sigmoid, lambda x: _sigmoid(x) * (1 - _sigmoid(x)), "y (1 - y)", lambda y: y * (1 - y)),
    Known("tanh", np.tanh, lambda x: 1 - np.tanh(x) ** 2, "1 - y^2", lambda y: 1 - y * y),
    Known("relu", lambda x: np.maximum(x, 0), lambda x: 1.0 * (x > 0), "1 where x > 0"),
    Known("leaky relu (0.01)", lambda x: np.where(x > 0, x, 0.01 * x), lambda x: np.where(x > 0, 1, 0.01), "1, 0.01"),
    Known("leaky relu (0.1)", lambda x: np.where(x > 0, x, 0.1 * x), lambda x: np.where(x > 0, 1, 0.1), "1, 0.1"),
    Known(
        "elu",
        lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        lambda x: np.where(x > 0, 1, np.exp(np.minimum(x, 0))),
        "1, exp(x) = y + 1 where x < 0",
        lambda y: np.where(y > 0, 1, y + 1),
    ),
    Known("softplus", lambda x: np.logaddexp(0, x), _sigmoid, "sigmoid(x)", lambda y: 1 - np.exp(-y)),
    Known("silu", lambda x: x * _sigmoid(x), _silu_slope, "s + x s (1 - s)"),
    Known("gelu", lambda x: 0.5 * x * (1 + _erf(x / np.sqrt(2))), _gelu_slope, "Phi(x) + x phi(x)"),
    Known("gelu (tanh form)", _gelu_tanh, _gelu_tanh_slope, "the product rule on both factors"),
    Known("mish", lambda x: x * np.tanh(np.logaddexp(0, x)), _mish_slope, "t + x (1 - t^2) sigmoid(x)"),
    Known("softsign", lambda x: x / (1 + np.abs(x)), lambda x: 1 / (1 + np.abs(x)) ** 2, "1 / (1 + |x|)^2"),
    Known("sin", np.sin, np.cos, "cos(x)"),
    Known("cos", np.cos, lambda x: -np.sin(x), "-sin(x)"),
    Known("exp", np.exp, np.exp, "y", lambda y: y),
    Known("log", np.log, lambda x: 1 / x, "1/x", lambda y: np.exp(-y)),
    Known("square", np.square, lambda x: 2 * x, "2 x"),
    Known("sqrt", np.sqrt, lambda x: 0.5 / np.sqrt(x), "1 / (2 y)", lambda y: 0.5 / y),
    Known("abs", np.abs, np.sign, "sign(x)"),
    Known("arctan", np.arctan, lambda x: 1 / (1 + x * x), "1 / (1 + x^2)"),
    Known(
        "hard tanh",
        lambda x: np.clip(x, -1, 1),
        lambda x: 1.0 * (np.abs(x) < 1),
        "1 where |x| < 1",
        lambda y: 1.0 * (np.abs(y) < 1),
    ),
    Known("reciprocal", lambda x: 1 / x, lambda x: -1 / (x * x), "-y^2", lambda y: -y * y),
)
