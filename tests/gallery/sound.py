"""Right gradients at points where fixed steps and fixed tolerances call them wrong."""

from __future__ import annotations

import numpy as np

from .planted import Call, Sound


def _relu_slope(x: np.ndarray) -> np.ndarray:
    return (x > 0).astype(float)


def _relu_at_zero() -> Call:
    x = np.array([-1.0, 0.0, 0.5, 0.0])
    return (lambda x: np.maximum(x, 0)), (x,), {"derivative": _relu_slope}


def _relu_at_zero_half() -> Call:
    return (lambda x: np.maximum(x, 0)), (np.array([0.0, 1.0]),), {"derivative": lambda x: 0.5 * (1 + np.sign(x))}


def _relu_at_zero_by_vjp() -> Call:
    x = np.array([-1.0, 0.0, 0.5, 0.0])
    return (lambda x: np.maximum(x, 0)), (x,), {"vjp": lambda g, x: g * _relu_slope(x)}


def _absolute_value_at_zero() -> Call:
    return np.abs, (np.array([-1.0, 0.0, 2.0]),), {"derivative": np.sign}


def _tied_maximum() -> Call:
    x = np.array([3.0, 3.0, 1.0, 3.0, 3.0])
    return np.max, (x,), {"grad": lambda x: (x == x.max()) / (x == x.max()).sum()}


def _tied_maximum_to_the_first() -> Call:
    return np.max, (np.array([3.0, 1.0, 3.0]),), {"grad": lambda x: np.eye(x.size)[x.argmax()]}


def _sort_with_ties() -> Call:
    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        out = np.empty_like(x)
        out[np.argsort(x, kind="stable")] = g
        return out

    return np.sort, (np.array([2.0, 1.0, 2.0, -1.0]),), {"vjp": vjp}


def _clip_at_its_edges() -> Call:
    x = np.array([-1.0, 0.2, 1.0, 1.5])
    return (lambda x: np.clip(x, -1, 1)), (x,), {"derivative": lambda x: (np.abs(x) <= 1) * 1.0}


def _pooling_with_ties() -> Call:
    x = np.array([[1.0, 1.0, 0.0, 2.0], [3.0, 3.0, 3.0, 3.0]])

    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        out = np.zeros_like(x)
        out[np.arange(len(x)), x.argmax(axis=1)] = g
        return out

    return (lambda x: x.max(axis=1)), (x,), {"vjp": vjp}


def _double_at(scale: float) -> Call:
    x = scale * np.array([1.0, -1.3, 0.7])
    return (lambda x: 2 * x), (x,), {"vjp": lambda g, x: 2 * g}


def _logarithm_at(scale: float) -> Call:
    return np.log, (scale * np.array([1.0, 1.7, 0.6]),), {"derivative": lambda x: 1 / x}


def _logarithm_across_decades() -> Call:
    return np.log, (np.logspace(-6, 6, 13),), {"derivative": lambda x: 1 / x}


def _fourth_power_at(scale: float) -> Call:
    return (lambda x: np.sum(x**4)), (scale * np.array([1.0, -1.3, 0.7]),), {"grad": lambda x: 4 * x**3}


def _tiny_slope() -> Call:
    return (lambda x: 1e-6 * x), (np.array([0.3, -1.2]),), {"vjp": lambda g, x: 1e-6 * g}


def _square_root_near_zero() -> Call:
    return np.sqrt, (np.array([1e-12, 1e-8, 1e-3]),), {"derivative": lambda x: 0.5 / np.sqrt(x)}


def _saturated_sigmoid() -> Call:
    def slope(x: np.ndarray) -> np.ndarray:
        return 0.25 / np.cosh(x / 2) ** 2

    return (lambda x: 0.5 * (1 + np.tanh(x / 2))), (np.array([-3.0, 0.1, 5.0]),), {"derivative": slope}


def _million_relus() -> Call:
    x = np.random.default_rng(1).normal(size=(1000, 1000))
    return (lambda x: np.maximum(x, 0)), (x,), {"vjp": lambda g, x: g * (x > 0)}


def _hundred_thousand_weights() -> Call:
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(300, 320)) / 17, rng.normal(size=(320, 10)) / 18

    def forward(x: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        hidden = np.maximum(x @ a, 0)
        return hidden @ b, (x, a, b, hidden)

    def backward(g: np.ndarray, cache: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        x, a, b, hidden = cache
        inner = (g @ b.T) * (hidden > 0)
        return inner @ a.T, x.T @ inner, hidden.T @ g

    return (forward, backward), (rng.normal(size=(8, 300)), first, second), {}


def _single_precision() -> Call:
    x = np.linspace(-2, 2, 9, dtype=np.float32)
    return np.tanh, (x,), {"derivative": lambda x: 1 - np.tanh(x) ** 2}


def _huge_mean_square() -> Call:
    x = np.random.default_rng(1).normal(size=100_000)
    return (lambda x: np.mean(x**2)), (x,), {"grad": lambda x: 2 * x / x.size}


def _one_number() -> Call:
    return np.sin, (np.array(0.5),), {"derivative": np.cos}


SOUND: tuple[Sound, ...] = (
    Sound("relu at zero", _relu_at_zero, "GC901"),
    Sound("relu at zero, slope one half", _relu_at_zero_half, "GC901"),
    Sound("relu at zero, by vjp", _relu_at_zero_by_vjp, "GC901"),
    Sound("absolute value at zero", _absolute_value_at_zero, "GC901"),
    Sound("four-way tied maximum, a quarter each", _tied_maximum, "GC901"),
    Sound("tied maximum to the first", _tied_maximum_to_the_first, "GC901"),
    Sound("sort with ties", _sort_with_ties, "GC901"),
    Sound("clip at its edges", _clip_at_its_edges, "GC901"),
    Sound("pooling with ties", _pooling_with_ties, "GC901"),
    Sound("2 x at 1e8", lambda: _double_at(1e8)),
    Sound("2 x at 1e-8", lambda: _double_at(1e-8)),
    Sound("log at 1e-3", lambda: _logarithm_at(1e-3)),
    Sound("log at 1e-6", lambda: _logarithm_at(1e-6)),
    Sound("log from 1e-6 to 1e6", _logarithm_across_decades),
    Sound("sum of x^4 at 1e3", lambda: _fourth_power_at(1e3)),
    Sound("sum of x^4 at 1e6", lambda: _fourth_power_at(1e6)),
    Sound("1e-6 x", _tiny_slope),
    Sound("square root near zero", _square_root_near_zero),
    Sound("sigmoid, partly saturated", _saturated_sigmoid),
    Sound("ReLU on a million normal numbers", _million_relus, large=True),
    Sound("two layers with 1e5 weights", _hundred_thousand_weights, large=True),
    Sound("tanh in float32", _single_precision),
    Sound("mean of 1e5 squares", _huge_mean_square, large=True),
    Sound("one number without dimensions", _one_number),
)
"""Right gradients that torch, JAX, autograd or SciPy call wrong with their defaults, or nearly so."""
