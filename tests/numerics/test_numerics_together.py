"""The shares of a tie must add up to one, however they are split."""

from __future__ import annotations

import numpy as np
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
