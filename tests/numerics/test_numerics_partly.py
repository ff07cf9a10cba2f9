"""Jumps of float32 between straight pieces: found where they are, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck.numerics import jump_of_a_rounded_part

X = np.random.default_rng(0).normal(size=12)


def _single(values: Any) -> Any:
    return values.astype(np.float32).astype(float)


ROUNDED: dict[str, Callable[[Any], Any]] = {
    "a part beside a residual": lambda x: x + _single(np.tanh(x)),
    "a factor": lambda x: x * _single(np.sin(x)),
    "a sum of rounded terms": lambda x: np.array([x.sum() + _single(np.exp(x)).sum()]),
    "a mean": lambda x: x - _single(x).mean(),
}
SMOOTH: dict[str, Callable[[Any], Any]] = {
    "tanh": np.tanh,
    "a kink": np.abs,
    "large terms that cancel": lambda x: np.array([(1e4 + x).sum() - 12e4]),
    "a ripple of short waves": lambda x: x + 1e-8 * np.sin(1e7 * x),
    "stairs that are meant": lambda x: np.round(x, 3),
    "a constant": lambda x: np.ones_like(x),
    "nothing": lambda x: x[:0],
    "not finite": lambda x: x / 0.0,
}


@pytest.mark.parametrize("name", ROUNDED)
def test_rounded_parts_are_found(name: str) -> None:
    """Whatever else moves beside them."""
    direction = X * np.random.default_rng(1).choice([-1.0, 1.0], X.size)

    assert jump_of_a_rounded_part(lambda t: ROUNDED[name](X + t * direction))


@pytest.mark.parametrize("seed", [10, 11, 12])
def test_a_mean_that_climbs_several_stairs_in_a_row_is_rounded(seed: int) -> None:
    """Its jumps are whole multiples of one of them, up and down; past a kink all are alike."""
    x = np.random.default_rng(seed).normal(size=32)
    direction = x * np.random.default_rng(1).choice([-1.0, 1.0], x.size)

    def value(t: float) -> Any:
        z = x + t * direction
        return np.array([1.5 + (z**2).mean() + float(np.logaddexp(np.float32(0), z.astype(np.float32)).mean())])

    assert jump_of_a_rounded_part(value)


BEYOND: dict[str, Callable[[Any], Any]] = {
    "straight": lambda t: t,
    "a parabola": lambda t: 1e6 * t**2,
    "a root": lambda t: 1e-4 * np.sqrt(t),
    "a power": lambda t: 1e3 * t**1.5,
}


@pytest.mark.parametrize("name", BEYOND)
def test_beyond_a_kink_nothing_is_rounded(name: str) -> None:
    """However near it is, and however f goes on there: what is alike, or no whole multiple, is no jump."""
    for k in range(60):
        kink = 2.0 ** (-40 + k / 3)
        assert not jump_of_a_rounded_part(
            lambda t, kink=kink: np.array([1 + BEYOND[name](np.maximum(t - kink, 0.0))])
        )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", SMOOTH)
def test_what_has_all_digits_is_not(name: str) -> None:
    """Neither short waves nor wide stairs, nor what float64 itself rounds."""
    direction = X * np.random.default_rng(1).choice([-1.0, 1.0], X.size)

    assert not jump_of_a_rounded_part(lambda t: SMOOTH[name](X + t * direction))
