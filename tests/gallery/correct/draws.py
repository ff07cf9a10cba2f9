"""How inputs are drawn: plain, in other scales, and on kinks.

A draw of a kinked member is *structured* one time in four: zeros, ties and integers, where kinks are.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

Inputs = tuple[Any, ...]
Draw = Callable[[np.random.Generator], Inputs]


def normal(*shape: int, scale: float = 1.0, shift: float = 0.0) -> Draw:
    """Draw one array of normal deviates."""
    return lambda rng: (shift + scale * rng.standard_normal(shape),)


def uniform(low: float, high: float, *shape: int) -> Draw:
    """Draw one array, evenly between two bounds."""
    return lambda rng: (rng.uniform(low, high, shape),)


def decades(low: float, high: float, *shape: int) -> Draw:
    """Draw one array of positive numbers, evenly in their logarithm."""
    return lambda rng: (np.exp(rng.uniform(np.log(low), np.log(high), shape)),)


def signed(draw: Draw) -> Draw:
    """Give the numbers of `draw` random signs."""
    return lambda rng: tuple(a * rng.choice([-1.0, 1.0], a.shape) for a in draw(rng))


def integers(high: int, *shape: int) -> Draw:
    """Draw one array of integers below `high`: labels or indices."""
    return lambda rng: (rng.integers(0, high, shape),)


def simplex(*shape: int) -> Draw:
    """Draw rows that sum to one."""
    return lambda rng: (rng.dirichlet(np.full(shape[-1], 2.0), shape[:-1]),)


def distinct(*shape: int, scale: float = 1.0) -> Draw:
    """Draw a shuffled row of numbers that are all well apart."""
    size = prod(shape)
    return lambda rng: (
        scale * (rng.permutation(size) - size / 2 + rng.uniform(-0.2, 0.2, size)).reshape(shape) / size,
    )


def together(*draws: Draw) -> Draw:
    """Draw several inputs."""
    return lambda rng: tuple(array for draw in draws for array in draw(rng))


def structured(draw: Draw, unit: float = 1.0) -> Draw:
    """One time in four, put zeros, ties or multiples of `unit` into what `draw` draws."""

    def drawn(rng: np.random.Generator) -> Inputs:
        inputs = draw(rng)
        if rng.random() >= 0.25:
            return inputs
        change = (_zeros, _ties, _multiples)[rng.integers(3)]
        return tuple(change(a, unit, rng) if a.dtype.kind == "f" else a for a in inputs)

    return drawn


def _zeros(a: np.ndarray, unit: float, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(a.shape) < 0.3, 0.0, a)


def _ties(a: np.ndarray, unit: float, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(a.shape) < 0.5, rng.permutation(a.ravel()).reshape(a.shape), a)


def _multiples(a: np.ndarray, unit: float, rng: np.random.Generator) -> np.ndarray:
    return np.rint(a / unit) * unit
