"""Halving finds the wrong entries: exactly them, and in few evaluations; rows and arrays are found as such."""

from __future__ import annotations

from math import ceil, log2, prod

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numerics.posed import Counted, pose

from gradcheck.numerics import Box, Glance, glance, residual_of, weights, wrong_boxes

shapes = st.lists(st.integers(1, 40), min_size=0, max_size=3).map(tuple)


class Exact:
    """Residuals of a known array of errors, without any noise; counts its tests."""

    def __init__(self, error: np.ndarray) -> None:
        self.error, self.tests = error, 0

    def __call__(self, box: Box) -> float:
        self.tests += 1
        return float(self.error[box.slices].sum())


def _found(error: np.ndarray, seed: int = 0, **options: int) -> tuple[list[Box], int]:
    measure = Exact(error)
    boxes = wrong_boxes(measure, lambda _: 1e-12, [Box.whole(0, error.shape)], np.random.default_rng(seed), **options)
    return list(boxes), measure.tests


@given(shape=shapes, count=st.integers(0, 5), power=st.integers(-6, 3), seed=st.integers(0, 10**6))
@example(shape=(100, 100), count=5, power=-6, seed=0)
@example(shape=(), count=1, power=0, seed=0)
@example(shape=(1, 1), count=1, power=0, seed=0)
def test_halving_finds_exactly_the_wrong_ones(shape: tuple[int, ...], count: int, power: int, seed: int) -> None:
    """The entries of the boxes found are the entries planted, and the tests are k log n of them."""
    rng, size = np.random.default_rng([seed, 1]), prod(shape)
    wrong = rng.choice(size, min(count, size), replace=False)
    error = np.zeros(size)
    error[wrong] = np.array([1, -3, 9, -27, 81])[: wrong.size] * 2.0**power  # no two parts of these cancel
    found, tests = _found(error.reshape(shape), seed)
    entries = np.concatenate([np.zeros(0, int), *(np.arange(size).reshape(shape)[b.slices].ravel() for b in found)])
    assert sorted(entries) == sorted(wrong)
    assert tests <= 1 + wrong.size * (3 * ceil(log2(max(size, 2))) + 8)


@pytest.mark.parametrize(
    ("where", "ranges"),
    [
        (np.s_[17], ((17, 18), (0, 48))),
        (np.s_[:, 17], ((0, 64), (17, 18))),
        (np.s_[:], ((0, 64), (0, 48))),
        (np.s_[32:], ((32, 64), (0, 48))),
    ],
)
def test_a_row_a_column_and_a_whole_array_are_found_as_such(where: object, ranges: object) -> None:
    """What is wrong all over is one box, found in a few tests, and no list of its entries."""
    error = np.zeros((64, 48))
    error[where] = np.random.default_rng(0).uniform(0.5, 1.5, error[where].shape)  # type: ignore[index]
    (box,), tests = _found(error)
    assert box.ranges == ranges
    assert tests <= 30


def _seen(problem: object, base: np.ndarray, upstream: np.ndarray, seed: int) -> Glance:
    analytic = problem.pull(problem.x, upstream)  # type: ignore[attr-defined]
    return glance(problem, base, upstream, analytic, np.random.default_rng(seed), fine=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [64, 1000, 10_000])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_wrong_entries_of_a_smooth_function_are_found(n: int, k: int) -> None:
    """The same on differences of a real function, with errors from a hundredth to the whole of an entry."""
    rng = np.random.default_rng(100 * k + n)
    x = rng.normal(size=n)
    wrong = np.sort(rng.choice(n, k, replace=False))
    factor = np.ones(n)
    factor[wrong] = rng.choice([0.0, 0.9, 1.02, 2.0, -1.0], k)
    value = Counted(np.tanh)
    problem = pose(x, value, lambda x, u: u * factor / np.cosh(x) ** 2)
    upstream = weights(n, rng)
    seen = _seen(problem, np.tanh(x), upstream, n)
    measure = residual_of(problem, np.tanh(x), seen, seen.doubted)
    value.calls = 0
    found = [box.first for box in wrong_boxes(measure, measure.blur, [Box.whole(0, (n,))], rng)]
    assert sorted(found) == wrong.tolist()
    assert value.calls <= 2 * (2 + k * (2 * ceil(log2(n)) + 8))


def test_a_right_gradient_is_halved_no_further() -> None:
    """Without a residual there is nothing to find, and one test says so."""
    x = np.random.default_rng(0).normal(size=500)
    value = Counted(np.sin)
    problem = pose(x, value, lambda x, u: u * np.cos(x))
    upstream = weights(500, np.random.default_rng(1))
    seen = _seen(problem, np.sin(x), upstream, 2)
    measure = residual_of(problem, np.sin(x), seen, seen.doubted)
    value.calls = 0
    assert list(wrong_boxes(measure, measure.blur, [Box.whole(0, (500,))], np.random.default_rng(3))) == []
    assert value.calls == 2


def test_the_budget_of_tests_is_kept() -> None:
    """Where errors are scattered all over, the search ends: after its budget, or when too much is open."""
    error = np.where(np.random.default_rng(0).random((64, 64)) < 0.3, 1.0, 0.0)
    assert _found(error, budget=50)[1] <= 60
    assert _found(error)[1] <= 200


def test_the_largest_error_is_found_first() -> None:
    """Halving follows the larger residual."""
    error = np.zeros(256)
    error[[3, 200]] = [1e-3, 5.0]
    assert _found(error)[0][0].first == 200


@given(seed=st.integers(0, 10**6), axis=st.integers(0, 1))
def test_the_residual_is_additive(seed: int, axis: int) -> None:
    """r(A and B) = r(A) + r(B): one test settles both halves."""
    rng = np.random.default_rng(seed)
    x, factor = rng.normal(size=100), rng.uniform(0.5, 1.5, 100)
    problem = pose(x, np.tanh, lambda x, u: u * factor / np.cosh(x) ** 2, shapes=((4, 25),))
    upstream = weights(100, rng)
    seen = _seen(problem, np.tanh(x), upstream, seed)
    measure = residual_of(problem, np.tanh(x), seen, seen.doubted)
    whole = Box.whole(0, (4, 25))
    first, second = (measure(half) for half in whole.halves(axis))
    assert first + second == pytest.approx(measure(whole), abs=1e-6 * (1 + abs(first) + abs(second)))
