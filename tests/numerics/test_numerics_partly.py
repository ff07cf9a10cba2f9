"""Jumps of float32 between straight pieces: found where they are, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck.numerics import is_partly_rounded

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

    assert is_partly_rounded(lambda t: ROUNDED[name](X + t * direction))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", SMOOTH)
def test_what_has_all_digits_is_not(name: str) -> None:
    """Neither short waves nor wide stairs, nor what float64 itself rounds."""
    direction = X * np.random.default_rng(1).choice([-1.0, 1.0], X.size)

    assert not is_partly_rounded(lambda t: SMOOTH[name](X + t * direction))
