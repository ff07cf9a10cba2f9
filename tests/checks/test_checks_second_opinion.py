"""Backwards that are wrong where the others drown it: in faint outputs, tiny inputs, and entries beside huge ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

_W = np.array([0.5, -1.2, 0.7])


def _correlated(x: np.ndarray) -> np.ndarray:
    return np.asarray(sum(_W[j] * x[j : j + x.size - 2] for j in range(3)))


def _spread(u: np.ndarray) -> np.ndarray:
    return np.asarray(sum(np.pad(_W[j] * u, (j, 2 - j)) for j in range(3)))


def _verdict(x: np.ndarray, small: float, share: float, mode: str, rng: int) -> Verdict:
    """Return the verdict on two rows, one `small`, of which the backward has `share`."""
    sizes = np.array([[1.0], [small]])
    return gradcheck.check(
        lambda x: sizes * _correlated(x),
        x,
        vjp=lambda u, x: _spread(u[0] + share * small * u[1]),
        mode=mode,
        rng=rng,
    ).verdict


@pytest.mark.parametrize("mode", ["auto", "projection", "entries"])
@pytest.mark.parametrize("size", [12, 140, 700])
@pytest.mark.parametrize("small", [1e-7, 1e-9, 1e-12])
def test_a_forgotten_faint_row_fails(mode: str, size: int, small: float) -> None:
    """To seven digits the gradient is right without it; a right one passes."""
    x = np.random.default_rng(size).normal(size=size)
    assert _verdict(x, small, 0.0, mode, 0) is Verdict.FAIL
    assert _verdict(x, small, 0.9, mode, 1) is Verdict.FAIL
    assert _verdict(x, small, 1.0, mode, 2) is Verdict.PASS


@pytest.mark.parametrize("small", [1e-9, 1e-12])
def test_a_forgotten_faint_row_of_a_large_subject_fails(small: float) -> None:
    """The first look at a large subject leaves faint outputs to a thorough examination."""
    x = np.random.default_rng(0).normal(size=30_000)
    assert _verdict(x, small, 0.0, "auto", 0) is Verdict.FAIL
    assert _verdict(x, small, 1.0, "auto", 0) is Verdict.PASS


def test_the_report_tells_that_it_is_about_faint_outputs() -> None:
    """Its numbers are far smaller than those of the whole gradient."""
    sizes = np.array([[1.0], [1e-9]])
    x = np.random.default_rng(0).normal(size=20)
    report = gradcheck.check(lambda x: sizes * _correlated(x), x, vjp=lambda u, x: _spread(u[0]))
    assert report.scheme is not None
    assert "far smaller than the others" in report.scheme


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def _softmax_vjp(u: np.ndarray, x: np.ndarray) -> np.ndarray:
    p = _softmax(x)
    return np.asarray(p * (u - (u * p).sum(axis=-1, keepdims=True)))


RIGHT: dict[str, tuple[Any, Any]] = {
    "a peaked softmax": (_softmax, _softmax_vjp),
    "an exponential": (np.exp, lambda u, x: u * np.exp(x)),
    "tails of a bell": (lambda x: np.exp(-x * x), lambda u, x: -2 * u * x * np.exp(-x * x)),
    "a difference that has lost its digits": (
        lambda x: np.concatenate([x, (x + 1e-9 * np.sin(x)) - x]),
        lambda u, x: u[: len(x)] + 1e-9 * np.cos(x) * u[len(x) :],
    ),
    "faint kinks and stairs": (
        lambda x: np.concatenate([x, 1e-9 * np.abs(x), 1e-12 * np.round(3 * x)]),
        lambda u, x: u[: len(x)] + 1e-9 * np.sign(x) * u[len(x) : 2 * len(x)],
    ),
}


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("shape", [(4, 8), (20, 30), (90, 90)])
def test_right_faint_outputs_are_no_alarm(name: str, shape: tuple[int, int]) -> None:
    """Whatever rounding makes of them, the verdict is that of the others."""
    forward, vjp = RIGHT[name]
    x = 10 * np.random.default_rng(1).normal(size=shape)
    assert gradcheck.check(forward, x, vjp=vjp).verdict is not Verdict.FAIL


def _bent(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return np.asarray(np.tanh(2 * x + w) * np.exp(w * x))


def _bent_vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    t, e = np.tanh(2 * x + w), np.exp(w * x)
    return u * e * (2 * (1 - t * t) + t * w), u * e * (1 - t * t + t * x)


@pytest.mark.parametrize("mode", ["auto", "projection", "entries"])
@pytest.mark.parametrize("size", [1e-11, 1e-13])
def test_an_input_of_tiny_values_is_moved_further_than_its_size(size: float, mode: str) -> None:
    """Its gradient is as large as the others, and a step in proportion to it moves nothing."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        x, w = rng.normal(size=6), size * rng.normal(size=6)

        def verdict(factor: float, x: np.ndarray = x, w: np.ndarray = w, seed: int = seed) -> Verdict:
            def vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
                dx, dw = _bent_vjp(u, x, w)
                return dx, factor * dw

            return gradcheck.check(_bent, x, w, vjp=vjp, mode=mode, rng=seed).verdict

        assert verdict(1.0) is Verdict.PASS
        assert verdict(0.5) is Verdict.FAIL


