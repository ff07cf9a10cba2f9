"""Random upstreams: never faint, never of one sign, never one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.numerics import middle, weights


@given(size=st.integers(0, 300), seed=st.integers(0, 2**32))
def test_weights_are_never_faint_and_of_both_signs(size: int, seed: int) -> None:
    """Every weight is between 0.6 and 1.4 in size; from two on, both signs occur."""
    drawn = weights(size, np.random.default_rng(seed))
    assert drawn.shape == (size,)
    assert np.all((np.abs(drawn) >= 0.6) & (np.abs(drawn) <= 1.4))
    if size > 1:
        assert drawn.min() < 0 < drawn.max()


@given(seed=st.integers(0, 2**32))
def test_one_weight_alone_is_negative_and_not_minus_one(seed: int) -> None:
    """One would hide a backward that ignores, clips or takes the absolute value of the upstream."""
    (one,) = weights(1, np.random.default_rng(seed))
    assert one < 0
    assert abs(one) != 1.0


def test_weights_of_a_seed_are_the_same_every_time() -> None:
    """A seed repeats its weights, another seed draws others."""
    first, again, other = (weights(50, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_weights_have_many_magnitudes() -> None:
    """Two weights rarely cancel: there are at least a hundred sizes, spread evenly."""
    sizes = np.abs(weights(20_000, np.random.default_rng(0)))
    assert len(np.unique(sizes)) >= 100
    assert abs(sizes.mean() - 1.0) < 0.01


def test_no_two_of_many_weights_are_alike() -> None:
    """Else two entries that are exchanged would cancel."""
    drawn = weights(20_000, np.random.default_rng(0))
    assert np.unique(np.abs(drawn)).size > 19_990


@given(shape=st.lists(st.integers(1, 9), max_size=4))
def test_around_the_middle_there_is_something_on_either_side(shape: list[int]) -> None:
    """The first of every axis is outside; the last, too, from three on; the middle itself is never empty."""
    inside = np.zeros(shape, dtype=bool)
    inside[middle(shape)] = True
    assert inside.any()
    for axis, length in enumerate(shape):
        assert length == 1 or not inside.take(0, axis).any()
        assert length < 3 or not inside.take(-1, axis).any()
