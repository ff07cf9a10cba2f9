"""Noise is measured: within a small factor of what was planted, and not fooled by curvature, stairs or kinks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerics.posed import Counted, elementwise, pose

from gradcheck.numerics import DOUBLE, backward_noise, forward_noise

EPS = DOUBLE.eps
POINTS = np.random.default_rng(5).uniform(0.5, 2.0, 200)


def _measured(value, x: np.ndarray = POINTS, seed: int = 0) -> np.ndarray:
    problem = pose(x, value, lambda at, u: u)
    return forward_noise(problem, value(x), np.random.default_rng(seed))


def _scrambled(x: np.ndarray) -> np.ndarray:
    """Return standard normal numbers that look random in x but are a function of it."""
    bits = np.frombuffer(x.tobytes(), dtype=np.uint64)
    return np.random.default_rng(bits % 2**32).standard_normal(x.size)


@given(power=st.integers(-13, -4), seed=st.integers(0, 1000))
def test_planted_noise_is_measured(power: int, seed: int) -> None:
    """Noise of standard deviation s added to a smooth function is estimated within a factor of two and a half."""
    planted = 10.0**power
    measured = _measured(lambda x: np.sin(x) + planted * _scrambled(x), seed=seed)
    assert 0.4 < np.median(measured) / planted < 2.5
    assert np.mean(measured > planted / 5) > 0.88


@pytest.mark.parametrize("function", [np.sin, np.exp, np.log, np.sqrt, np.tanh, lambda x: x**7, lambda x: 1 / x])
def test_curvature_is_not_taken_for_noise(function) -> None:
    """A smooth function computed to the last digit has a noise of a few ulps of its value, and not less than half."""
    measured, value = _measured(function), np.abs(function(POINTS))
    assert np.all(measured >= EPS * value / 2)
    assert np.all(measured <= 16 * EPS * value)


def test_cancellation_is_noise() -> None:
    """A small difference of large terms carries the rounding of the large ones."""
    measured = _measured(lambda x: (1e6 + np.sin(x)) - 1e6)
    assert np.mean(measured > 1e-12) > 0.6
    assert np.all(measured < 1e-9)


@pytest.mark.parametrize("width", [1e-12, 1e-9])
def test_stairs_are_noise(width: float) -> None:
    """A function that moves in stairs wider than the first lattice has a noise of about their height."""
    measured = _measured(lambda x: np.round(x / width) * width)
    assert np.median(measured) > width / 20
    assert np.median(measured) < 20 * width


def test_a_kink_is_not_taken_for_noise() -> None:
    """At a kink the table of differences is large, from one side it is not."""
    x = np.array([0.0, 1.0, -1.0])
    assert np.all(_measured(np.abs, x) <= 1e-12)


def test_noise_costs_six_calls() -> None:
    """One table of seven points, of which the middle one is known."""
    function = Counted(np.sin)
    problem = elementwise(POINTS, function, np.cos)
    forward_noise(problem, np.sin(POINTS), np.random.default_rng(0))
    assert function.calls == 6


def test_a_forward_that_is_not_finite_nearby_has_a_finite_noise() -> None:
    """Beside the edge of the domain an ulp of the value stands in."""
    noise = _measured(lambda x: np.sqrt(np.where(x < 0.5, np.nan, x)), np.array([0.5, 1.0, 2.0]))
    assert np.all(np.isfinite(noise))


def test_the_noise_of_the_backward_is_a_few_ulps() -> None:
    """For a gradient computed to the last digit; never less than four times its roundoff."""
    problem = elementwise(POINTS, np.sin, np.cos)
    g = np.cos(POINTS)
    noise = backward_noise(problem, np.ones(POINTS.size), g, np.random.default_rng(0))
    assert np.all(noise >= 4 * EPS * np.abs(g))
    assert np.all(noise <= 64 * EPS)


def test_a_noisy_backward_is_known_to_be() -> None:
    """A gradient whose digits scatter from the tenth on is trusted no further, nor is one that is infinite nearby."""
    problem = elementwise(POINTS, np.sin, lambda x: np.cos(x) + 1e-10 * _scrambled(x))
    g = problem.pull(POINTS, np.ones(POINTS.size))
    noise = backward_noise(problem, np.ones(POINTS.size), g, np.random.default_rng(0))
    assert 1e-10 < np.median(noise) < 2e-9
    broken = elementwise(POINTS, np.sin, lambda x: np.where(x == POINTS, 1.0, np.inf))
    ones = np.ones(POINTS.size)
    assert np.all(np.isinf(backward_noise(broken, ones, ones, np.random.default_rng(0))))


@given(seed=st.integers(0, 1000))
def test_noise_around_zero_is_not_missed_on_whole_ulps_of_one(seed: int) -> None:
    """On those ``exp(x)`` is ``1 + x`` to the last digit, and its logarithm ``x``, as it is nowhere else."""
    measured = _measured(lambda x: np.log(np.exp(x)) - x, np.zeros(64), seed)
    assert np.median(measured) > EPS / 32
