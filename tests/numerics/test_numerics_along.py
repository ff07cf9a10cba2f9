"""What bends along a direction: rounding, whatever the step, or kinks, which bend less at smaller ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gradcheck.numerics import DOUBLE, Problem, bends_by_rounding

Vector = np.ndarray

X = np.random.default_rng(0).normal(size=2000)


def _bends_by_rounding(f: Callable[[Vector], Vector], x: Vector) -> bool:
    problem = Problem(x, f, lambda x, u: u, (slice(0, x.size),), np.abs(x), DOUBLE)
    return bends_by_rounding(problem, f(x), np.abs(x) * np.where(np.arange(x.size) % 2, 1.0, -0.7))


@pytest.mark.parametrize(
    "f", [np.sinc, lambda x: np.sqrt(1 + x * x) - 1, lambda x: np.logaddexp(x, -x), lambda x: 1 - np.cos(x)]
)
def test_what_has_lost_its_digits_bends_by_rounding(f: Callable[[Vector], Vector]) -> None:
    """The outputs are 1 - 1e-12, or what is left of that."""
    assert _bends_by_rounding(f, 1e-6 * X)
    assert not _bends_by_rounding(f, X)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.abs(x - X),
        lambda x: np.sign(X) * np.abs(x - X * (1 + 1e-5)),
        lambda x: np.where(x > X, 1.0, 0.0),
        lambda x: np.sin(x),
    ],
)
def test_kinks_steps_and_curves_do_not(f: Callable[[Vector], Vector]) -> None:
    """At the point or beside it."""
    assert not _bends_by_rounding(f, X)
