"""A jump beside the point is found by its size; kinks, poles and fast waves are none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.numerics import jumps_beside


@given(st.floats(-0.2, 0.2), st.floats(1e-10, 1.0), st.floats(-3, 3))
def test_a_jump_is_found_by_its_size(at: float, size: float, slope: float) -> None:
    """Wherever it lies and however small it is beside the values, its size is told."""

    def value(t: float) -> float:
        return float(np.sin(2 * t + slope) + slope * t + size * (t > at))

    assert jumps_beside(lambda t: np.array([np.cos(t), value(t)])).sizes == pytest.approx(
        [0, size], rel=1e-3, abs=1e-11
    )


def test_a_jump_of_the_last_digits_is_found_on_a_slope() -> None:
    """The interval that is left at the end is so short that a slope goes on by far less."""
    found = jumps_beside(lambda t: np.array([np.sin(t) + 5 * t + 1e-12 * (t > 0.0371)]))
    assert found.sizes == pytest.approx([1e-12], rel=0.05, abs=0)


class Counted:
    """A function of t that counts its calls."""

    def __init__(self, function: Callable[[float], float]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, t: float) -> np.ndarray:
        """Return the value at `t`, an array of one."""
        self.calls += 1
        return np.array([self.function(t)])


@given(st.floats(-0.2, 0.2), st.floats(1e-8, 1.0), st.floats(-3, 3))
def test_what_is_no_smaller_than_the_least_is_found_as_well(at: float, size: float, slope: float) -> None:
    """Coarser lattices end the search only where nothing of that size can be between their points."""

    def value(t: float) -> np.ndarray:
        return np.array([np.cos(t), float(np.sin(2 * t + slope) + slope * t + size * (t > at))])

    assert jumps_beside(value, 0.9 * size).sizes == pytest.approx([0, size], rel=1e-3, abs=1e-11)


def test_the_larger_the_least_jump_the_fewer_points_tell_that_there_is_none() -> None:
    """A wave is smooth on every lattice, and hides jumps of 1e-12 on the coarse ones."""
    costs = []
    for least in (0.0, 1e-12, 1e-8, 1e-4):
        wave = Counted(lambda t: float(np.sin(5 * t)))
        assert jumps_beside(wave, least).sizes == 0.0
        costs.append(wave.calls)
    assert costs == sorted(costs, reverse=True)
    assert costs[0] == costs[1] == 129
    assert costs[-1] == 33


def test_what_drifts_and_does_not_jump_is_told_by_few_points() -> None:
    """A slope that is off by a tenth goes astray; one of a saw does not, for its jumps make up for all of it."""
    wrong = Counted(lambda t: float(np.sin(5 * t)))
    found = jumps_beside(wrong, 1e-12, claimed=5.5, most=0.1)
    assert wrong.calls == 33
    assert found.drift == pytest.approx([0.125], rel=0.01)

    saw = jumps_beside(lambda t: np.array([np.sin(5 * t) + (t + 0.03) % 0.1]), 1e-12, claimed=5.0, most=0.1)
    assert saw.drift == 0.0
    assert saw.sizes == pytest.approx([0.1], rel=1e-3)


def test_a_jump_beside_a_sharper_kink_is_found_as_well() -> None:
    """Not only what stands out most is followed: a kink hides no jump."""

    def value(t: float) -> np.ndarray:
        return np.array([abs(t - 0.1371), np.sin(t) + 1e-6 * (t > -0.0713)])

    assert jumps_beside(value).sizes == pytest.approx([0, 1e-6], rel=1e-3, abs=1e-11)


SMOOTH: dict[str, Callable[[float], float]] = {
    "a wave": lambda t: float(np.sin(3 * t)),
    "a kink": lambda t: abs(t - 0.0371),
    "kinks": lambda t: float(np.maximum(np.linspace(-1, 1, 9) * t + 0.01, 0).sum()),
    "a steep step": lambda t: float(np.tanh(20 * t)),
    "a large constant": lambda t: float(1e6 + np.sin(t)),
    "out of its domain": lambda t: float(np.log(t + 0.1)) if t > -0.1 else np.nan,
    "a constant": lambda t: 3.0,
}


@pytest.mark.parametrize("name", SMOOTH)
def test_what_has_no_jump_has_none(name: str) -> None:
    """Kinks shrink with the interval around them, and rounding is no jump."""
    assert jumps_beside(lambda t: np.array([SMOOTH[name](t)])).sizes == 0.0


def test_what_may_be_hidden_is_told() -> None:
    """A jump of 1e-9 is lost in what a fast wave bends, unless a slow one shows its place."""
    found = jumps_beside(lambda t: np.array([np.sin(w * t) + 1e-9 * (t > 0.0371) for w in (1, 60)]))
    alone = jumps_beside(lambda t: np.array([np.sin(60 * t) + 1e-9 * (t > 0.0371)]))
    assert found.sizes == pytest.approx([1e-9, 1e-9], rel=0.05, abs=0)
    assert alone.sizes == 0.0
    assert found.hidden[0] < 1e-9 < found.hidden[1]
