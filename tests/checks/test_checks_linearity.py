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


class Restless:
    """The gradient of sin, twice as large in some calls: as from memory that nobody wrote, or a race."""

    def __init__(self, calls: set[int]) -> None:
        self.calls, self.count = calls, 0

    def __call__(self, u: np.ndarray, x: np.ndarray) -> np.ndarray:
        self.count += 1
        return u * np.cos(x) * (2 if self.count in self.calls else 1)


@pytest.mark.parametrize(("n", "call"), [(50, 3), (50, 4), (5000, 4), (30_000, 1), (300_000, 1)])
def test_a_backward_that_is_wrong_once_does_not_pass(n: int, call: int) -> None:
    """Whatever is seen to differ between two calls is told, also where a second look finds nothing."""
    for seed in range(3):
        x = np.random.default_rng(seed).normal(size=n)
        assert gradcheck.check(np.sin, x, vjp=Restless({call}), rng=seed).verdict is Verdict.FAIL


@pytest.mark.parametrize("n", [50, 700])
def test_random_errors_are_no_rounding(n: int) -> None:
    """They scatter like what a nearly singular matrix loses, but the same call does not repeat them."""
    rng = np.random.default_rng(0)
    for seed in range(4):
        bad = {int(k) for k in np.flatnonzero(rng.random(10_000) < 0.5) if k > 1}
        report = gradcheck.check(np.sin, rng.normal(size=n), vjp=Restless(bad), rng=seed)
        assert report.verdict is Verdict.FAIL
        assert {f.code for f in report.findings} & {"GC106", "GC107", "GC108", "GC111"}


def test_what_cancels_may_be_added_up_in_any_order() -> None:
    """The gradient of a bias in front of a mean is rounding, as random as the order in which threads add it up."""
    for seed in range(5):
        rng = np.random.default_rng(seed)

        def centred(x: np.ndarray, c: np.ndarray) -> np.ndarray:
            y = x + c
            return np.asarray(y - y.mean())

        def vjp(u: np.ndarray, x: np.ndarray, c: np.ndarray, rng: np.random.Generator = rng) -> Any:
            g = u - u.mean()
            return g, np.cumsum(rng.permutation(g))[-1]

        report = gradcheck.check(centred, rng.normal(size=40), np.array(0.7), vjp=vjp, rng=seed)
        assert report.verdict is not Verdict.FAIL, str(report)


@pytest.mark.parametrize("most", [50.0, 100.0, 300.0, 1000.0, 1234.567, 1e4, 1e5])
@pytest.mark.parametrize("shape", [(4, 3), (70, 70)])
def test_a_clip_far_out_fails_however_round_it_is(most: float, shape: tuple[int, int]) -> None:
    """What was clipped to 1000 has few digits; that does not make sixteen bits of the backward's own."""
    x = np.random.default_rng(1).normal(size=shape)
    report = gradcheck.check(lambda x: 2 * x, x, vjp=lambda u, x: 2 * np.clip(u, -most, most))
    assert [finding.code for finding in report.findings] == ["GC108"]
