"""One difference certifies what it can, and nothing else: no kink, no stair, no error above the aim."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.numerics._precision import DOUBLE, SINGLE, Precision
from gradcheck.numerics.ladder._case import Case
from gradcheck.numerics.ladder._ladder import Rung
from gradcheck.numerics.rule._judged import Judged, Ruling
from gradcheck.numerics.rule._one_difference import First, judge_by_one, single_steps

Function = Callable[[float], np.ndarray]
_NOTHING = np.zeros(1, dtype=bool)


def _rung(function: Function, x: float, claimed: float, step: float) -> Rung:
    values = (function(x + k * step) for k in (-1, 0, 1))
    return Rung.between(step, *values, np.array([2 * step * claimed]), step, step)


def _case(function: Function, x: float, claimed: float, precision: Precision) -> Case:
    row, noise = np.array([abs(claimed)]), precision.eps / 2 * np.abs(function(x))
    return Case(
        analytic=np.array([claimed]),
        noise=noise,
        row=row,
        beside=row,
        precision=precision,
        sample=lambda _: _rung(function, x, claimed, 1),
        allowance=None,
        single=_NOTHING,
    )


def _in_turn(function: Function, x: float, claimed: float, precision: Precision = DOUBLE) -> list[Judged]:
    """Judge the slope of one lane by one difference at each of the steps."""
    case, found = _case(function, x, claimed, precision), []
    first = First(0.0, np.zeros(1), np.zeros(1), _NOTHING)
    for step in single_steps(precision):
        judged, seen = judge_by_one(case, _rung(function, x, claimed, step), first)
        found.append(judged)
        first = first if first.step else seen
    return found


def _passing(function: Function, x: float, claimed: float, precision: Precision = DOUBLE) -> list[bool]:
    """Return at which of the steps the lane would pass, were it still open."""
    return [bool(one.ruling[0] == Ruling.PASS) for one in _in_turn(function, x, claimed, precision)]


SMOOTH = {
    "exp": (np.exp, np.exp),
    "sin": (np.sin, np.cos),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
}


def _vector(function: Callable[[float], float]) -> Function:
    return lambda x: np.atleast_1d(np.asarray(function(x), dtype=float))


@pytest.mark.parametrize("name", SMOOTH)
def test_a_right_slope_of_a_plain_function_passes(name: str) -> None:
    """By the first of the steps, with a stated error no larger than the aim."""
    function, slope = SMOOTH[name]
    judged = _in_turn(_vector(function), 0.7, float(slope(0.7)))[0]

    assert judged.ruling[0] == Ruling.PASS
    assert judged.hidden[0] <= DOUBLE.aim * judged.scale[0]
    assert abs(judged.numeric[0] - slope(0.7)) <= judged.bound[0] + 1e-9


@given(
    name=st.sampled_from(sorted(SMOOTH)),
    x=st.floats(0.3, 1.2),
    error=st.floats(2.0 * DOUBLE.aim, 1.0),
    sign=st.sampled_from([-1, 1]),
)
def test_an_error_above_the_aim_never_passes(name: str, x: float, error: float, sign: int) -> None:
    """At no step: curvature cannot make up for it."""
    function, slope = SMOOTH[name]

    assert not any(_passing(_vector(function), x, float(slope(x)) * (1 + sign * error)))


@pytest.mark.parametrize("k", [0, 1, 2])
@pytest.mark.parametrize("share", [0.01, 0.05])
def test_no_step_is_found_where_truncation_cancels_an_error(share: float, k: int) -> None:
    """What one of the steps sees, truncation and all, is no slope for the others to pass."""
    step, slope = single_steps(DOUBLE)[k], 1 + share * np.cos(1.0)
    function = _vector(lambda x: x + share * np.sin(x))
    seen = float((function(1 + step) - function(1 - step))[0] / (2 * step))

    assert any(_passing(function, 1.0, seen)) == (abs(seen - slope) < DOUBLE.aim * slope)


@pytest.mark.parametrize("claimed", [0.0, 0.5, 1.0])
def test_a_kink_is_left_open(claimed: float) -> None:
    """The centred difference of a ReLU at 0 is exactly 1/2, and says nothing."""
    relu = _vector(lambda x: max(x, 0.0))

    assert not any(_passing(relu, 0.0, claimed))


def test_what_stands_still_passes_only_if_it_did_so_before_and_claims_nothing() -> None:
    """One step may lie between two stairs; a slope that is claimed is never there."""
    flat, stair = _vector(lambda _: 3.0), _vector(lambda x: np.floor(100 * x))

    assert _passing(flat, 0.5, 0.0) == [False, True, True]
    assert not any(_passing(flat, 0.5, 1e-30))
    assert _passing(stair, 0.505, 0.0) == [False, False, True]


def test_a_slope_that_is_small_beside_its_output_passes_at_the_large_step() -> None:
    """Where rounding is in the way of the others, and nothing curves."""
    function = _vector(lambda x: 1.0 + 1e-5 * x)

    assert _passing(function, 0.7, 1e-5) == [False, True, False]


def test_a_slope_that_curves_passes_at_the_small_step() -> None:
    """Where truncation is in the way of the others."""
    assert _passing(_vector(lambda x: np.sin(14 * x)), 0.03, 14 * np.cos(14 * 0.03)) == [False, False, True]


def test_the_steps_belong_to_the_format() -> None:
    """Float32 needs larger ones; both have one that is larger than the first."""
    for precision in (DOUBLE, SINGLE):
        middle, large, small = single_steps(precision)
        assert small < middle < large
    assert single_steps(SINGLE)[0] > 100 * single_steps(DOUBLE)[0]