@pytest.mark.parametrize("size", [1e-13, 1e-15])
def test_kinks_near_a_tiny_input_are_no_alarm(size: float) -> None:
    """The larger step crosses the kink that the tiny value is on one side of."""
    x, w = np.random.default_rng(0).normal(size=5), size * np.random.default_rng(1).normal(size=5)
    for forward, slope in (
        (lambda x, w: x + np.maximum(w, 0), lambda w: (w > 0) * 1.0),
        (lambda x, w: x + np.abs(w), np.sign),
        (lambda x, w: x + w * w, lambda w: 2 * w),
        (lambda x, w: x + np.sqrt(w * w + 1e-12), lambda w: w / np.sqrt(w * w + 1e-12)),
        (lambda x, w: x + np.floor(w), np.zeros_like),
    ):
        report = gradcheck.check(forward, x, w, vjp=lambda u, x, w, slope=slope: (u, u * slope(w)))
        assert report.verdict is not Verdict.FAIL


@pytest.mark.parametrize("size", [200, 257, 512, 4000, 30_000])
def test_zeros_beside_huge_entries_fail_at_every_size(size: int) -> None:
    """The smallest exponentials, of e^-13 to e^13, have no gradient; from 257 entries on they passed."""
    for seed in range(2):
        x = 4 * np.random.default_rng(seed).normal(size=size)

        def verdict(least: float, x: np.ndarray = x, seed: int = seed) -> Verdict:
            return gradcheck.check(np.exp, x, vjp=lambda u, x: u * np.exp(x) * (x > least), rng=seed).verdict

        assert verdict(-np.inf) is Verdict.PASS
        assert verdict(-4.0) is Verdict.FAIL


