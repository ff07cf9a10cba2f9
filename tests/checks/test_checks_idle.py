"""A whole gradient that is claimed to be zero, in a net whose weights begin small and whose biases begin at zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

X, LABELS = 10 * np.random.default_rng(0).normal(size=(5, 4)), np.array([0, 1, 2, 2, 1])
ROWS = np.arange(5)


def _net(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    scores = np.maximum(X @ W1 + b1, 0) @ W2 + b2
    scores = scores - scores.max(axis=1, keepdims=True)
    return (np.log(np.exp(scores).sum(axis=1)) - scores[ROWS, LABELS]).mean()


def _vjp(upstream: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> list[Any]:
    hidden = np.maximum(X @ W1 + b1, 0)
    p = np.exp(hidden @ W2 + b2)
    p /= p.sum(axis=1, keepdims=True)
    p[ROWS, LABELS] -= 1
    p *= upstream / 5
    back = (p @ W2.T) * (hidden > 0)
    return [X.T @ back, back.sum(axis=0), hidden.T @ p, p.sum(axis=0)]


def _check(deviation: float, missing: int | None, seed: int) -> gradcheck.Report:
    rng = np.random.default_rng(0)
    point = [deviation * rng.normal(size=(4, 10)), np.zeros(10), deviation * rng.normal(size=(10, 3)), np.zeros(3)]

    def claim(upstream: Any, *x: Any) -> tuple[Any, ...]:
        return tuple(g * (k != missing) for k, g in enumerate(_vjp(upstream, *x)))

    return gradcheck.check(_net, *point, vjp=claim, rng=seed)


@pytest.mark.parametrize("deviation", [1e-5, 3e-6])
@pytest.mark.parametrize("missing", [0, 2])
def test_a_missing_gradient_of_small_weights_fails(deviation: float, missing: int) -> None:
    """Beside a bias that begins at zero they contribute next to nothing for a step of their size, but a slope."""
    report = _check(deviation, missing, seed=0)
    assert report.verdict is Verdict.FAIL
    assert report.findings[0].path in {"inputs['W1']", "inputs['W2']"}


@pytest.mark.parametrize("deviation", [1e-4, 1e-5])
def test_the_right_gradient_of_small_weights_passes(deviation: float) -> None:
    """So large a difference between weights and bias is no mistake."""
    assert all(_check(deviation, None, seed).ok for seed in range(2))


def _small(deviation: float, seed: int) -> gradcheck.Report:
    """Return what is said of a layer of small weights whose biases leave some of its units dead."""
    rng = np.random.default_rng(seed)

    def claim(upstream: Any, x: Any, W: Any, b: Any, V: Any, c: Any) -> tuple[Any, ...]:
        hidden = np.maximum(x @ W + b, 0)
        back = (upstream @ V.T) * (hidden > 0)
        return back @ W.T, x.T @ back, back.sum(axis=0), hidden.T @ upstream, upstream.sum(axis=0)

    sizes = ((6, 4), 1.0), ((4, 5), deviation), ((5,), 1.0), ((5, 3), deviation), ((3,), 1.0)
    point = [size * rng.normal(size=shape) for shape, size in sizes]
    return gradcheck.check(lambda x, W, b, V, c: np.maximum(x @ W + b, 0) @ V + c, *point, vjp=claim, rng=seed)


@pytest.mark.parametrize("deviation", [3e-4, 1e-4])
def test_zeros_of_small_weights_are_certain_to_what_far_steps_show(deviation: float) -> None:
    """Beside the others alone, zeros were certain to no better than some thirty times a weight's gradient."""
    for seed in range(10):
        report = _small(deviation, seed)
        assert report.ok
        assert all(c.resolution is None or c.resolution < 1 for c in report.comparisons)


def test_an_input_that_is_claimed_not_to_matter_and_moves_nothing_is_said_to_be_rounding() -> None:
    """A bias of 1e-20 beside numbers of 1: whether its gradient is zero nothing can tell."""
    report = gradcheck.check(
        lambda x, b: 2 * x + b, np.ones(3), np.full(3, 1e-20), vjp=lambda u, x, b: (2 * u, 0 * b)
    )
    assert report.comparisons[1].note == "what it contributes is rounding beside the others"
