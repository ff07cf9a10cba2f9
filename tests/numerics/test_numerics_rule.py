"""The decision for one lane: pass, fail or open, and never the wrong one of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numerics.posed import elementwise, one_hot, pose

from gradcheck.numerics import DOUBLE, SINGLE, Judged, Ruling, judge_along, judge_columns, judge_elementwise


def _judge(value, slope, x: float, *, precision=DOUBLE, seed: int = 0) -> Judged:
    lanes = one_hot(elementwise(np.array([x]), value, slope, precision=precision), seed)
    ((_, judged),) = judge_columns(lanes, [0])
    return judged


@given(x=st.floats(0.1, 3), power=st.floats(-5, -0.1), sign=st.sampled_from([-1, 1]), seed=st.integers(0, 1000))
def test_an_error_above_the_claim_fails(x: float, power: float, sign: int, seed: int) -> None:
    """Relative errors from 1e-5 on fail, whichever sign they have."""
    error = sign * 10.0**power
    judged = _judge(np.exp, lambda x: (1 + error) * np.exp(x), x, seed=seed)
    assert judged.ruling[0] == Ruling.FAIL
    assert judged.analytic[0] / judged.numeric[0] - 1 == pytest.approx(error, rel=1e-3, abs=1e-8)


@given(x=st.floats(0.1, 3), error=st.floats(-1e-5, 1e-5), seed=st.integers(0, 1000))
def test_a_pass_is_a_certificate(x: float, error: float, seed: int) -> None:
    """Whatever passes is within a millionth of the truth."""
    judged = _judge(np.exp, lambda x: (1 + error) * np.exp(x), x, seed=seed)
    if judged.ruling[0] == Ruling.PASS:
        assert abs(error) <= DOUBLE.claim
    if abs(error) < 1e-13:
        assert judged.ruling[0] == Ruling.PASS


@given(seed=st.integers(0, 1000), error=st.floats(1e-9, 1e-5))
def test_what_passes_lies_within_the_bound_it_shows(seed: int, error: float) -> None:
    """Lanes that pass early keep the numbers of that moment, however far others climb."""
    x = np.array([-4.2, -5.6, -27.1, -27.3, -28.0, -12.5])
    claim = elementwise(x, np.exp, lambda x: (1 + error) * np.exp(x))
    direction = x * np.random.default_rng(seed).uniform(0.7, 1.4, 6)
    noise, nothing = 1e-16 * np.exp(x), np.zeros(6)
    judged = judge_elementwise(claim, np.exp(x), (1 + error) * np.exp(x), noise, direction, lambda: nothing)
    passed = judged.ruling == Ruling.PASS
    off = np.abs(judged.analytic - judged.numeric)
    assert np.all(off[passed] <= judged.bound[passed] + 1e-15 * np.exp(x)[passed])
    assert np.all(error * np.exp(x)[passed] <= judged.hidden[passed])


@pytest.mark.parametrize(
    ("error", "unseen", "ruling"),
    [(0.0, 1.0, Ruling.PASS), (1e-3, 1.0, Ruling.OPEN), (1e-5, 1e-6, Ruling.OPEN), (1e-3, 0.0, Ruling.FAIL)],
)
def test_rounding_that_is_not_measured_excuses_and_keeps_nothing_from_passing(
    error: float, unseen: float, ruling: Ruling
) -> None:
    """What is right passes beside it all the same; what is wrong stays open while it may explain the residual."""
    x = np.array([0.7])
    claim = (1 + error) * np.exp(x)
    judged = judge_along(
        elementwise(x, np.exp, lambda x: claim),
        np.exp(x),
        np.ones(1),
        lanes=lambda output: output,
        predict=lambda displacement: claim * displacement,
        noise=1e-16 * claim,
        row=claim,
        allowance=lambda: 1e-15 * claim,
        single=True,
        unseen=unseen,
    )
    assert judged.ruling[0] == ruling


def test_an_inflated_bound_passes_nothing() -> None:
    """Where rounding hides the slope the lane stays open, for right and for wrong claims, and says so."""
    for factor in (1.0, 1.5):
        judged = _judge(lambda x: 1e14 + np.sin(x), lambda x, f=factor: f * np.cos(x), 0.7)
        assert judged.ruling[0] == Ruling.OPEN
        assert judged.limit == ["noise"]


def test_aliasing_does_not_fail() -> None:
    """A fast sine seen through steps much longer than its period has no slope that differences could know."""
    for x in np.linspace(0.3, 3.1, 15):
        assert _judge(lambda x: np.sin(1e4 * x), lambda x: 1e4 * np.cos(1e4 * x), x).ruling[0] != Ruling.FAIL


def test_an_edge_of_the_domain_does_not_fail() -> None:
    """Where the function is not finite on one side at every step, the lane stays open and says why."""
    judged = _judge(np.sqrt, lambda x: np.full_like(x, 1e9), 0.0)
    assert judged.ruling[0] == Ruling.OPEN
    assert judged.limit == ["non-finite"]


def test_a_domain_edge_beyond_small_steps_is_no_obstacle() -> None:
    """Larger steps leave the domain, smaller ones do not: right passes and wrong fails."""
    x = 1.0 + 1e-4
    assert _judge(lambda x: np.log(x - 1), lambda x: 1 / (x - 1), x).ruling[0] in (Ruling.PASS, Ruling.ROW)
    assert _judge(lambda x: np.log(x - 1), lambda x: 1.1 / (x - 1), x).ruling[0] == Ruling.FAIL


def test_a_structural_zero_passes_and_no_other_zero() -> None:
    """A zero slope passes where nothing moves, and fails where something does, however little."""
    zero = np.zeros_like
    assert _judge(np.ones_like, zero, 0.7).ruling[0] == Ruling.PASS
    assert _judge(lambda x: 1e-12 * x, zero, 0.7).ruling[0] == Ruling.FAIL
    assert _judge(lambda x: 1 + 1e-6 * x, zero, 0.7).ruling[0] == Ruling.FAIL


def test_a_stationary_point_passes() -> None:
    """At the bottom of a parabola the slope is zero and the function moves all the same."""
    for x in (1.0, -3.0):
        lanes = one_hot(pose(np.array([x]), lambda at, x=x: (at - x) ** 2, lambda at, u, x=x: 2 * u * (at - x)))
        ((_, judged),) = judge_columns(lanes, [0])
        assert judged.ruling[0] != Ruling.FAIL


def test_a_tiny_entry_beside_large_ones_is_certified_by_its_row() -> None:
    """Far below its row an entry that rounding hides passes by the row's scale, marked as such; a wrong row fails."""
    weight = np.array([1.0, 1e-14])
    for claim, rulings in ((weight, {Ruling.PASS, Ruling.ROW}), (1.01 * weight, {Ruling.FAIL})):
        problem = pose(
            np.array([0.7, 0.4]), lambda x: np.array([weight @ np.sin(x)]), lambda x, u, c=claim: u * c * np.cos(x)
        )
        found = dict(judge_columns(one_hot(problem), [0, 1]))
        assert found[0].ruling[0] in rulings
        assert found[1].ruling[0] != Ruling.FAIL


