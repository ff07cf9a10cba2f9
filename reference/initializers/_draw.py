"""What every initializer does before it draws: check the fans, and make a generator."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Weights: TypeAlias = NDArray[np.float64]
"""A weight matrix of shape (fan_in, fan_out)."""

Seed: TypeAlias = int | Sequence[int] | np.random.SeedSequence | np.random.BitGenerator | np.random.Generator | None
"""Whatever `numpy.random.default_rng` takes; a generator is used, and advanced, as it is."""


def fans(fan_in: int, fan_out: int) -> tuple[int, int]:
    """Return both fans.

    Raises
    ------
    ValueError
        One of them is below 1.
    """
    for name, fan in (("fan_in", fan_in), ("fan_out", fan_out)):
        if operator.index(fan) < 1:
            raise ValueError(f"{name}={fan!r} must be at least 1: the number of units on that side")
    return fan_in, fan_out


def normal(fan_in: int, fan_out: int, std: float, rng: Seed) -> Weights:
    """Draw a weight matrix from the normal distribution with mean 0 and standard deviation `std`."""
    return np.random.default_rng(rng).standard_normal((fan_in, fan_out)) * std
