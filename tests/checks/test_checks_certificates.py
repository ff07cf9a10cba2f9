"""What a pass states: the resolution of every path to a pass is one that this path keeps, and a plain float."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

FAST = 1e4
X = np.random.default_rng(0).uniform(0.5, 1.5, 800)


def _fast(x: np.ndarray) -> np.ndarray:
    return np.sin(FAST * x).sum()


def _slope(x: np.ndarray) -> np.ndarray:
    return FAST * np.cos(FAST * x)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("factor", [1.05, 3.0])
def test_the_ladder_keeps_the_resolution_that_it_states(factor: float, seed: int) -> None:
    """Not that of the first look, which did not certify: one entry off by a little more than stated is no pass."""
    report = gradcheck.check(_fast, X, grad=_slope, rng=1)
    (compared,) = report.comparisons
    assert report.ok
    assert compared.note == "certified on a ladder of steps"
    wrong = np.zeros(X.size)
    wrong[17] = factor * compared.resolution * np.sqrt(np.mean(_slope(X) ** 2))

    assert not gradcheck.check(_fast, X, grad=lambda x: _slope(x) + wrong, rng=seed).ok


@pytest.mark.parametrize("seed", range(3))
def test_what_the_first_look_never_reached_is_judged_as_well(seed: int) -> None:
    """Entries 10^6 times smaller come after the group that needs the ladder, and are wrong by half."""
    small = np.where(np.arange(800) < 400, 1.0, 1e-6)
    wrong = np.where(np.arange(800) < 400, 1.0, 1.5)
    report = gradcheck.check(
        lambda x: (small * np.sin(FAST * x)).sum(), X, grad=lambda x: wrong * small * _slope(x), rng=seed
    )
    assert report.verdict is not Verdict.PASS


@pytest.mark.parametrize("size", [8, 800, 6000])
@pytest.mark.parametrize("mode", ["auto", "projection"])
def test_a_resolution_is_a_plain_float(size: int, mode: str) -> None:
    """In every mode: a report is data, and no part of it needs NumPy to be read."""
    x = np.linspace(0.5, 1.5, size)
    for function, slope in ((lambda x: np.sin(x).sum(), np.cos), (_fast, _slope)):
        for compared in gradcheck.check(function, x, grad=slope, mode=mode, rng=0).comparisons:
            assert type(compared.resolution) in (float, type(None))
            assert type(compared.bound) in (float, type(None))


ZERO_BESIDE_ONE = {
    "b does not matter": (lambda x, b: x + 0 * b, Verdict.PASS),
    "b shifts what is centred": (lambda x, b: (x + b.mean()) - (x + b.mean()).mean(), Verdict.PASS),
    "units that are dead": (lambda x, b: x + np.maximum(-np.abs(b), 0), Verdict.PASS),
    "b matters little": (lambda x, b: x + 1e-9 * b, Verdict.FAIL),
}


@pytest.mark.parametrize("size", [5, 700, 30_000])
@pytest.mark.parametrize("name", ZERO_BESIDE_ONE)
def test_a_zero_is_believed_only_where_large_steps_show_no_slope(name: str, size: int) -> None:
    """1e-9 beside 1 is seen at any size, and named; what cancels, or sleeps, is zero indeed."""
    forward, verdict = ZERO_BESIDE_ONE[name]
    x, b = np.random.default_rng(2).normal(size=(2, size))
    centred = name == "b shifts what is centred"

    def vjp(u: np.ndarray, x: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return u - u.mean() if centred else u, np.zeros_like(b)

    report = gradcheck.check(forward, x, b, vjp=vjp, rng=0)
    assert report.verdict is verdict
    assert all("inputs['b']" in finding.title for finding in report.findings if finding.severity is Verdict.FAIL)


def test_stairs_of_rounding_do_not_certify_a_zero() -> None:
    """log(1 + e^x) far left moves in ulps of 1, and its slope is no more zero there than anywhere."""
    x = np.linspace(-34, -32, 7)
    assert (
        gradcheck.check(lambda x: np.log(1 + np.exp(x)), x, derivative=lambda x: 0 * x).verdict
        is Verdict.INCONCLUSIVE
    )
