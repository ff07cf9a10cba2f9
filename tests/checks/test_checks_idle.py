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
