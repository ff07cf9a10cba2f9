"""Tiled weights: every product agrees with the weights written out, and every weight shows its entry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gradcheck.numerics import LEAST_WEIGHT, Tiled, draw_tile, norm, square_sum
from gradcheck.numerics.look._tiled import count_little

sizes = st.one_of(st.integers(1, 300), st.sampled_from([8191, 8192, 8193, 65_537, 131_072, 150_001]))


def _tiled(size: int, seed: int, *, wide: bool = False, unit: float = 0.25) -> Tiled:
    rng = np.random.default_rng(seed)
    tiled = Tiled(draw_tile(size, rng), size, unit, 10.0 ** rng.uniform(-3, 3, size) if wide else None)
    tiled.factors = rng.choice([-1.125, -1.0, -0.875, 0.875, 1.0, 1.125], -(-size // tiled.tile.size))
    return tiled


def _written(tiled: Tiled) -> np.ndarray:
    out = np.empty(tiled.size)
    tiled.write(out)
    return out


@given(size=sizes, seed=st.integers(0, 10**6), wide=st.booleans())
@example(size=1, seed=0, wide=True)
@example(size=131_072, seed=0, wide=False)
def test_products_are_those_with_the_weights_written_out(size: int, seed: int, wide: bool) -> None:
    """`dot` and `dot_difference` are dot products with v, for every size and remainder."""
    tiled, rng = _tiled(size, seed, wide=wide), np.random.default_rng(seed)
    ahead, behind = rng.normal(size=(2, size))
    v = _written(tiled)
    rounding = 1e-13 * np.abs(v) @ (np.abs(ahead) + np.abs(behind))
    assert abs(tiled.dot(ahead) - v @ ahead) <= rounding
    assert abs(tiled.dot_difference(ahead, behind) - v @ (ahead - behind)) <= rounding


@given(size=sizes, seed=st.integers(0, 10**6), power=st.integers(-26, -10))
def test_a_displaced_point_is_exact_but_for_its_last_bit(size: int, seed: int, power: int) -> None:
    """Writing x + h v rounds once, so that the realised displacement is h v to an ulp of x."""
    tiled = _tiled(size, seed, unit=1.0)
    x = np.random.default_rng(seed).uniform(0.5, 2.0, size)
    moved = np.empty(size)
    tiled.write(moved, 2.0**power, x)
    assert np.array_equal(moved, x + 2.0**power * _written(tiled))


@given(size=sizes, seed=st.integers(0, 10**6))
def test_no_weight_is_small_and_both_signs_occur(size: int, seed: int) -> None:
    """The smallest weight is `LEAST_WEIGHT`: what one wrong entry always shows."""
    v = _written(_tiled(size, seed, unit=1.0))
    assert np.abs(v).min() >= LEAST_WEIGHT
    assert np.abs(v).max() <= 1.6
    assert size < 100 or (v.min() < 0 < v.max())


@given(size=sizes, seed=st.integers(0, 10**6), wide=st.booleans(), like=st.sampled_from(["normal", "one", "spike"]))
def test_aligned_weights_show_a_common_factor_in_full(size: int, seed: int, wide: bool, like: str) -> None:
    """After `align` the sum of v g is what was asked for, or as much as one tile can reach."""
    tiled, rng = _tiled(size, seed, wide=wide), np.random.default_rng([seed, 1])
    gradient = {"normal": rng.normal(size=size), "one": np.ones(size), "spike": (np.arange(size) == size // 2) * 3.0}
    g = gradient[like]
    least = norm(g if tiled.sizes is None else g * tiled.sizes) * tiled.unit
    most = float(np.sum(np.abs(tiled.by_block(g))))
    tiled.align(g, least, rng)
    assert tiled.dot(g) >= min(least, 7 / 8 * most) * (1 - 1e-9) >= 0


def test_aligning_a_gradient_of_zeros_leaves_weights_that_move() -> None:
    """Nothing can be reached, and yet every entry is displaced."""
    tiled = _tiled(40_000, 0)
    tiled.align(np.zeros(40_000), 0.0, np.random.default_rng(0))
    assert np.abs(_written(tiled)).min() > 0


@pytest.mark.parametrize(("rows", "columns"), [(2, 1024), (4, 160), (4, 1024), (8, 4096), (2, 16_384), (64, 1024)])
def test_the_rows_of_an_upstream_do_not_cancel(rows: int, columns: int) -> None:
    """A bias gets the sum over the rows: where it vanished for a column, no error of that entry could be seen."""
    vanishing = 0.0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        upstream = Tiled(draw_tile(rows * columns, rng), rows * columns, 1.0)
        upstream.redraw(rng)
        vanishing += np.mean(np.abs(_written(upstream).reshape(rows, columns).sum(axis=0)) < 1e-3) / 50
    assert vanishing < 0.02


@given(size=sizes, seed=st.integers(0, 10**6))
def test_square_sums_and_counts_are_what_they_say(size: int, seed: int) -> None:
    """Both agree with the plain expression; a NaN shows."""
    values = np.random.default_rng(seed).normal(size=size)
    values[:: 1 + size // 3] = 0.0
    assert square_sum(values) == pytest.approx(float(values @ values), rel=1e-12)
    assert count_little(values, 0.1) == (np.sum((np.abs(values) < 0.1) & (values != 0)), np.sum(values == 0))
    values[-1] = np.nan
    assert np.isnan(square_sum(values))
