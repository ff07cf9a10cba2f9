"""Zero at zero: where an even function is flat, a right zero passes; a slope that hides there does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

Function = Callable[[np.ndarray], Any]

EVEN: dict[str, tuple[Function, Function]] = {
    "cos": (np.cos, lambda x: -np.sin(x)),
    "cosh": (np.cosh, np.sinh),
    "bump": (lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x)),
    "root": (lambda x: np.sqrt(1 + x * x), lambda x: x / np.sqrt(1 + x * x)),
    "softplus less its line": (lambda x: np.logaddexp(0, x) - x / 2, lambda x: 1 / (1 + np.exp(-x)) - 0.5),
}


@pytest.mark.parametrize("name", EVEN)
@pytest.mark.parametrize("size", [1, 3, 600])
def test_an_even_function_passes_at_zero(name: str, size: int) -> None:
    """Its slope is compared with what it has far away; f(0) is no smaller than 1, and rounds."""
    f, derivative = EVEN[name]
    for seed in range(3):
        assert gradcheck.check(f, np.zeros(size), derivative=derivative, rng=seed).ok


def test_a_second_derivative_of_zero_passes_at_zero() -> None:
    """That of tanh, whose slope is even."""
    first, second = lambda x: 1 - np.tanh(x) ** 2, lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2)
    assert gradcheck.check(np.tanh, np.zeros(3), derivative=(first, second), order=2).ok


def test_a_dense_layer_of_an_even_function_passes_at_zero() -> None:
    """Weights that begin with zeros."""
    x = np.random.default_rng(0).normal(size=(5, 3))

    def vjp(u: np.ndarray, w: np.ndarray) -> np.ndarray:
        return x.T @ (u * np.sinh(x @ w))

    assert gradcheck.check(lambda w: np.cosh(x @ w), np.zeros((3, 4)), vjp=vjp).ok


@pytest.mark.parametrize("slope", [1e-6, 1e-5, 1e-3])
@pytest.mark.parametrize("size", [1, 3, 600])
def test_a_slope_beside_an_even_function_is_no_zero(slope: float, size: int) -> None:
    """However small beside the value; no seed lets the claim of a zero pass."""
    for seed in range(3):
        report = gradcheck.check(
            lambda x: np.cos(x) + slope * x, np.zeros(size), derivative=lambda x: -np.sin(x), rng=seed
        )
        assert report.verdict is not Verdict.PASS
    assert slope < 1e-5 or report.verdict is Verdict.FAIL


def _loss(z: np.ndarray, labels: np.ndarray) -> tuple[float, Any]:
    logs = z - np.log(np.exp(z).sum(1, keepdims=True))
    return float(-logs[np.arange(len(labels)), labels].mean()), (z, labels)


def _gradient(upstream: float, cache: Any) -> tuple[np.ndarray, None]:
    z, labels = cache
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    return upstream * (p - np.eye(p.shape[1])[labels]) / len(labels), None


@pytest.mark.parametrize("z", [[0, 300, 0, 0, 0], [0, 100, 0, 0, 0], [0, 0, 64, 0, 0]])
def test_residues_of_rounding_accuse_no_zero(z: list[float]) -> None:
    """The cross-entropy of a single class is 0 but for rounding, which jumps, in the last ulps of x most of all."""
    for seed in range(10):
        report = gradcheck.check(
            (_loss, _gradient), np.array(z, dtype=float)[:, None], np.zeros(5, dtype=int), rng=seed
        )
        assert report.verdict is not Verdict.FAIL


@pytest.mark.parametrize("size", [3, 5000])
def test_flat_is_not_taken_for_empty(size: int) -> None:
    """At the bottom of a bowl the outputs do move, so that a wrong slope would have shown."""
    report = gradcheck.check(lambda x: np.cosh(x).sum(), np.zeros(size), grad=np.sinh)
    assert report.ok
    assert not report.findings
    dead = gradcheck.check(lambda x: np.maximum(x, 0), -np.ones(size), derivative=lambda x: (x > 0) * 1.0)
    assert [finding.code for finding in dead.findings] == ["GC905"]


_A, _B = (np.random.default_rng(0).normal(size=shape) for shape in ((12, 4), 12))
_LABELS = np.eye(3)[np.arange(9) % 3]


def _logs(bias: np.ndarray) -> np.ndarray:
    z = np.tile(bias, (9, 1))
    return np.asarray(z - np.log(np.exp(z).sum(-1, keepdims=True)))


def _likelihood(p: np.ndarray) -> Any:
    return (0.5 * ((_B - p[0]) / np.exp(p[1])) ** 2 + p[1]).mean()


def _score(p: np.ndarray) -> np.ndarray:
    z = (_B - p[0]) / np.exp(p[1])
    return np.array([-(z / np.exp(p[1])).mean(), (1 - z**2).mean()])


OPTIMA: dict[str, tuple[Function, Function, np.ndarray]] = {
    "least squares": (
        lambda x: 0.5 * ((_A @ x - _B) ** 2).sum(),
        lambda x: _A.T @ (_A @ x - _B),
        np.linalg.lstsq(_A, _B, rcond=None)[0],
    ),
    "a likelihood": (_likelihood, _score, np.array([_B.mean(), np.log(_B.std())])),
    "balanced classes": (
        lambda b: -(_LABELS * _logs(b)).mean(),
        lambda b: (np.exp(_logs(b)) - _LABELS).sum(0) / 27,
        np.zeros(3),
    ),
    "a pair of atoms": (
        lambda r: 4 * (r**-12 - r**-6),
        lambda r: 4 * (6 * r**-7 - 12 * r**-13),
        np.array(2 ** (1 / 6)),
    ),
}


@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e12])
@pytest.mark.parametrize("name", OPTIMA)
def test_what_rounding_leaves_of_a_zero_passes_at_an_optimum(name: str, scale: float) -> None:
    """Some 1e-17 where the terms of the gradient cancel, as a zero does, and of a smooth function no kink is told."""
    f, gradient, x = OPTIMA[name]
    for seed in range(3):
        report = gradcheck.check(lambda x: scale * f(x), x, grad=lambda x: scale * gradient(x), rng=seed)
        assert report.ok
        assert not report.findings


@pytest.mark.parametrize("slope", [1e-6, 1e-3])
@pytest.mark.parametrize("name", OPTIMA)
def test_what_rounding_leaves_of_a_zero_hides_no_slope(name: str, slope: float) -> None:
    """A line beside the optimum, which the claim forgets."""
    f, gradient, x = OPTIMA[name]
    for seed in range(3):
        report = gradcheck.check(lambda y: f(y) + slope * np.sum(y - x), x, grad=gradient, rng=seed)
        assert report.verdict is Verdict.FAIL


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


CONSTANTS: dict[str, tuple[Function, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    "softmax": (
        lambda x: _softmax(x).sum(axis=-1),
        lambda u, x: _softmax(x) * u[..., None] - _softmax(x) * (_softmax(x) * u[..., None]).sum(-1, keepdims=True),
    ),
    "circle": (lambda x: np.cos(x) ** 2 + np.sin(x) ** 2, lambda u, x: 0 * x),
    "unit": (lambda x: np.sum((x / np.sqrt(np.sum(x * x))) ** 2), lambda u, x: 0 * x),
}


@pytest.mark.parametrize("name", CONSTANTS)
@pytest.mark.parametrize("shape", [(6,), (3, 5)])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 10.0])
def test_a_constant_passes_though_its_last_digit_moves(name: str, shape: tuple[int, ...], scale: float) -> None:
    """A zero, or what rounding leaves of it, is all that there is to claim."""
    f, vjp = CONSTANTS[name]
    for seed in range(5):
        x = scale * np.random.default_rng(seed).normal(size=shape)
        assert gradcheck.check(f, x, vjp=vjp, rng=seed).ok


@pytest.mark.parametrize("share", [1e-9, 1.0])
@pytest.mark.parametrize("scale", [1e-15, 1e-9, 1e-3, 1.0])
def test_a_constant_hides_no_claim_of_a_slope(share: float, scale: float) -> None:
    """Some of a softmax in place of zero: more than rounding, however little it moves anything."""
    for seed in range(5):
        x = scale * np.random.default_rng(seed).normal(size=6)
        report = gradcheck.check(lambda x: np.sum(_softmax(x)), x, grad=lambda x: share * _softmax(x), rng=seed)
        assert report.verdict is not Verdict.PASS
    assert scale < 1e-3 or report.verdict is Verdict.FAIL


@pytest.mark.parametrize("slope", [1e-15, 1e-12, 1e-6])
@pytest.mark.parametrize("constant", [1.0, 1e9])
def test_a_constant_hides_no_slope_that_any_step_could_show(slope: float, constant: float) -> None:
    """A line beside a constant, which the claim forgets."""
    for seed in range(5):
        x = np.random.default_rng(seed).normal(size=6)
        report = gradcheck.check(
            lambda x: constant * (np.sum(_softmax(x)) + slope * np.sum(x)), x, grad=lambda x: 0 * x, rng=seed
        )
        assert report.verdict is not Verdict.PASS
