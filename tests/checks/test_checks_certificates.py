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
