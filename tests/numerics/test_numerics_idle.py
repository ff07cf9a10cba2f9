"""Coordinates that are said not to matter: a slope that stays shows at large steps, a kink or a bend does not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gradcheck.numerics import DOUBLE, Problem, natural_sizes
from gradcheck.numerics.look._idle import idle_coordinates, slope_that_stays

BLOCKS = (slice(0, 3), slice(3, 6))
X = np.array([0.7, -1.1, 0.4, 0.9, -0.6, 1.3])
V = np.array([0.0, 0.0, 0.0, 1.0, -0.8, 1.2])


def _slope(of: Callable[[np.ndarray], np.ndarray]) -> float:
    """Return what is seen of x + of(b) where the gradient for b is said to be zero."""
    problem = Problem(
        X,
        lambda x: x[:3] + of(x[3:]),
        lambda x, u: np.concatenate([u, 0 * u]),
        BLOCKS,
        natural_sizes(X, BLOCKS),
        DOUBLE,
    )
    return slope_that_stays(problem, problem.value(X), np.ones(3), V)[0]


@pytest.mark.parametrize("size", [1.0, 1e-3, 1e-6, 1e-9])
def test_a_slope_far_below_the_others_stays(size: float) -> None:
    """At a small step, 1e-9 drowns in the rounding of the outputs; far away it is plain."""
    assert _slope(lambda b: size * b) == pytest.approx(1.4 * size, rel=1e-3)


@pytest.mark.parametrize(
    "of",
    [
        lambda b: 0 * b,
        lambda b: (b - X[3:]) ** 2,
        lambda b: (b - X[3:]) ** 3,
        lambda b: np.maximum(b - X[3:] - 0.01, 0),
        lambda b: 1e-17 * b,
    ],
    ids=["nothing", "square", "cube", "a unit that is dead here", "below the last digit"],
)
def test_what_has_no_slope_shows_none(of: Callable[[np.ndarray], np.ndarray]) -> None:
    """What fades as the step shrinks, or is not there at all, is none."""
    assert _slope(of) == 0.0


def test_zeros_count_where_they_are_few_or_fill_an_input_or_the_look_is_fine() -> None:
    """Masks and ReLUs leave zeros by the thousand, and moving them all would cross every kink."""
    analytic = np.repeat([1.0, 0.0, 1.0, 0.0], (100, 40, 100, 5))
    blocks = (slice(0, 140), slice(140, 245))
    zero = analytic == 0
    assert idle_coordinates(analytic, blocks, fine=True).tolist() == zero.tolist()
    assert np.flatnonzero(idle_coordinates(analytic, blocks, fine=False)).tolist() == list(range(240, 245))
    assert idle_coordinates(analytic, (slice(0, 100), slice(100, 140)), fine=False)[100:140].all()
    assert not idle_coordinates(np.zeros(6), (slice(0, 6),), fine=True).any()
