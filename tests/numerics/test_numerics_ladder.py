"""The ladder's error bound: true for every smooth function that somebody might difference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerics.posed import elementwise, one_hot, pose
from scipy import special

from gradcheck.numerics import DOUBLE, Ruling, forward_noise, judge_columns, judge_elementwise, weights
from gradcheck.numerics.ladder._ladder import Ladder, Rung

Function = Callable[[np.ndarray], np.ndarray]

WHOLE = np.linspace(-3, 3, 61)
POSITIVE = np.logspace(-6, 6, 61)
MODERATE = np.linspace(0.05, 3, 61)
UNIT = np.linspace(-0.95, 0.95, 61)

SMOOTH: dict[str, tuple[Function, Function, np.ndarray]] = {
    "sin": (np.sin, np.cos, WHOLE),
    "cos": (np.cos, lambda x: -np.sin(x), WHOLE),
    "exp": (np.exp, np.exp, WHOLE),
    "exp, far": (np.exp, np.exp, np.linspace(-300, 300, 61)),
    "expm1": (np.expm1, np.exp, WHOLE),
    "log": (np.log, lambda x: 1 / x, POSITIVE),
    "log1p": (np.log1p, lambda x: 1 / (1 + x), POSITIVE),
    "square root": (np.sqrt, lambda x: 0.5 / np.sqrt(x), POSITIVE),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x**2, POSITIVE),
    "cube": (lambda x: x**3, lambda x: 3 * x**2, WHOLE),
    "seventh power": (lambda x: x**7, lambda x: 7 * x**6, WHOLE),
    "x^4 far out": (lambda x: x**4, lambda x: 4 * x**3, np.logspace(0, 12, 61)),
    "polynomial": (lambda x: x**3 - 2 * x + 1, lambda x: 3 * x**2 - 2, WHOLE),
    "linear": (lambda x: 3 * x, lambda x: np.full_like(x, 3.0), np.logspace(-8, 8, 61)),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2, WHOLE),
    "sinh": (np.sinh, np.cosh, WHOLE),
    "tan": (np.tan, lambda x: 1 / np.cos(x) ** 2, np.linspace(-1.4, 1.4, 61)),
    "arctan": (np.arctan, lambda x: 1 / (1 + x**2), WHOLE),
    "arcsin": (np.arcsin, lambda x: 1 / np.sqrt(1 - x**2), UNIT),
    "arctanh": (np.arctanh, lambda x: 1 / (1 - x**2), UNIT),
    "arcsinh": (np.arcsinh, lambda x: 1 / np.sqrt(1 + x**2), WHOLE),
    "sigmoid": (special.expit, lambda x: special.expit(x) * special.expit(-x), 3 * WHOLE),
    "softplus": (lambda x: np.logaddexp(0, x), special.expit, 3 * WHOLE),
    "swish": (
        lambda x: x * special.expit(x),
        lambda x: special.expit(x) * (1 + x * special.expit(-x)),
        WHOLE,
    ),
    "erf": (special.erf, lambda x: 2 / np.sqrt(np.pi) * np.exp(-(x**2)), WHOLE),
    "gaussian": (lambda x: np.exp(-(x**2)), lambda x: -2 * x * np.exp(-(x**2)), WHOLE),
    "gamma": (special.gammaln, special.digamma, MODERATE),
    "bessel": (special.j0, lambda x: -special.j1(x), WHOLE),
    "runge": (lambda x: 1 / (1 + 25 * x**2), lambda x: -50 * x / (1 + 25 * x**2) ** 2, UNIT),
    "fast sine": (lambda x: np.sin(10 * x), lambda x: 10 * np.cos(10 * x), WHOLE),
    "tiny sine": (lambda x: 1e-12 * np.sin(x), lambda x: 1e-12 * np.cos(x), WHOLE),
    "raised sine": (lambda x: 1e4 + np.sin(x), np.cos, WHOLE),
    "x log x": (lambda x: x * np.log(x), lambda x: np.log(x) + 1, MODERATE),
    "power of x": (lambda x: x**x, lambda x: x**x * (np.log(x) + 1), MODERATE),
}


@pytest.mark.parametrize("claimed", [1.0, 1.5, 0.0], ids=["right", "half too large", "zero"])
@pytest.mark.parametrize("name", SMOOTH)
def test_the_bound_holds_whatever_is_claimed(name: str, claimed: float) -> None:
    """|numeric - truth| <= bound at every point, for right and for wrong claims: the step is not chosen to agree."""
    function, slope, points = SMOOTH[name]
    problem = elementwise(points, function, lambda x: claimed * slope(x))
    judged = judge_elementwise(
        problem,
        function(points),
        claimed * slope(points),
        forward_noise(problem, problem.value(points), np.random.default_rng(0)),
        weights(points.size, np.random.default_rng(1)) * problem.sizes,
        lambda: 4 * DOUBLE.eps * np.abs(slope(points)),
    )
    truth = slope(points)
    known = np.isfinite(judged.bound) & np.isfinite(judged.numeric)
    assert known.mean() > 0.9
    off = np.abs(judged.numeric - truth)[known]
    slack = 1 if claimed == 1.0 else 2  # a failure has to exceed five times the bound
    assert np.all(off <= (slack * judged.bound + 8 * DOUBLE.eps * np.abs(truth))[known])
    if claimed == 1.0:
        assert Ruling.FAIL not in judged.ruling
    else:
        steep = np.abs(truth * points) > 1e-6 * np.abs(function(points))
        assert not np.any(np.isin(judged.ruling[steep], (Ruling.PASS, Ruling.ROW)))


@given(name=st.sampled_from(sorted(SMOOTH)), where=st.floats(0, 1), seed=st.integers(0, 10**6))
def test_the_bound_holds_between_the_points_and_entry_by_entry(name: str, where: float, seed: int) -> None:
    """The same at any point of the range, for one entry differenced on its own."""
    function, slope, points = SMOOTH[name]
    x = np.quantile(points, [where])
    lanes = one_hot(elementwise(x, function, slope), seed)
    ((_, judged),) = judge_columns(lanes, [0])
    truth = slope(x)
    assert judged.ruling[0] != Ruling.FAIL
    if np.isfinite(judged.bound[0]):
        assert abs(judged.numeric[0] - truth[0]) <= judged.bound[0] + 8 * DOUBLE.eps * abs(truth[0])


@pytest.mark.parametrize("speed", [100.0, 1e3, 1e4])
def test_fast_oscillation_is_never_decided_wrongly(speed: float) -> None:
    """Where coarse steps jump over many periods a right slope never fails and a wrong one never passes."""
    for factor, forbidden in ((1.0, {Ruling.FAIL}), (1.5, {Ruling.PASS, Ruling.ROW})):
        problem = elementwise(WHOLE, lambda x: np.sin(speed * x), lambda x, f=factor: f * speed * np.cos(speed * x))
        base = problem.value(WHOLE)
        for seed in range(5):
            rng = np.random.default_rng(seed)
            judged = judge_elementwise(
                problem,
                base,
                problem.pull(WHOLE, np.ones(WHOLE.size)),
                forward_noise(problem, base, rng),
                weights(WHOLE.size, rng) * problem.sizes,
                lambda: np.zeros(WHOLE.size),
            )
            assert forbidden.isdisjoint(judged.ruling)


def test_the_bound_is_tight_enough_to_be_worth_something() -> None:
    """At ordinary points the certified relative error is below a millionth, mostly far below."""
    bounds = []
    for name in ("sin", "exp", "tanh", "cube", "arctan", "erf", "log", "swish"):
        function, slope, points = SMOOTH[name]
        lanes = one_hot(elementwise(points[3:-3:6], function, slope))
        for j, judged in judge_columns(lanes, range(lanes.base.size)):
            bounds.append(judged.bound[j] / max(judged.scale[j], 1e-300))
    assert max(bounds) <= 1e-6
    assert np.median(bounds) < 1e-7


# -- the ladder itself -----------------------------------------------------------------------------------------------


def _ladder(residual: Callable[[float], float], noise: float = 0.0) -> Ladder:
    def sample(step: float) -> Rung:
        one = np.ones(1)
        return Rung(step, np.array([residual(step)]), 0 * one, one, one, 0 * one)

    return Ladder(sample, np.array([noise]), DOUBLE.eps)


@given(slope=st.floats(-10, 10), square=st.floats(-10, 10))
def test_richardson_removes_the_square_of_the_step(slope: float, square: float) -> None:
    """A residual c + d h^2 is extrapolated to c, and its bound knows it."""
    ladder = _ladder(lambda h: slope + square * h**2)
    for k in range(4):
        ladder.climb(2.0**-6 / 4**k)
    best = ladder.best()
    assert best.residual[0] == pytest.approx(slope, abs=1e-12)
    assert abs(best.residual[0] - slope) <= best.error[0] + 1e-14


@given(fourth=st.floats(0.1, 10), noise=st.floats(1e-15, 1e-9))
def test_noise_and_truncation_are_balanced(fourth: float, noise: float) -> None:
    """With noise e/h the chosen step is neither the largest nor, once it is too small, the smallest."""
    ladder = _ladder(lambda h: 1.0 + fourth * h**4 + noise / h * np.cos(1e6 * h), noise)
    for k in range(12):
        ladder.climb(0.25 / 4**k)
    best = ladder.best()
    assert abs(best.residual[0] - 1.0) <= best.error[0]
    assert best.error[0] < 100 * noise ** (4 / 5) * fourth ** (1 / 5) + 1e-12


def test_rungs_are_kept_in_order_of_their_steps() -> None:
    """A step above the others goes to the top, and the best triple stays the same triple."""
    ladder = _ladder(lambda h: 1.0 + h**2)
    for step in (2.0**-8, 2.0**-10, 2.0**-12):
        ladder.climb(step)
    triple, steps = ladder.best().triple.copy(), [r.step for r in ladder.rungs]
    finest = ladder.rungs[int(triple[0])].step
    ladder.climb(2.0**-6)
    assert [r.step for r in ladder.rungs] == [2.0**-6, *steps]
    best = ladder.best()
    if best.residual[0] == 1.0:
        assert ladder.rungs[int(best.triple[0])].step in (finest, 2.0**-10)


def test_a_rung_that_is_not_finite_is_not_chosen() -> None:
    """Where the forward leaves its domain at large steps, smaller ones decide."""
    ladder = _ladder(lambda h: np.nan if h > 2.0**-9 else 1.0 + h**2)
    for k in range(8):
        ladder.climb(2.0**-6 / 4**k)
    best = ladder.best()
    assert np.isfinite(best.error[0])
    assert best.residual[0] == pytest.approx(1.0, abs=1e-9)


def test_several_lanes_choose_each_its_own_step() -> None:
    """A noisy lane keeps a large step while a quiet one takes a small step."""
    x = np.array([0.7, 0.7])
    problem = pose(
        x,
        lambda x: np.array([np.sin(10 * x[0]), 1e4 + np.sin(x[1])]),
        lambda x, u: u * np.array([10 * np.cos(10 * x[0]), np.cos(x[1])]),
    )
    direction, base = np.array([0.7, 0.7]), problem.value(x)
    truth = np.array([10 * np.cos(7.0), np.cos(0.7)])
    judged = judge_elementwise(problem, base, truth, DOUBLE.eps * np.abs(base), direction, lambda: np.zeros(2))
    assert np.all(np.abs(judged.numeric - truth) <= judged.bound)
    assert judged.bound[0] / abs(truth[0]) < 1e-6
    assert judged.bound[1] > 1e-11