@given(
    a=st.integers(-30, 30), b=st.integers(-30, 30), error=st.sampled_from([0.0, 1e-3, -1e-2]), seed=st.integers(0, 50)
)
def test_the_ruling_has_no_units(a: int, b: int, error: float, seed: int) -> None:
    """Scaling x and f by powers of ten up to 1e30 changes no ruling."""
    scale, size = 10.0**a, 10.0**b
    judged = _judge(
        lambda x: size * np.tanh(x / scale),
        lambda x: (1 + error) * size / scale / np.cosh(x / scale) ** 2,
        0.6 * scale,
        seed=seed,
    )
    assert judged.ruling[0] == (Ruling.FAIL if error else Ruling.PASS)


@given(x=st.floats(0.25, 3, width=32), error=st.sampled_from([0.0, 0.05, -0.3]))
def test_single_precision_keeps_its_smaller_promise(x: float, error: float) -> None:
    """In float32 a right slope never fails, and errors of some per cent do."""
    assume(abs(x) > 0.2)
    judged = _judge(
        lambda x: np.sin(x.astype(np.float32)).astype(float) + 2 * x.astype(np.float32),
        lambda x: (1 + error) * (np.cos(x) + 2),
        x,
        precision=SINGLE,
    )
    if error:
        assert judged.ruling[0] == Ruling.FAIL
    else:
        assert judged.ruling[0] != Ruling.FAIL


@pytest.mark.parametrize("claim", [1e-8, 1e-6])
@pytest.mark.parametrize(
    "value", [lambda x: 1 + x**10, lambda x: 1 + np.exp(9 * x - 40)], ids=["power", "exponential"]
)
def test_what_f_does_far_away_makes_no_claim_rounding(value, claim: float) -> None:
    """It is flat here and explodes at the largest step, beside which any slope that is claimed would be dust."""
    assert _judge(value, lambda x: claim + 0 * x, 0.0).ruling[0] in (Ruling.OPEN, Ruling.FAIL)
