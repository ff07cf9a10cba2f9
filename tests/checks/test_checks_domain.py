"""One entry beside the edge of the domain, where a displaced point is NaN: that certifies nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

EDGES = {
    "the root": (lambda x: np.sqrt(x).sum(), lambda x: 0.5 / np.sqrt(x), 1e-8),
    "the logarithm": (lambda x: -np.log(x).sum(), lambda x: -1 / x, 1e-8),
    "the entropy": (lambda x: (x * np.log(x)).sum(), lambda x: 1 + np.log(x), 1e-8),
    "the arc sine": (lambda x: np.arcsin(x).sum(), lambda x: 1 / np.sqrt((1 - x) * (1 + x)), 1 - 1e-8),
    "cross-entropy": (lambda x: -np.log1p(-x).mean(), lambda x: 1 / (1 - x) / x.size, 1 - 1e-8),
}
MISTAKES = {
    "negated": lambda gradient: -gradient,
    "one percent off": lambda gradient: 1.01 * gradient,
    "one entry doubled": lambda gradient: np.r_[gradient[:5], 2 * gradient[5], gradient[6:]],
}


def _inputs(size: int, entry: float, dtype: str = "float64") -> np.ndarray:
    x = np.random.default_rng(size).uniform(0.05, 0.95, size)
    x[0] = entry
    return x.astype(dtype)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("size", [600, 5000, 19_000])
@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("edge", EDGES)
def test_a_wrong_gradient_does_not_pass(edge: str, mistake: str, size: int) -> None:
    """All entries or one of those far from the edge: the one beside it excuses none of them."""
    function, gradient, entry = EDGES[edge]

    report = gradcheck.check(function, _inputs(size, entry), grad=lambda x: MISTAKES[mistake](gradient(x)))

    assert report.verdict is not Verdict.PASS
    assert report.verdict is Verdict.FAIL or mistake == "one entry doubled"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("size", [600, 5000, 19_000])
@pytest.mark.parametrize("edge", EDGES)
def test_a_right_gradient_is_not_called_wrong(edge: str, size: int) -> None:
    """A pass says to what it is certain, as a number."""
    function, gradient, entry = EDGES[edge]

    report = gradcheck.check(function, _inputs(size, entry), grad=gradient)

    assert report.verdict is not Verdict.FAIL, str(report)
    assert report.verdict is Verdict.INCONCLUSIVE or math.isfinite(report.resolution)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("form", ["grad", "derivative", "float32"])
def test_in_every_form(form: str) -> None:
    """A negated slope of the root, summed up or entry by entry, in float64 and in float32."""
    x = _inputs(5000, 1e-8, "float32" if form == "float32" else "float64")
    report = (
        gradcheck.check(np.sqrt, x, derivative=lambda x: -0.5 / np.sqrt(x))
        if form == "derivative"
        else gradcheck.check(lambda x: np.sqrt(x).sum(), x, grad=lambda x: -0.5 / np.sqrt(x))
    )

    assert report.verdict is Verdict.FAIL


def _saturated(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Ten probabilities within a millionth of 0 and of 1, each confident and wrong, and their labels."""
    rng = np.random.default_rng(seed)
    label, off = rng.integers(0, 2, 10).astype(float), 10 ** rng.uniform(-6.3, -5.7, 10)
    return np.where(label > 0, off, 1 - off), label


def _cross_entropy(p: np.ndarray, label: np.ndarray) -> float:
    return -float(np.sum(label * np.log(p) + (1 - label) * np.log1p(-p)))


@pytest.mark.parametrize("seed", range(3))
def test_a_steep_slope_beside_the_edge_is_measured_and_not_assumed_to_round(seed: int) -> None:
    """What 1 - p keeps of a p near 1 is exact: cross-entropy passes there, and fails by a hundred-thousandth."""
    p, label = _saturated(seed)

    def gradient(p: np.ndarray) -> np.ndarray:
        return (1 - label) / (1 - p) - label / p

    right, off, entry = (
        gradcheck.check(lambda p: _cross_entropy(p, label), p, grad=lambda p, by=by: by * gradient(p), rng=seed)
        for by in (1.0, 1 + 1e-5, 1 + 1e-3 * np.eye(10)[4])
    )

    assert right.verdict is Verdict.PASS
    assert right.resolution < 1e-6
    assert off.verdict is entry.verdict is Verdict.FAIL
