"""On kinks a claim that is the gradient of a point beside them is right, and no other value becomes so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict


def _net(slope: Callable[[np.ndarray], np.ndarray]) -> tuple[Any, Any]:
    """Return two layers with ReLUs between them, whose derivative is `slope`."""

    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray, v: np.ndarray) -> np.ndarray:
        return np.asarray(np.maximum(x @ w + b, 0) @ v)

    def vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray, b: np.ndarray, v: np.ndarray) -> Any:
        a = x @ w + b
        d = (u @ v.T) * slope(a)
        return d @ w.T, x.T @ d, d.sum(axis=0), np.maximum(a, 0).T @ u

    return forward, vjp


def _report(slope: Callable[[np.ndarray], np.ndarray], seed: int, hidden: int = 30) -> gradcheck.Report:
    """Check it at a batch of which one row is padding, with a bias that is zero, as it is in the beginning."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(8, 12))
    x[3] = 0.0
    forward, vjp = _net(slope)
    w, v = rng.normal(size=(12, hidden)) / 4, rng.normal(size=(hidden, 5)) / 4
    return gradcheck.check(forward, x, w, np.zeros(hidden), v, vjp=vjp, rng=seed)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("at_zero", [0.0, 1.0])
def test_both_slopes_of_a_relu_pass_at_a_row_of_zeros(seed: int, at_zero: float) -> None:
    """Every unit is on its kink, and all move together with the inputs of the row: what frameworks do is right."""
    report = _report(lambda a: (a > 0) + at_zero * (a == 0), seed)
    assert report.verdict is Verdict.PASS
    assert all(str(comparison.note).count("beside it") <= 1 for comparison in report.comparisons)


@pytest.mark.parametrize("seed", [0])
@pytest.mark.parametrize("at_zero", [-1.0, 2.0, 3.0])
def test_a_slope_that_no_point_beside_has_fails(seed: int, at_zero: float) -> None:
    """Beside the kinks the slopes are 0 and 1."""
    assert _report(lambda a: (a > 0) + at_zero * (a == 0), seed).verdict is Verdict.FAIL


def test_a_tie_that_is_counted_twice_fails_with_a_bias_in_front_as_well() -> None:
    """However the inputs are shifted, the tie stays or goes to one side: no point beside has twice the gradient."""
    x = np.tile([1.0, 2.0, 2.0, 0.5], (6, 1))

    def forward(x: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.asarray((x + b).max(axis=1))

    def vjp(u: np.ndarray, x: np.ndarray, b: np.ndarray) -> Any:
        y = x + b
        dx = u[:, None] * (y == y.max(axis=1, keepdims=True))
        return dx, dx.sum(axis=0)

    assert gradcheck.check(forward, x, np.zeros(4), vjp=vjp).verdict is Verdict.FAIL
