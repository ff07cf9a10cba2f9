"""Faint outputs: those far smaller than the others get an upstream of their own, and rounding does not."""

from __future__ import annotations

import numpy as np
import pytest
from numerics.posed import pose

from gradcheck.numerics import Problem, Vector, faint_outputs, stays_wrong, upstream_of_faint, whole_direction

_X = np.random.default_rng(0).normal(size=30)


def _scaled(scale: Vector) -> Problem:
    return pose(_X, lambda x: scale * np.sin(x), lambda x, u: u * scale * np.cos(x))


def _upstream(problem: Problem) -> Vector | None:
    return upstream_of_faint(problem, problem.value(_X), np.ones(_X.size), np.random.default_rng(1))


@pytest.mark.parametrize("small", [1e-8, 1e-11])
def test_faint_outputs_get_weights_alone(small: float) -> None:
    """All others get none; the largest weight is about one, however faint they are."""
    scale = np.where(np.arange(_X.size) % 3 == 0, small, 1.0)
    upstream = _upstream(_scaled(scale))
    assert upstream is not None
    assert np.array_equal(upstream != 0, scale == small)
    assert 0.1 < np.abs(upstream).max() < 10


def test_faint_outputs_of_several_sizes_count_alike() -> None:
    """What each moves, times its weight, is of one size but for its own slope."""
    scale = np.resize([1.0, 1e-8, 1e-10, 1e-11], _X.size)
    upstream = _upstream(_scaled(scale))
    assert upstream is not None
    moved = np.abs(upstream * scale)[scale < 1]
    assert moved.max() < 100 * moved.min()


def test_outputs_of_one_size_have_no_faint_ones() -> None:
    """Nor do zeros count, which do not move."""
    assert _upstream(_scaled(np.ones(_X.size))) is None
    assert _upstream(_scaled(np.resize([1.0, 0.0], _X.size))) is None


def test_an_output_near_its_zero_is_not_faint() -> None:
    """It is small, and moves as much as the others."""
    problem = pose(_X, lambda x: x - np.where(np.arange(x.size) == 3, _X - 1e-12, 0.0), lambda x, u: u)
    assert _upstream(problem) is None


def test_what_only_rounds_is_not_faint() -> None:
    """A difference that would be zero without rounding moves by chance."""

    def rounds(x: Vector) -> Vector:
        return np.concatenate([x, (x + 3.3) - 3.3 - x])

    problem = pose(_X, rounds, lambda x, u: u[: x.size])
    assert faint_outputs(problem.value(_X)).any()
    assert upstream_of_faint(problem, problem.value(_X), np.ones(2 * _X.size), np.random.default_rng(1)) is None


def test_an_error_of_faint_outputs_stays_and_rounding_does_not() -> None:
    """A backward that forgets them is wrong at two steps alike; the right one at none."""
    scale = np.where(np.arange(_X.size) < 5, 1e-9, 1.0)
    problem, upstream = _scaled(scale), _upstream(_scaled(scale))
    assert upstream is not None
    right = problem.pull(_X, upstream)
    direction = whole_direction(problem, np.random.default_rng(2))
    assert not stays_wrong(problem, upstream, right, direction)
    assert stays_wrong(problem, upstream, 0 * right, direction)


def test_what_rounding_inside_a_backward_would_hide_is_not_faint() -> None:
    """Of 1e-14 of the others, a difference of numbers of their size has no digits left."""
    assert _upstream(_scaled(np.where(np.arange(_X.size) % 3 == 0, 1e-14, 1.0))) is None
