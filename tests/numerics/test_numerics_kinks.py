"""Near a kink a true gradient never fails; at it any value between the one-sided slopes passes, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerics.posed import Counted, one_hot, pose

from gradcheck.numerics import Lanes, Problem, Ruling, judge_columns

TRIALS = 6


@dataclass(frozen=True)
class Kinked:
    """A function at `delta` right of a kink, its slope there, and the slope on the other side (rows: outputs)."""

    problem: Problem
    true: np.ndarray
    other: np.ndarray


def _jacobian(problem: Problem, jacobian: np.ndarray) -> Problem:
    return Problem(
        problem.x, problem.value, lambda x, u: u @ jacobian, problem.blocks, problem.sizes, problem.precision
    )


def _relu(delta: float, rng: np.random.Generator) -> Kinked:
    x = np.append(rng.normal(size=4) + 3, delta)
    true = np.eye(5)
    other = true.copy()
    other[4, 4] = 0.0
    return Kinked(pose(x, lambda x: np.maximum(x, 0), lambda x, u: u), true, other)


def _affine_relu(delta: float, rng: np.random.Generator) -> Kinked:
    W, x = rng.normal(size=(4, 5)), rng.normal(size=5)
    b = -W @ x + np.array([delta, 1.0, -1.0, 2.0])
    mask = np.array([1.0, 1.0, 0.0, 1.0])
    flipped = mask.copy()
    flipped[0] = 0.0
    problem = pose(x, lambda x: np.maximum(W @ x + b, 0), lambda x, u: u)
    return Kinked(problem, mask[:, None] * W, flipped[:, None] * W)


def _absolute_sum(delta: float, rng: np.random.Generator) -> Kinked:
    t = rng.normal(size=5)
    x = t + np.array([delta, 0.7, -0.4, 1.1, -0.9])
    sign = np.sign(x - t)
    sign[0] = 1.0
    flipped = sign.copy()
    flipped[0] = -1.0
    problem = pose(x, lambda x: np.array([np.sum(np.abs(x - t)) + np.sum(np.sin(x))]), lambda x, u: u)
    return Kinked(problem, (sign + np.cos(x))[None], (flipped + np.cos(x))[None])


def _near_tie(delta: float, rng: np.random.Generator) -> Kinked:
    x = rng.normal(size=5)
    x[2] = x.max() + 1
    x[3] = x[2] - delta
    true, other = np.eye(5)[[2]], np.eye(5)[[3]]
    return Kinked(pose(x, lambda x: np.array([x.max()]), lambda x, u: u), true, other)


KINKED: dict[str, Callable[[float, np.random.Generator], Kinked]] = {
    "relu": _relu,
    "affine relu": _affine_relu,
    "absolute sum": _absolute_sum,
    "near tie": _near_tie,
}


def _rulings(kinked: Kinked, jacobian: np.ndarray, seed: int) -> set[Ruling]:
    problem = _jacobian(kinked.problem, jacobian)
    base = problem.value(problem.x)
    lanes = Lanes.of(problem, base, np.eye(base.size), np.random.default_rng(seed))
    return {Ruling(r) for _, judged in judge_columns(lanes, range(problem.x.size)) for r in judged.ruling}


@pytest.mark.parametrize("delta", [0.0, 1e-12, 1e-9, 1e-6, 1e-3, 0.1])
@pytest.mark.parametrize("name", KINKED)
def test_a_true_gradient_never_fails(name: str, delta: float) -> None:
    """At any distance from the kink the slope of the side that x is on is passed or left open, never failed."""
    for seed in range(TRIALS):
        kinked = KINKED[name](delta, np.random.default_rng(seed))
        rulings = _rulings(kinked, kinked.true, seed)
        assert Ruling.FAIL not in rulings
        if delta >= 1e-6 or delta == 0.0:
            assert Ruling.OPEN not in rulings
        assert (Ruling.KINK in rulings) <= (delta <= 1e-9)


@pytest.mark.parametrize("delta", [1e-6, 1e-3, 0.1])
@pytest.mark.parametrize("name", KINKED)
def test_the_slope_of_the_other_side_fails(name: str, delta: float) -> None:
    """From a millionth on, the two sides are told apart."""
    for seed in range(TRIALS):
        kinked = KINKED[name](delta, np.random.default_rng(seed))
        assert Ruling.FAIL in _rulings(kinked, kinked.other, seed)


@pytest.mark.parametrize("delta", [1e-12, 1e-9])
@pytest.mark.parametrize("name", ["relu"])
def test_a_kink_at_the_input_itself_is_resolved_however_near(name: str, delta: float) -> None:
    """Where rounding allows, even a billionth tells the sides apart: the wrong one never plainly passes."""
    for seed in range(TRIALS):
        kinked = KINKED[name](delta, np.random.default_rng(seed))
        assert Ruling.OPEN not in _rulings(kinked, kinked.true, seed)
        assert Ruling.FAIL in _rulings(kinked, kinked.other, seed)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("name", KINKED)
def test_at_the_kink_every_subgradient_passes(name: str, share: float) -> None:
    """Any mixture of the two one-sided slopes is accepted, and marked as a kink."""
    for seed in range(TRIALS):
        kinked = KINKED[name](0.0, np.random.default_rng(seed))
        rulings = _rulings(kinked, share * kinked.true + (1 - share) * kinked.other, seed)
        assert Ruling.KINK in rulings
        assert rulings <= {Ruling.PASS, Ruling.ROW, Ruling.KINK}


@pytest.mark.parametrize("share", [-0.4, 1.4, 2.0, -1.0])
@pytest.mark.parametrize("name", KINKED)
def test_at_the_kink_what_lies_outside_the_hull_fails(name: str, share: float) -> None:
    """Beyond the one-sided slopes by four tenths of their distance is no subgradient."""
    for seed in range(TRIALS):
        kinked = KINKED[name](0.0, np.random.default_rng(seed))
        assert Ruling.FAIL in _rulings(kinked, share * kinked.true + (1 - share) * kinked.other, seed)


@pytest.mark.parametrize("claim", [0.0, 1.0, 2.0, 1e6])
def test_at_a_jump_only_the_continuing_side_has_a_slope(claim: float) -> None:
    """At x + step(x) the slope is one; nothing else is accepted, however steep the jump looks."""
    problem = pose(np.array([0.0, 2.0]), lambda x: x + (x >= 0), lambda x, u: u * np.array([claim, 1.0]))
    rulings = _rulings(Kinked(problem, np.diag([claim, 1.0]), np.eye(2)), np.diag([claim, 1.0]), 0)
    assert (Ruling.FAIL in rulings) == (claim != 1.0)


@given(
    left=st.floats(-5, 5),
    right=st.floats(-5, 5),
    share=st.floats(-1, 2),
    size=st.integers(-6, 6),
    bend=st.floats(-1, 1),
)
def test_the_hull_is_that_of_the_two_slopes(left: float, right: float, share: float, size: int, bend: float) -> None:
    """For any two slopes, curvature and scale: inside passes, well outside fails, the edge may stay open."""
    if abs(left - right) < 1e-3:
        return
    scale = 10.0**size

    def value(x: np.ndarray) -> np.ndarray:
        return np.where(x > 0, right * x, left * x) + bend * x**2 / scale

    claim = left + share * (right - left)
    problem = pose(np.array([0.0, scale]), value, lambda x, u: u)
    jacobian = np.diag([claim, right + 2 * bend])
    rulings = _rulings(Kinked(problem, jacobian, jacobian), jacobian, 0)
    if 0 <= share <= 1:
        assert Ruling.FAIL not in rulings
    elif share < -0.3 or share > 1.3:
        assert Ruling.FAIL in rulings


@pytest.mark.parametrize("slopes", [(-1.0, 1.0), (0.0, 1.0), (0.3, 0.9)])
def test_a_kink_between_straight_pieces_is_told_in_a_few_steps(slopes: tuple[float, float]) -> None:
    """Three steps show both slopes, and the closest one no others: no ladder of a dozen is climbed."""
    low, high = slopes
    value = Counted(lambda x: np.where(x > 0.5, high, low) * (x - 0.5))
    problem = pose(np.array([0.5, 2.0]), value, lambda x, u: u * np.where(x > 0.5, high, (low + high) / 2))
    lanes = one_hot(problem)
    assert lanes.noise.shape == (2,)
    before = value.calls
    ((_, judged),) = judge_columns(lanes, [0])
    assert judged.ruling[0] == Ruling.KINK
    assert value.calls - before <= 10


@pytest.mark.parametrize("width", [1e-5, 1e-7, 1e-9])
@pytest.mark.parametrize("seed", range(3))
def test_slopes_that_are_near_a_kink_alone_decide(width: float, seed: int) -> None:
    """From afar the function is |x|, and next to the kink its slopes are 0 and 2: -1/2 is none, and 3/2 is one."""

    def ruled(claim: float) -> Ruling:
        problem = pose(np.zeros(1), lambda x: np.abs(x) + x * np.exp(-((x / width) ** 2)), lambda x, u: u * claim)
        ((_, judged),) = judge_columns(one_hot(problem, seed), [0])
        return Ruling(judged.ruling[0])

    assert ruled(-0.5) in (Ruling.OPEN, Ruling.FAIL)
    assert ruled(1.5) is Ruling.KINK
