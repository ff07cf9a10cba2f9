"""The backward is linear in the upstream, down to the sizes that a mean over a batch makes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True))


def _softmax_vjp(u: np.ndarray, x: np.ndarray) -> np.ndarray:
    p = _softmax(x)
    return np.asarray(p * (u - (u * p).sum(-1, keepdims=True)))


BACKWARDS: dict[str, tuple[Any, Any, list[tuple[int, ...]], float]] = {
    "ReLU, half of it dead": (lambda x: np.maximum(x, 0), lambda u, x: u * (x > 0), [(4, 5)], 1.0),
    "a saturated softmax": (_softmax, _softmax_vjp, [(4, 6)], 8.0),
    "a product": (lambda x, w: x @ w, lambda u, x, w: (u @ w.T, x.T @ u), [(4, 5), (5, 3)], 1.0),
    "a large product": (lambda x, w: x @ w, lambda u, x, w: (u @ w.T, x.T @ u), [(50, 200), (200, 110)], 1.0),
    "a large exponential": (np.exp, lambda u, x: u * np.exp(x), [(300, 100)], 1.0),
}


@pytest.mark.parametrize("name", BACKWARDS)
@pytest.mark.parametrize("mode", ["auto", "entries"])
def test_small_upstreams_that_are_dropped_fail(name: str, mode: str) -> None:
    """A mean over ten thousand sends upstreams below 1e-3; one small entry alone may meet a dead output."""
    forward, vjp, shapes, size = BACKWARDS[name]
    for seed in range(6 if shapes[0][0] < 50 else 1):
        rng = np.random.default_rng(seed)
        inputs = [size * rng.normal(size=shape) for shape in shapes]

        def dropping(u: np.ndarray, *inputs: np.ndarray) -> Any:
            return vjp(np.where(np.abs(u) < 1e-3, 0.0, u), *inputs)

        if mode == "auto" or shapes[0][0] < 50:
            assert gradcheck.check(forward, *inputs, vjp=dropping, mode=mode, rng=seed).verdict is Verdict.FAIL
            assert gradcheck.check(forward, *inputs, vjp=vjp, mode=mode, rng=seed).verdict is Verdict.PASS
