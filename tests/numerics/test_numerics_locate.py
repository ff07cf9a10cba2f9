"""Halving finds the wrong entries: exactly them, and in few evaluations."""

from __future__ import annotations

from math import ceil, log2

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numerics.posed import Counted, pose

from gradcheck.numerics import residual_of, weights, wrong_coordinates


@given(
    size=st.integers(1, 10_000),
    count=st.integers(0, 5),
    power=st.integers(-6, 3),
    seed=st.integers(0, 10**6),
)
@example(size=10_000, count=5, power=-6, seed=0)
@example(size=1, count=1, power=0, seed=0)
def test_halving_finds_exactly_the_wrong_ones(size: int, count: int, power: int, seed: int) -> None:
    """For k of n the set found is the set planted, in any order, within k (log2 n + 2) tests."""
    rng = np.random.default_rng(seed)
    wrong = rng.choice(size, min(count, size), replace=False)
    error = np.zeros(size)
    error[wrong] = np.array([1, -3, 9, -27, 81])[: wrong.size] * 2.0**power  # no two parts of these cancel
    tests = 0

    def measure(subset: np.ndarray) -> float:
        nonlocal tests
        tests += 1
        return float(error[subset].sum())

    found = list(wrong_coordinates(measure, lambda subset: 1e-12, size, rng))
    assert sorted(found) == sorted(wrong.tolist())
    assert tests <= 1 + wrong.size * (ceil(log2(size)) + 1 if size > 1 else 1)


@pytest.mark.parametrize("n", [64, 1000, 10_000])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_wrong_entries_of_a_smooth_function_are_found(n: int, k: int) -> None:
    """The same on differences of a real function, with errors from a thousandth to the whole of an entry."""
    rng = np.random.default_rng(100 * k + n)
    x = rng.normal(size=n)
    wrong = np.sort(rng.choice(n, k, replace=False))
    factor = np.ones(n)
    factor[wrong] = rng.choice([0.0, 0.9, 1.02, 2.0, -1.0], k)
    value = Counted(np.tanh)
    problem = pose(x, value, lambda x, u: u * factor / np.cosh(x) ** 2)
    upstream = weights(n, rng)
    measure = residual_of(problem, np.tanh(x), upstream, problem.pull(x, upstream), rng)
    found = sorted(wrong_coordinates(measure, measure.blur, n, rng))
    assert set(wrong.tolist()) <= set(found)
    assert len(found) <= k + 1
    assert value.calls <= 2 * (2 + k * (ceil(log2(n)) + 2))


def test_a_right_gradient_is_halved_no_further() -> None:
    """Without a residual there is nothing to find, and one test says so."""
    x = np.random.default_rng(0).normal(size=500)
    value = Counted(np.sin)
    problem = pose(x, value, lambda x, u: u * np.cos(x))
    upstream = weights(500, np.random.default_rng(1))
    measure = residual_of(problem, np.sin(x), upstream, problem.pull(x, upstream), np.random.default_rng(2))
    assert list(wrong_coordinates(measure, measure.blur, 500, np.random.default_rng(3))) == []
    assert value.calls == 2


def test_the_budget_of_tests_is_kept() -> None:
    """When everything is wrong the search ends after its budget."""
    tests = 0

    def measure(subset: np.ndarray) -> float:
        nonlocal tests
        tests += 1
        return float(subset.size)

    list(wrong_coordinates(measure, lambda subset: 1e-12, 4096, np.random.default_rng(0), budget=50))
    assert tests <= 51


def test_the_largest_error_is_found_first() -> None:
    """Halving follows the larger residual."""
    error = np.zeros(256)
    error[[3, 200]] = [1e-3, 5.0]
    found = wrong_coordinates(lambda s: float(error[s].sum()), lambda s: 1e-9, 256, np.random.default_rng(0))
    assert next(found) == 200


@given(seed=st.integers(0, 10**6), cut=st.integers(1, 99))
def test_the_residual_is_additive(seed: int, cut: int) -> None:
    """r(A and B) = r(A) + r(B): one test settles both halves."""
    rng = np.random.default_rng(seed)
    x, factor = rng.normal(size=100), rng.uniform(0.5, 1.5, 100)
    problem = pose(x, np.tanh, lambda x, u: u * factor / np.cosh(x) ** 2)
    upstream = weights(100, rng)
    measure = residual_of(problem, np.tanh(x), upstream, problem.pull(x, upstream), rng)
    order = rng.permutation(100)
    whole = measure(order)
    assert measure(order[:cut]) + measure(order[cut:]) == pytest.approx(whole, abs=1e-6 * (1 + abs(whole)))
