"""A ``vjp=`` is handed its inputs again: once that is seen to be all it needs, no forward is called for its sake."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

X = np.random.default_rng(3).uniform(0.2, 1.2, 40)


def _slope(u, x):
    return u * np.cos(x)


class Counted:
    """sin, and how often it is called."""

    def __init__(self):
        self.calls = 0

    def __call__(self, x):
        """Return sin(x)."""
        self.calls += 1
        return np.sin(x)


class Kept:
    """sin, whose gradient looks up what a forward at the very same point has kept."""

    def __init__(self):
        self.seen = {}

    def forward(self, x):
        """Return sin(x), and keep cos(x)."""
        self.seen[x.tobytes()] = np.cos(x)
        return np.sin(x)

    def vjp(self, u, x):
        """Return u cos(x), where a forward has been."""
        return u * self.seen[x.tobytes()]


class Latest:
    """sin, whose gradient is that of the latest forward, wherever it was."""

    def __init__(self):
        self.cos = None

    def forward(self, x):
        """Return sin(x), and keep cos(x)."""
        self.cos = np.cos(x)
        return np.sin(x)

    def vjp(self, u, x):
        """Return u cos(x) for the x that came last."""
        return u * self.cos


def test_a_claim_that_is_handed_its_inputs_costs_no_forward():
    """The same check of a pair, whose backward lives on its cache, calls the forward more often."""
    alone, cached = Counted(), Counted()
    gradcheck.check(alone, X, vjp=_slope, rng=0)
    gradcheck.check((lambda x: (cached(x), x), _slope), X, rng=0)
    assert alone.calls <= cached.calls - 5


@pytest.mark.parametrize("seed", range(5))
def test_what_looks_up_what_a_forward_kept_passes(seed):
    """A gradient that raises where no forward has been gets one, as before."""
    kept = Kept()
    assert gradcheck.check(kept.forward, X, vjp=kept.vjp, rng=seed).verdict is Verdict.PASS


@pytest.mark.parametrize("seed", range(5))
def test_what_looks_up_what_a_forward_kept_fails_where_it_is_wrong(seed):
    """The forward that it gets does not excuse a wrong entry."""
    kept = Kept()

    def wrong(u, x):
        gradient = kept.vjp(u, x)
        gradient[7] *= 1.01
        return gradient

    report = gradcheck.check(lambda x: kept.forward(x), X, vjp=wrong, rng=seed)
    assert report.verdict is Verdict.FAIL
    assert "[7]" in str(report)


@pytest.mark.parametrize("seed", range(5))
def test_a_gradient_of_the_latest_forward_is_still_found(seed):
    """It is another after a forward elsewhere, which is not what ``vjp(upstream, x)`` says."""
    latest = Latest()
    report = gradcheck.check(latest.forward, X, vjp=latest.vjp, rng=seed)
    assert report.verdict is Verdict.FAIL
