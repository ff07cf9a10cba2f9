"""What strangers met in their first hour: each false alarm and each miss stays here as a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck

X = np.random.default_rng(1).normal(size=(7, 3))
BIAS, WEIGHTS = np.ones(3), np.random.default_rng(2).normal(size=8)
MATRIX = np.random.default_rng(3).normal(size=(8, 3))
BEST = np.linalg.lstsq(MATRIX, WEIGHTS, rcond=None)[0]
CONFIDENT = 36 * np.eye(5)[:4] + np.random.default_rng(4).normal(size=(4, 5))
LABELS = np.arange(4)


class DenseThenNorm:
    """A bias in front of a normalization: its gradient is zero, and rounding makes it 1e-17."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.W, self.b = rng.normal(size=(3, 4)), rng.normal(size=4)

    def forward(self, x):
        self.x, y = x, x @ self.W + self.b
        self.std = np.sqrt(y.var(0) + 1e-5)
        self.xhat = (y - y.mean(0)) / self.std
        return self.xhat

    def backward(self, dout):
        dy = (dout - dout.mean(0) - self.xhat * (dout * self.xhat).mean(0)) / self.std
        self.dW, self.db = self.x.T @ dy, dy.sum(0)
        return dy @ self.W.T


class Single:
    """A float32 layer that casts its upstream, as real code does."""

    def __init__(self) -> None:
        self.W = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        dout = np.asarray(dout, np.float32)
        self.dW = self.x.T @ dout
        return dout @ self.W.T


def cross_entropy(x, y):
    """Mean of the stable softmax cross entropy."""
    z = x - x.max(1, keepdims=True)
    return (np.log(np.exp(z).sum(1)) - z[np.arange(len(x)), y]).mean()


def cross_entropy_grad(x, y):
    """(softmax - one-hot) / N."""
    p = np.exp(x - x.max(1, keepdims=True))
    return (p / p.sum(1, keepdims=True) - np.eye(x.shape[1])[y]) / len(x)


def sigmoid(x):
    """1 / (1 + e^-x)."""
    return 1 / (1 + np.exp(-x))


def refusing_log(x):
    """Return the logarithm, or raise outside its domain."""
    if (x <= 0).any():
        raise ValueError("log of a non-positive number")
    return np.log(x)


def centered(x, b):
    """X + b without its mean: b has no effect."""
    return (x + b) - (x + b).mean(0)


RIGHT: dict[str, Callable[[int], gradcheck.Report]] = {
    "bias before centering": lambda seed: gradcheck.check(
        centered, X, BIAS, vjp=lambda u, x, b: (u - u.mean(0), (u - u.mean(0)).sum(0)), rng=seed
    ),
    "bias before a normalization": lambda seed: gradcheck.check(DenseThenNorm(), X, rng=seed),
    "loss at its optimum": lambda seed: gradcheck.check(
        lambda w: ((MATRIX @ w - WEIGHTS) ** 2).sum(),
        BEST,
        vjp=lambda u, w: u * 2 * MATRIX.T @ (MATRIX @ w - WEIGHTS),
        rng=seed,
    ),
    "backward in float32": lambda seed: gradcheck.check(Single(), X.astype(np.float32), rng=seed),
    "slope in float32": lambda seed: gradcheck.check(
        np.sin, X, derivative=lambda x: np.cos(x).astype(np.float32), rng=seed
    ),
    "confident cross entropy": lambda seed: gradcheck.check(
        cross_entropy, CONFIDENT, LABELS, grad=lambda x, y: cross_entropy_grad(x, y), rng=seed
    ),
    "naive softplus far left": lambda seed: gradcheck.check(
        lambda x: np.log(1 + np.exp(x)), X - 40, derivative=sigmoid, rng=seed
    ),
    "fast sine": lambda seed: gradcheck.check(np.sin, 1e6 * X, derivative=np.cos, rng=seed),
    "inverse of a Hilbert matrix": lambda seed: gradcheck.check(
        np.linalg.inv, HILBERT, vjp=lambda u, a: -np.linalg.inv(a).T @ u @ np.linalg.inv(a).T, rng=seed
    ),
    "domain refused by an exception": lambda seed: gradcheck.check(
        refusing_log, np.exp(3 * X), derivative=lambda x: 1 / x, rng=seed
    ),
    "flat rounding": lambda seed: gradcheck.check(np.round, 10 * X, derivative=lambda x: 0 * x, rng=seed),
}
HILBERT = 1 / (np.arange(9)[:, None] + np.arange(9) + 1.0)
DECIDED = {"bias before centering", "bias before a normalization", "backward in float32", "slope in float32"}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", RIGHT)
def test_what_was_called_wrong_by_mistake_is_not(name: str, seed: int) -> None:
    """Right gradients that once failed: zero to rounding, float32, saturated, fast, ill-conditioned, refused."""
    report = RIGHT[name](seed)

    assert report.verdict is not gradcheck.Verdict.FAIL
    assert report.ok or name not in DECIDED


