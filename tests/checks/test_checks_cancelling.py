"""Errors of large subjects that hide along unlucky directions: rows against rows, small inputs behind large ones."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from gallery.large_subjects import slope

import gradcheck
from gradcheck import Verdict


def _passes(f: Any, x: np.ndarray, rng: int = 0, **claim: Any) -> bool:
    return gradcheck.check(f, x, rng=rng, max_evals=8, **claim).ok


@pytest.mark.parametrize("width", [2000, 1999])
def test_no_two_rows_can_be_swapped(width: int) -> None:
    """Rows of whole tiles, whose factors were equal once in five, would cancel: 23 of 120 pairs did.

    A row of 1999 entries, which is a prime, still is a tile.
    """
    x = np.random.default_rng(0).normal(size=(16, width))
    for i, j in combinations(range(16), 2):
        order = np.arange(16)
        order[[i, j]] = j, i
        assert not _passes(np.tanh, x, vjp=lambda u, x, order=order: (u * slope(x))[order])


@pytest.mark.parametrize("shape", [(512, 64), (128, 256)])
def test_a_forgotten_mean_path_is_no_pass_at_any_seed(shape: tuple[int, int]) -> None:
    """What it leaves out is a row common to all rows, whose factors added up to nothing once in fifty."""

    def standardized(x: np.ndarray) -> np.ndarray:
        return np.asarray((x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5))

    def without_mean(u: np.ndarray, x: np.ndarray) -> np.ndarray:
        h = standardized(x)
        return np.asarray((u - h * (u * h).mean(0)) / np.sqrt(x.var(0) + 1e-5))

    for seed in range(60):
        x = np.random.default_rng(seed).normal(size=shape)
        assert not _passes(standardized, x, rng=seed, vjp=without_mean)


def test_a_forgotten_pair_of_rows_is_no_pass_at_any_seed() -> None:
    """Its gradient is of opposite signs in two rows."""

    def pairs(x: np.ndarray) -> float:
        return float(np.sum((x[1:] - x[:-1]) ** 2) / 2)

    def without_one(x: np.ndarray) -> np.ndarray:
        d = x[1:] - x[:-1]
        d[7] = 0
        gradient = np.zeros_like(x)
        gradient[1:] += d
        gradient[:-1] -= d
        return gradient

    for seed in range(60):
        assert not _passes(pairs, np.random.default_rng(seed).normal(size=(16, 2000)), rng=seed, grad=without_one)


@pytest.mark.parametrize("size", [1e-8, 1e-10])
def test_a_small_parameter_is_not_drowned_by_a_large_input(size: float) -> None:
    """Beside 30,000 entries of size 1 a gradient of 1e-10 cannot be seen: it is looked at on its own."""
    x, b = np.random.default_rng(0).normal(size=(200, 150)), np.ones(150)
    report = gradcheck.check(
        lambda x, b: np.tanh(x) + size * np.sin(b),
        x,
        b,
        vjp=lambda u, x, b: (u * slope(x), 2 * size * u.sum(0) * np.cos(b)),
        rng=0,
    )
    assert report.verdict is Verdict.FAIL
    assert {f.path for f in report.findings if f.code == "GC101"} == {"inputs['b']"}


def test_a_cache_of_the_latest_forward_shows_at_a_constant_input() -> None:
    """Reversed, a constant is what it was: the forward in between needs other values."""
    kept: dict[str, np.ndarray] = {}

    def forward(x: np.ndarray) -> tuple[np.ndarray, None]:
        kept["x"] = x
        return np.tanh(x), None

    pair = forward, lambda u, _cache: u * slope(kept["x"])
    assert gradcheck.check(pair, np.full((200, 150), 0.3), rng=0).verdict is Verdict.FAIL
