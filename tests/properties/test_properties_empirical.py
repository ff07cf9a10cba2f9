"""Bounds of a mean that the sample itself gives: their rates over distributions, and the laws that rest on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gradcheck.properties import plan, run_law
from gradcheck.properties._empirical import MOST, empirical_limit, enough, visible_error
from gradcheck.properties._statistics import FALSE_ALARM, POWER

import gradcheck
from gradcheck import reference
from gradcheck.report import Status

RATE, RUNS = 0.05, 400

Draw = Callable[[np.random.Generator, Any], np.ndarray]


def mostly_zero(share: float) -> Draw:
    return lambda rng, n: rng.standard_normal(n) * (rng.random(n) < share) / np.sqrt(share)


SPREADS: dict[str, Draw] = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "uniform": lambda rng, n: np.sqrt(3) * rng.uniform(-1, 1, n),
    "two points": lambda rng, n: rng.choice([-1.0, 1.0], n),
    "exponential tails": lambda rng, n: rng.laplace(size=n) / np.sqrt(2),
    "half zeros": mostly_zero(0.5),
    "31 zeros of 32": mostly_zero(1 / 32),
}


@pytest.mark.parametrize("name", SPREADS)
def test_the_second_moment_rarely_leaves_its_bound(name: str) -> None:
    """Whatever the distribution, the share of false alarms is at most the stated one."""
    rng = np.random.default_rng(0)
    squares = [SPREADS[name](rng, 1000) ** 2 for _ in range(RUNS)]

    assert np.mean([abs(s.mean() - 1) > empirical_limit(s, RATE) for s in squares]) <= RATE


@pytest.mark.parametrize("name", SPREADS)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_visible_error_is_seen(name: str, sign: int) -> None:
    """An error a fifth above what a sample says it would show leaves the bound."""
    rng = np.random.default_rng(1)
    error = 1.2 * visible_error(SPREADS[name](rng, 100_000) ** 2, RATE) + 1e-9
    wrong = [(1 + sign * min(error, 0.9)) * SPREADS[name](rng, 100_000) ** 2 for _ in range(10)]

    assert all(abs(s.mean() - 1) > empirical_limit(s, RATE) for s in wrong)


def test_the_sample_is_as_large_as_the_spread_asks_for() -> None:
    """A wider spread asks for more numbers, up to the most that a law draws; so does a pilot of zeros alone."""
    rng = np.random.default_rng(2)
    normal, wide = (enough(SPREADS[name](rng, 5000) ** 2, 0.03) for name in ("normal", "31 zeros of 32"))

    assert normal < wide == MOST == enough(np.zeros(5000), 0.03)
    assert visible_error(rng.standard_normal(normal) ** 2) < 0.04


@pytest.mark.parametrize("seed", range(3))
def test_a_right_sparse_initializer_has_its_variance(seed: int) -> None:
    """Weights of which most are 0 have a fourth moment far above a normal one's, and the declared variance."""
    sparse = gradcheck.subject(reference.sparse, kind="initializer", traits=reference.initializers.TRAITS["sparse"])
    result = run_law(plan(sparse), "GC402", rng=seed)

    assert result.status is Status.PASSED, result
    assert dict(result.statistics)["false-alarm rate"] == f"{FALSE_ALARM:g}"
    assert dict(result.statistics)["power"].endswith(f"with probability {POWER}")


def uniform_and_zeros(fan_in, fan_out, rng):
    return rng.uniform(-1, 1, (fan_in, fan_out)) * (rng.random((fan_in, fan_out)) < 0.6)


def for_leaky_relu(fan_in, fan_out, rng):
    return rng.standard_normal((fan_in, fan_out)) * np.sqrt(2 / (1 + 0.2**2) / fan_in)


def test_nothing_is_inferred_that_only_looks_alike() -> None:
    """A mixture with the kurtosis of a normal is not called normal, and a variance 4 % off is no formula's."""
    assert plan(uniform_and_zeros, "initializer").adapted.traits.distribution is None
    assert plan(for_leaky_relu, "initializer").adapted.traits.variance is None
    assert plan(for_leaky_relu, "initializer").adapted.traits.distribution == "normal"


class ByChannel:
    """A dropout that drops whole channels of images."""

    def __init__(self, rate):
        self.rate, self.rng, self.training = rate, np.random.default_rng(0), True

    def forward(self, x):
        shape = x.shape[:2] + (1,) * (x.ndim - 2)
        self.mask = (self.rng.random(shape) >= self.rate) / (1 - self.rate) if self.training else np.ones(shape)
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


@pytest.mark.parametrize("rate", [0.4, 0.01])
@pytest.mark.parametrize("code", ["GC127", "GC131", "GC132"])
def test_a_right_dropout_of_channels_keeps_its_laws(code: str, rate: float) -> None:
    """A channel that is dropped as a whole counts once, and masks that agree by chance are no finding."""
    x = np.random.default_rng(0).standard_normal((3, 4, 16, 16))
    declared = gradcheck.subject(ByChannel(rate), x, kind="layer", traits={"drop_rate": rate})

    assert all(run_law(plan(declared), code, rng=seed).status is Status.PASSED for seed in range(4))
