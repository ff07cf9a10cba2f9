"""One difference certifies what it can, and nothing else: no kink, no stair, no error above the aim."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.numerics._case import Case
from gradcheck.numerics._ladder import Rung
from gradcheck.numerics._one_difference import judge_by_one, single_steps
from gradcheck.numerics._precision import DOUBLE, SINGLE, Precision
from gradcheck.numerics._rule import Judged, Ruling

Function = Callable[[float], np.ndarray]
_NOTHING = np.zeros(1, dtype=bool)


def _rung(function: Function, x: float, claimed: float, step: float) -> Rung:
    values = (function(x + k * step) for k in (-1, 0, 1))
    return Rung.between(step, *values, np.array([2 * step * claimed]), step, step)


def _judged(
    function: Function,
    x: float,
    claimed: float,
    *,
    still: np.ndarray = _NOTHING,
    step: float | None = None,
    precision: Precision = DOUBLE,
) -> Judged:
    """Judge the slope of one lane by one difference, at the middle step if no other is given."""
    step = single_steps(precision)[0] if step is None else step
    rung, row = _rung(function, x, claimed, step), np.array([abs(claimed)])
    noise = precision.eps / 2 * np.abs(function(x))
    case = Case(np.array([claimed]), noise, row, row, precision, lambda _: rung, None, single=_NOTHING)
    return judge_by_one(case, rung, still)


def _passes(*given: object, **options: object) -> bool:
    return bool(_judged(*given, **options).ruling[0] == Ruling.PASS)  # type: ignore[arg-type]


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
    judged = _judged(_vector(function), 0.7, float(slope(0.7)))

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
    claimed = float(slope(x)) * (1 + sign * error)

    assert not any(_passes(_vector(function), x, claimed, step=step) for step in single_steps(DOUBLE)[::2])


@pytest.mark.parametrize("claimed", [0.0, 0.5, 1.0])
def test_a_kink_is_left_open(claimed: float) -> None:
    """The centred difference of a ReLU at 0 is exactly 1/2, and says nothing."""
    relu = _vector(lambda x: max(x, 0.0))

    assert not any(_passes(relu, 0.0, claimed, step=step) for step in single_steps(DOUBLE))


def test_what_stands_still_passes_only_if_it_did_so_before_and_claims_nothing() -> None:
    """One step may lie between two stairs; a slope that is claimed is never there."""
    flat, still = _vector(lambda _: 3.0), np.ones(1, dtype=bool)

    assert _passes(flat, 0.5, 0.0, still=still)
    assert not _passes(flat, 0.5, 0.0)
    assert not _passes(flat, 0.5, 1e-30, still=still)
    assert not _passes(_vector(lambda x: x), 0.5, 0.0, still=still)


def test_a_slope_that_is_small_beside_its_output_passes_at_the_large_step() -> None:
    """Where rounding is in the way of the others, and nothing curves."""
    function = _vector(lambda x: 1.0 + 1e-5 * x)

    assert [_passes(function, 0.7, 1e-5, step=step) for step in single_steps(DOUBLE)] == [False, True, False]


def test_a_slope_that_curves_passes_at_the_small_step() -> None:
    """Where truncation is in the way of the others."""
    slope = 14 * np.cos(14 * 0.03)

    found = [_passes(_vector(lambda x: np.sin(14 * x)), 0.03, slope, step=step) for step in single_steps(DOUBLE)]

    assert found == [False, False, True]


def test_the_steps_belong_to_the_format() -> None:
    """Float32 needs larger ones; both have one that is larger than the first."""
    for precision in (DOUBLE, SINGLE):
        middle, large, small = single_steps(precision)
        assert small < middle < large
    assert single_steps(SINGLE)[0] > 100 * single_steps(DOUBLE)[0]
