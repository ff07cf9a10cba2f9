"""What passes next to the point alone, told from curvature, noise and kinks by steps that were taken anyway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck.numerics import Judged, Ruling, judge_columns

from .posed import one_hot, pose


def _judged(function: Callable[[Any], Any], slope: Callable[[Any], Any], at: float) -> Judged:
    problem = pose(np.array([at]), function, lambda x, u: u * slope(x))
    ((_, judged),) = judge_columns(one_hot(problem), [0])
    return judged


def _single(values: Any) -> Any:
    return values.astype(np.float32).astype(float)


def test_a_slope_that_leaves_out_a_rounded_part_is_denied() -> None:
    """Between two stairs of float32 it is right to the last digit, and steps of many stairs agree on another."""
    points = np.random.default_rng(0).normal(size=12)
    rulings = [_judged(lambda x: x * x + _single(np.tanh(x)), lambda x: 2 * x, at) for at in points]
    assert all(bool(judged.denied[0]) == (judged.ruling[0] != Ruling.OPEN) for judged in rulings)
    assert sum(bool(judged.denied[0]) for judged in rulings) > 6


TWO_SCALES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], float]] = {
    "a kink a millionth away": (
        lambda x: np.maximum(x - 1, 0) + np.sin(x),
        lambda x: (x > 1) + np.cos(x),
        1 + 1e-6,
    ),
    "a slope that changes within a hundredth": (
        lambda x: x + 1e-2 * np.tanh((x - 0.7) / 1e-2),
        lambda x: 2 - np.tanh((x - 0.7) / 1e-2) ** 2,
        0.7,
    ),
    "waves": (lambda x: np.sin(40 * x), lambda x: 40 * np.cos(40 * x), 0.3),
    "stairs that are meant": (lambda x: np.round(x, 3), np.zeros_like, 0.73),
    "finer stairs": (lambda x: np.round(x, 5), np.zeros_like, 0.73),
    "a small slope beside curvature": (lambda x: (x - 1) ** 2, lambda x: 2 * (x - 1), 1 + 1e-9),
    "a right slope of a rounded part": (lambda x: x * x + _single(x), lambda x: 2 * x + 1, 0.7),
}


@pytest.mark.parametrize("name", TWO_SCALES)
def test_nothing_else_is(name: str) -> None:
    """Where larger steps agree on nothing, or on a kink, they deny nothing."""
    assert not _judged(*TWO_SCALES[name]).denied.any()
