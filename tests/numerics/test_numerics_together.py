"""The shares of a tie must add up to one, however they are split."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numerics.posed import pose

from gradcheck.numerics import Lanes, Ruling, judge_columns, wrong_together

TIED = (0, 2, 3)


def _together(shares: np.ndarray, scale: float) -> object:
    """Judge the largest of five entries, three of which tie, with these shares of its gradient."""
    x = scale * np.array([2.0, 1.0, 2.0, 2.0, -1.0])
    gradient = np.zeros(5)
    gradient[list(TIED)] = shares
    problem = pose(x, lambda x: np.atleast_1d(x.max()), lambda x, u: u[0] * gradient)
    lanes = Lanes.of(problem, problem.value(x), np.ones((1, 1)), np.random.default_rng(0))
    lanes.kinked = {j: judged.ruling == Ruling.KINK for j, judged in judge_columns(lanes, TIED)}
    return wrong_together(lanes)


weights = st.lists(st.integers(1, 9), min_size=3, max_size=3)


@settings(max_examples=25)
@given(weights, st.sampled_from([1.0, 1e-9, 1e9]))
def test_shares_that_add_up_to_one_are_admissible(parts: list[int], scale: float) -> None:
    """Any split of the gradient among the ties is a generalized gradient, at any scale."""
    assert _together(np.array(parts) / sum(parts), scale) is None


@settings(max_examples=25)
@given(weights, st.sampled_from([0.5, 0.9, 1.1]), st.sampled_from([1.0, 1e-9, 1e9]))
def test_shares_that_do_not_add_up_are_wrong_in_sum(parts: list[int], total: float, scale: float) -> None:
    """Each entry lies within its one-sided slopes, and moved together they promise too little or too much."""
    found = _together(total * np.array(parts) / sum(parts), scale)
    assert found is not None
    np.testing.assert_allclose([found.analytic, found.numeric], [total, 1.0], rtol=1e-6)
    assert found.coordinates == TIED


def _in_sum(x: np.ndarray, of: object, gradient: np.ndarray) -> object:
    """Judge a sum whose entries are all on a kink, with this gradient."""
    problem = pose(x, lambda x: np.atleast_1d(of(x)), lambda x, u: u[0] * gradient)  # type: ignore[operator]
    lanes = Lanes.of(problem, problem.value(x), np.ones((1, 1)), np.random.default_rng(0))
    lanes.kinked = {j: judged.ruling == Ruling.KINK for j, judged in judge_columns(lanes, range(x.size))}
    return wrong_together(lanes)


def _clips(x: np.ndarray) -> float:
    return float(np.clip(x, -1, 1).sum())


@given(upper=st.integers(1, 12), lower=st.integers(1, 12), slope=st.sampled_from([0.0, 1.0]))
@settings(max_examples=15)
def test_kinks_that_have_nothing_to_do_with_one_another_need_not_fit_together(
    upper: int, lower: int, slope: float
) -> None:
    """At both edges of a clip the slope towards the outside is a generalized gradient, and no slope of the sum."""
    x = np.r_[np.ones(upper), -np.ones(lower)]
    assert _in_sum(x, _clips, np.full(x.size, slope)) is None


@pytest.mark.parametrize("total", [0.0, 2.0])
def test_a_tie_is_not_hidden_by_kinks_beside_it(total: float) -> None:
    """Two entries that tie for a maximum get nothing, or twice what is theirs, beside ten clips."""
    x = np.r_[np.ones(5), -np.ones(5), 3.0, 3.0]
    found = _in_sum(x, lambda x: _clips(x[:10]) + x[10:].max(), np.r_[np.zeros(10), [total / 2] * 2])
    assert found is not None
    assert found.coordinates == (10, 11)  # type: ignore[attr-defined]


def test_a_tie_is_found_among_very_many_kinks() -> None:
    """Entries are asked in turns where they are hundreds."""
    x = np.r_[np.ones(100), -np.ones(100), 3.0, 3.0]
    gradient = np.r_[np.zeros(200), 1.0, 1.0]
    assert _in_sum(x, lambda x: _clips(x[:200]) + x[200:].max(), gradient) is not None
    assert _in_sum(x, lambda x: _clips(x[:200]) + x[200:].max(), gradient / 2) is None
