"""Statistics: the stated false-alarm rates and powers, held against simulation at a laxer rate."""

from __future__ import annotations

import numpy as np
import pytest
from gradcheck.properties._statistics import (
    FALSE_ALARM,
    POWER,
    distribution_limit,
    mean_limit,
    sample_size,
    variance_band,
    variance_power,
)

RATE = 0.05
RUNS = 4000
N = 200
SLACK = 4 * np.sqrt(RATE / RUNS)
"""Four standard deviations of a rate that is measured in so many runs."""


def draw(distribution: str, scale: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(0)
    shape = (RUNS, N)
    if distribution == "normal":
        return scale * rng.standard_normal(shape)
    return scale * np.sqrt(3) * rng.uniform(-1, 1, shape)


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_the_mean_rarely_leaves_its_bound(distribution: str) -> None:
    """The share of false alarms is at most the stated one."""
    outside = np.abs(draw(distribution).mean(axis=1)) > mean_limit(N, RATE)

    assert outside.mean() <= RATE + SLACK


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_the_variance_rarely_leaves_its_band(distribution: str) -> None:
    """The share of false alarms is at most the stated one."""
    band, found = variance_band(N, distribution, RATE), (draw(distribution) ** 2).mean(axis=1)

    assert ((found < band.low) | (found > band.high)).mean() <= RATE + SLACK


def test_the_normal_band_is_exact() -> None:
    """For normal numbers the stated rate is met, not only kept: the band is no wider than it must be."""
    band, found = variance_band(N, "normal", RATE), (draw("normal") ** 2).mean(axis=1)

    assert ((found < band.low) | (found > band.high)).mean() == pytest.approx(RATE, abs=SLACK)


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_error_is_seen_as_often_as_stated(distribution: str, sign: int) -> None:
    """The share of wrong variances that leave the band is at least the stated power."""
    error, band = 0.5, variance_band(N, distribution, RATE)
    power = variance_power(N, band, error, distribution)
    found = (draw(distribution, np.sqrt(1 + sign * error)) ** 2).mean(axis=1)

    assert power > 0.5
    assert ((found < band.low) | (found > band.high)).mean() >= power - SLACK


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_the_sample_is_large_enough(distribution: str) -> None:
    """The sample size gives the stated power at the stated rate, and a much smaller one does not."""
    n = sample_size(0.1, distribution)

    assert variance_power(n, variance_band(n, distribution), 0.1, distribution) >= POWER
    assert variance_power(n // 2, variance_band(n // 2, distribution), 0.1, distribution) < POWER


def test_the_distribution_function_rarely_leaves_its_band() -> None:
    """The largest distance of the empirical distribution function stays below its bound."""
    x = np.sort(np.random.default_rng(1).random((RUNS, N)), axis=1)
    steps = np.arange(N + 1) / N
    distance = np.maximum(np.abs(x - steps[1:]).max(axis=1), np.abs(x - steps[:-1]).max(axis=1))

    assert (distance > distribution_limit(N, RATE)).mean() <= RATE + SLACK


def test_the_rate_is_small() -> None:
    """A law about randomness may fail a right subject once in a thousand million times."""
    assert FALSE_ALARM == 1e-9
