"""Entries that are out of sight: a lonely one counts, what chance has does not, and few zeros do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.numerics import FEW, out_of_sight, some_are_out_of_sight
from gradcheck.numerics.look._sight import LITTLE, LONELY, spans_decades


@pytest.mark.parametrize("size", [100, 20_000, 1_000_000])
def test_a_lonely_entry_counts_among_any_number(size: int) -> None:
    """Ten million times smaller than the others, whichever it is."""
    values = np.ones(size)
    values[size // 3] = -1e-7
    assert np.flatnonzero(out_of_sight(values, 1.0)).tolist() == [size // 3]


def test_what_normal_numbers_have_by_chance_does_not_count() -> None:
    """A million of them have about one below a millionth, and one in five draws below a quarter of that."""
    rng = np.random.default_rng(0)
    seen = sum(some_are_out_of_sight(rng.normal(size=1_000_000), 1.0) for _ in range(20))
    assert seen <= 10


def test_more_than_chance_would_have_count_below_a_millionth() -> None:
    """Thirty of a million are a group of their own; ten are not."""
    values = np.ones(1_000_000)
    values[:10] = LITTLE / 2
    assert not out_of_sight(values, 1.0).any()
    values[:30] = LITTLE / 2
    assert np.count_nonzero(out_of_sight(values, 1.0)) == 30


def test_zeros_count_where_they_are_few() -> None:
    """One more than few is a mask; zeros alone have nothing beside them."""
    values = np.ones(10_000)
    values[:FEW] = 0.0
    assert np.count_nonzero(out_of_sight(values, 1.0)) == FEW
    values[FEW] = 0.0
    assert not some_are_out_of_sight(values, 1.0)
    assert not some_are_out_of_sight(np.zeros(5), 0.0)


@given(size=st.integers(2, 3000), small=st.integers(0, 60), zeros=st.integers(0, 60), seed=st.integers(0, 10**6))
def test_the_quick_answer_is_that_of_the_mask(size: int, small: int, zeros: int, seed: int) -> None:
    """Whatever there is of small entries and zeros."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=size)
    values[rng.integers(size, size=small)] *= rng.choice([LITTLE, LONELY, 1e-9])
    values[rng.integers(size, size=zeros)] = 0.0
    assert some_are_out_of_sight(values, 1.0) == out_of_sight(values, 1.0).any()


def test_a_block_is_looked_at_by_itself_too() -> None:
    """An entry that is small in its own input counts, though another input is smaller still."""
    contributions = np.concatenate([np.full(50_000, 1e-9), np.full(100, 1.0), [1e-7]])
    blocks = (slice(0, 50_000), slice(50_000, 50_101))
    assert spans_decades(contributions, blocks)
    assert not spans_decades(np.ones(50_101), blocks)
