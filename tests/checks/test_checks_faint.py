"""Backwards that forget, or get wrong, outputs far smaller than the others of their array."""

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