class Slotted:
    """A layer with slots, whose weight gradient is twice too large."""

    __slots__ = ("W", "dW", "x")

    def __init__(self) -> None:
        self.W, self.dW = np.ones((3, 4)), None

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = 2 * self.x.T @ dout
        return dout @ self.W.T


class Underscored:
    """A layer with private names, whose weight gradient is twice too large."""

    def __init__(self) -> None:
        self._w = np.ones((3, 4))

    def forward(self, x):
        self.x = x
        return x @ self._w

    def backward(self, dout):
        self._dw = 2 * self.x.T @ dout
        return dout @ self._w.T


WRONG: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {
    "parameters in slots": (Slotted(), (X,), {}),
    "private parameters": (Underscored(), (X,), {}),
    "small second output ignored": (lambda x: (x * 2, 1e-9 * x**2), (X,), {"vjp": lambda u, x: 2 * u[0]}),
    "wrong where a domain is refused": (refusing_log, (np.exp(3 * X),), {"derivative": lambda x: 1.1 / x}),
    "wrong in float32": (np.sin, (X,), {"derivative": lambda x: (1.001 * np.cos(x)).astype(np.float32)}),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_once_slipped_through_is_caught(name: str) -> None:
    """Wrong gradients that once passed, or ended in the subject's own exception."""
    thing, inputs, options = WRONG[name]

    assert gradcheck.check(thing, *inputs, **options).verdict is gradcheck.Verdict.FAIL


def test_an_array_without_a_gradient_is_named() -> None:
    """A layer that holds an array nobody claims a gradient for is told so, and not only by silence."""

    class Half:
        def __init__(self) -> None:
            self.scale = np.ones(3)

        def forward(self, x):
            return x * self.scale

        def backward(self, dout):
            return dout * self.scale

    report = gradcheck.check(Half(), X)

    assert report.ok
    assert any("scale" in finding.title for finding in report.findings)


def test_what_the_subject_refuses_is_told_where_nothing_could_be_decided() -> None:
    """An exception at displaced points is part of an undecided finding."""

    def only_here(x):
        if not np.array_equal(x, X):
            raise ValueError("this point only")
        return x * 1.0

    report = gradcheck.check(only_here, X, vjp=lambda u, x: u)

    assert report.verdict is gradcheck.Verdict.INCONCLUSIVE
    assert "this point only" in " ".join(line for finding in report.findings for line in finding.detail)


@pytest.mark.parametrize("mode", ["auto", "entries"])
def test_an_upstream_with_zeros_is_no_division_by_them(mode: str) -> None:
    """With derivative= and the caller's own upstream, what it leaves out is left out, the rest judged."""
    x, upstream = np.linspace(-1, 1, 5), np.array([0.0, 1.0, 2.0, 0.0, -1.0])

    right = gradcheck.check(np.sin, x, derivative=np.cos, upstream=upstream, mode=mode)
    wrong = gradcheck.check(np.sin, x, derivative=lambda x: 1.1 * np.cos(x), upstream=upstream, mode=mode)

    assert right.ok
    assert [finding.code for finding in wrong.findings] == ["GC101"]
    assert {entry.index for entry in wrong.findings[0].entries} == {(1,), (2,), (4,)}


def _silu_slope(x: np.ndarray) -> np.ndarray:
    s = 0.5 * (1 + np.tanh(x / 2))
    return s + x * s * (1 - s)


@pytest.mark.parametrize(
    ("function", "slope", "point"),
    [
        (lambda x: x / (1 + np.exp(-x)), _silu_slope, [-30.0, 1.0]),
        (lambda x: np.sign(x) * np.abs(x) ** 0.5, lambda x: 0.5 * np.abs(x) ** -0.5, [1e-10, 1e6]),
        (np.cbrt, lambda x: 1 / (3 * np.cbrt(x) ** 2), [1e-30, 8.0]),
    ],
)
def test_lost_digits_and_mixed_scales_are_not_called_wrong(function: Any, slope: Any, point: list[float]) -> None:
    """A backward that lost digits which no ulp shows; an entry of 1e-10 beside one of 1e6, with a kink between."""
    for seed in range(5):
        report = gradcheck.check(function, np.array(point), derivative=slope, rng=seed)
        assert report.verdict is not gradcheck.Verdict.FAIL


@pytest.mark.parametrize(("digits", "point"), [(2, 1234.5678), (5, 0.1234567890123)])
def test_a_quantizer_is_not_taken_for_float32(digits: int, point: float) -> None:
    """Rounding to decimals is a step function: a slope of one does not pass as what float32 would do."""
    report = gradcheck.check(lambda x: np.round(x, digits), np.array([point]), derivative=np.ones_like)
    assert report.verdict is not gradcheck.Verdict.PASS
