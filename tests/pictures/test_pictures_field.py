"""A gradient on a grid: whatever its size, the worst entry of each block is there."""

from __future__ import annotations

import math
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.pictures import field
from gradcheck.pictures._field import COLUMNS, ROWS
from gradcheck.report import Field

shapes = st.lists(st.integers(1, 40), max_size=3).map(tuple) | st.sampled_from(
    [(5000,), (1, 1), (90, 1), (64, 64, 3)]
)


def _drawn(shape: tuple[int, ...], seed: int) -> tuple[Field, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    said, numeric = rng.standard_normal((2, prod(shape)))
    return field(shape, said, np.arange(said.size), numeric, np.full(said.size, 1e-9)), said, numeric


@given(shapes, st.integers(0, 99))
def test_a_picture_is_small_and_holds_the_worst_entry(shape: tuple[int, ...], seed: int) -> None:
    """At most 24 x 32 cells, each of them an entry, the one with the largest difference among them."""
    drawn, said, numeric = _drawn(shape, seed)
    worst = np.argmax(np.abs(said - numeric))
    known = [(a, n) for a, n in zip(drawn.analytic, drawn.numeric, strict=True) if not math.isnan(a)]

    assert drawn.grid[0] <= ROWS
    assert drawn.grid[1] <= COLUMNS
    assert prod(drawn.grid) == len(drawn.analytic) == len(drawn.difference)
    assert max(map(abs, drawn.difference), key=lambda d: -1 if math.isnan(d) else d) == pytest.approx(
        abs(said - numeric)[worst], rel=1e-5
    )
    real = {(float(f"{a:.6g}"), float(f"{n:.6g}")) for a, n in zip(said, numeric, strict=True)}
    assert set(known) <= real


@given(shapes, st.integers(0, 99))
def test_small_gradients_are_shown_entry_by_entry(shape: tuple[int, ...], seed: int) -> None:
    """Where a block is one entry, the cells in reading order are the entries, and the rest is empty."""
    drawn, said, _ = _drawn(shape, seed)
    if drawn.block == (1, 1):
        assert drawn.analytic[: said.size] == tuple(float(f"{a:.6g}") for a in said)
        assert all(math.isnan(a) for a in drawn.analytic[said.size :])


def test_every_block_of_a_large_gradient_has_an_entry() -> None:
    """No cell of a shape that fills the grid is left empty, the last column included."""
    drawn, _, _ = _drawn((60, 70), 0)

    assert (drawn.grid, drawn.block) == ((20, 24), (3, 3))
    assert not any(map(math.isnan, drawn.analytic))


def test_one_wrong_entry_among_a_million_is_seen() -> None:
    """The cell of the block shows it, and the entries that were not compared have no numeric value."""
    said = np.zeros(10**6)
    said[123_456] = 7.0
    drawn = field((1000, 1000), said, [123_456], [1.0], [1e-9])
    (cell,) = [k for k, n in enumerate(drawn.numeric) if not math.isnan(n)]

    assert (drawn.analytic[cell], drawn.difference[cell]) == (7.0, 6.0)
    assert divmod(cell, drawn.grid[1]) == (123 // drawn.block[0], 456 // drawn.block[1])


def test_what_is_not_finite_is_worst() -> None:
    """A NaN of the code beside a known value is shown, however large the others are off."""
    said = np.zeros((60, 40))
    said[59, 39], said[59, 38] = np.nan, 1e6
    drawn = field(said.shape, said, np.arange(said.size), np.ones(said.size), np.zeros(said.size))

    assert math.isnan(drawn.analytic[-1])
    assert drawn.numeric[-1] == 1.0