def test_an_input_that_rounding_absorbs_is_not_called_wrong() -> None:
    """Some outputs move by an ulp and others not at all: that is no reach, and its slope is not what is seen."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        x, w = rng.normal(size=300), 1e-15 * rng.normal(size=1)
        report = gradcheck.check(
            lambda x, w: np.tanh(2 * x + w),
            x,
            w,
            vjp=lambda u, x, w: (
                2 * u * (1 - np.tanh(2 * x + w) ** 2),
                np.sum(u * (1 - np.tanh(2 * x + w) ** 2))[None],
            ),
            mode="entries" if seed % 2 else "auto",
            rng=seed,
        )
        assert report.verdict is not Verdict.FAIL


EDGES: dict[str, tuple[Any, Any]] = {"sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)), "log": (np.log, lambda x: 1 / x)}


@pytest.mark.parametrize("mode", ["auto", "entries"])
@pytest.mark.parametrize("name", EDGES)
def test_small_entries_near_the_edge_of_the_domain_take_steps_of_their_own(name: str, mode: str) -> None:
    """A share of what is typical leads from 1e-30 beyond zero; right roots and logarithms were left undecided."""
    forward, slope = EDGES[name]
    for seed in (0, 2, 4, 5):
        x = 10.0 ** np.random.default_rng(seed).uniform(-30, 3, 6)
        right = gradcheck.check(forward, x, derivative=slope, mode=mode, rng=seed)
        wrong = gradcheck.check(forward, x, derivative=lambda x: 1.01 * slope(x), mode=mode, rng=seed)
        assert right.verdict is Verdict.PASS
        assert wrong.verdict is Verdict.FAIL


@pytest.mark.parametrize("name", EDGES)
def test_a_sum_that_leaves_the_domain_everywhere_is_no_crash(name: str) -> None:
    """Halving met residuals that are no numbers, and made digits of them."""
    forward, slope = EDGES[name]
    for seed in range(10):
        x = 10.0 ** np.random.default_rng(seed).uniform(-12, 0, 40)
        report = gradcheck.check(forward, x, vjp=lambda u, x: u * slope(x), mode="projection", rng=seed)
        assert report.verdict is not Verdict.FAIL


CANCELLING: dict[str, tuple[Any, Any]] = {
    "1 - cos": (lambda x: 1 - np.cos(x), np.sin),
    "log cosh": (lambda x: np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - np.log(2), np.tanh),
    "sqrt(1 + x^2) - 1": (lambda x: np.sqrt(1 + x * x) - 1, lambda x: x / np.sqrt(1 + x * x)),
}


@pytest.mark.parametrize("mode", ["auto", "projection"])
@pytest.mark.parametrize("size", [12, 40, 600])
@pytest.mark.parametrize("name", CANCELLING)
def test_a_forward_that_cancels_is_no_alarm(name: str, size: int, mode: str) -> None:
    """Its smallest outputs stand on stairs of an ulp of 1, which are wider than any step, and nothing shows it."""
    forward, slope = CANCELLING[name]
    for seed in range(8):
        rng = np.random.default_rng(seed)
        x = 10.0 ** rng.uniform(-7, 0.5, size) * rng.choice([-1, 1], size)
        report = gradcheck.check(forward, x, vjp=lambda u, x: u * slope(x), mode=mode, rng=seed)
        assert report.verdict is not Verdict.FAIL


@pytest.mark.parametrize("mode", ["auto", "projection"])
@pytest.mark.parametrize("size", [30, 300, 800])
def test_a_backward_that_cancels_is_no_alarm(size: int, mode: str) -> None:
    """A sigmoid less its label has no digits left where it saturates."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        z, t = 20 * rng.normal(size=size), (rng.random(size) < 0.5) * 1.0

        def loss(z: np.ndarray, t: np.ndarray = t) -> np.ndarray:
            return np.asarray(np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z))))

        def vjp(u: np.ndarray, z: np.ndarray, t: np.ndarray = t) -> np.ndarray:
            e = np.exp(-np.abs(z))
            return np.asarray(u * (np.where(z >= 0, 1 / (1 + e), e / (1 + e)) - t))

        report = gradcheck.check(loss, z, vjp=vjp, mode=mode, rng=seed)
        assert report.verdict is not Verdict.FAIL


@pytest.mark.parametrize("slope", [np.tanh, np.sin, lambda b: b / (1 + b * b)])
def test_a_parameter_beside_huge_inputs_is_no_alarm(slope: Any) -> None:
    """Beside 1e15 a step of a share of that leaves everything that the function is at a half."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        t, b = 1e15 * rng.normal(size=5), 0.5 * rng.normal(size=1)

        def vjp(u: np.ndarray, t: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            h = 1e-30
            return u, u.sum(keepdims=True) * np.imag(slope(b + 1j * h)) / h

        report = gradcheck.check(lambda t, b: t + slope(b), t, b, vjp=vjp, rng=seed)
        assert report.verdict is not Verdict.FAIL
