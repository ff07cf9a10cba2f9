"""Entry mode: columns of the Jacobian, all lanes of a column at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerics.posed import Counted, elementwise, one_hot, pose

from gradcheck.numerics import (
    Lanes,
    Problem,
    Ruling,
    judge_columns,
    judge_elementwise,
    kinked_outputs,
    sweep,
    weights,
)

MATRIX = np.random.default_rng(6).normal(size=(5, 4))
X = np.array([0.4, -0.9, 1.3, 0.7])


def _affine_tanh(wrong: dict[tuple[int, int], float] | None = None) -> Problem:
    """tanh(M x), whose Jacobian entries listed in `wrong` are multiplied."""

    def pull(x: np.ndarray, u: np.ndarray) -> np.ndarray:
        jacobian = (1 - np.tanh(MATRIX @ x) ** 2)[:, None] * MATRIX
        for place, factor in (wrong or {}).items():
            jacobian[place] *= factor
        return u @ jacobian

    return pose(X, lambda x: np.tanh(MATRIX @ x), pull)


@given(row=st.integers(0, 4), column=st.integers(0, 3), factor=st.sampled_from([0.0, -1.0, 1.001, 1.1, 3.0]))
def test_one_wrong_entry_of_the_jacobian_is_the_only_one_that_fails(row: int, column: int, factor: float) -> None:
    """Every other entry passes, and the analytic and numeric values are those of the entry."""
    lanes = one_hot(_affine_tanh({(row, column): factor}))
    truth = (1 - np.tanh(MATRIX @ X) ** 2)[:, None] * MATRIX
    for j, judged in judge_columns(lanes, range(4)):
        for i in range(5):
            assert (judged.ruling[i] == Ruling.FAIL) == ((i, j) == (row, column))
            assert judged.numeric[i] == pytest.approx(truth[i, j], rel=1e-5)
            assert judged.analytic[i] == pytest.approx(truth[i, j] * (factor if (i, j) == (row, column) else 1))


def test_a_column_costs_the_same_however_many_lanes() -> None:
    """Six evaluations for a smooth column, after seven for the noise."""
    value = Counted(lambda x: np.tanh(MATRIX @ x))
    problem = pose(X, value, lambda x, u: u @ ((1 - np.tanh(MATRIX @ x) ** 2)[:, None] * MATRIX))
    lanes = one_hot(problem)
    assert lanes.noise.shape == (5,)
    before = value.calls
    list(judge_columns(lanes, [0, 1]))
    assert value.calls - before <= 2 * 10


def test_a_lane_is_a_projection_of_the_outputs() -> None:
    """Lanes of two upstreams see the projected gradient, and its error."""
    rng = np.random.default_rng(0)
    upstreams = np.array([weights(5, rng), weights(5, rng)])
    for factor, ruling in ((1.0, Ruling.PASS), (2.0, Ruling.FAIL)):
        problem = _affine_tanh({(2, 1): factor})
        lanes = Lanes.of(problem, problem.value(X), upstreams, np.random.default_rng(1))
        ((_, judged),) = judge_columns(lanes, [1])
        assert set(judged.ruling) == {ruling}


# -- the disagreement against the step -------------------------------------------------------------------------------


def test_a_mistake_stays_flat_while_the_step_shrinks() -> None:
    """At every step small enough the error is that of the gradient, and far above what is allowed."""
    lanes = one_hot(_affine_tanh({(2, 1): 1.1}))
    rows = sweep(lanes, 1, 2)
    steps = [step for step, _, _ in rows]
    assert steps == sorted(steps, reverse=True)
    flat = [error for step, error, _ in rows if 2.0**-24 < step < 2.0**-8]
    assert max(flat) < 1.05 * min(flat)
    assert flat[0] == pytest.approx(0.1, rel=0.01)
    assert any(error > 5 * allowed for _, error, allowed in rows)


def test_a_right_entry_stays_below_what_is_allowed() -> None:
    """Truncation and rounding explain the whole error, at every step."""
    for row in range(5):
        for _, error, allowed in sweep(one_hot(_affine_tanh()), 1, row):
            assert error <= 1.01 * allowed + 1e-12


# -- elementwise: all entries at once --------------------------------------------------------------------------------


def _elementwise(x: np.ndarray, value, slope) -> np.ndarray:
    problem = elementwise(x, value, slope)
    base = problem.value(x)
    noise = np.finfo(float).eps * np.abs(base)
    direction = weights(x.size, np.random.default_rng(0)) * problem.sizes
    return judge_elementwise(problem, base, slope(x), noise, direction, lambda: np.zeros(x.size)).ruling


@given(size=st.sampled_from([1, 2, 30, 4096, 4097, 6000]), data=st.data())
def test_every_wrong_entry_of_an_elementwise_function_is_told(size: int, data: st.DataObject) -> None:
    """Below and above the size where entries are settled in one go, the ones that fail are the wrong ones."""
    wrong = data.draw(st.lists(st.integers(0, size - 1), max_size=3, unique=True))
    x = np.random.default_rng(size).uniform(0.3, 1.2, size)

    def slope(x: np.ndarray) -> np.ndarray:
        out = np.cos(x)
        out[wrong] *= 1.001
        return out

    ruling = _elementwise(x, np.sin, slope)
    assert np.flatnonzero(ruling == Ruling.FAIL).tolist() == sorted(wrong)
    assert np.all(np.isin(ruling, (Ruling.PASS, Ruling.FAIL)))


@pytest.mark.parametrize("size", [50, 5000])
def test_kinked_entries_are_told_from_the_rest(size: int) -> None:
    """Entries at zero pass as kinks, the others plainly."""
    x = np.random.default_rng(0).normal(size=size)
    x[[3, size - 2]] = 0.0
    ruling = _elementwise(x, np.abs, np.sign)
    assert np.flatnonzero(ruling == Ruling.KINK).tolist() == [3, size - 2]
    assert np.all(np.delete(ruling, [3, size - 2]) == Ruling.PASS)


def test_a_small_slope_is_judged_by_itself_not_by_its_neighbours() -> None:
    """Slopes that span forty decades are each told right from wrong."""
    x = np.logspace(0, 10, 41)
    factor = np.where(np.arange(41) % 4 == 0, 1.5, 1.0)
    ruling = _elementwise(x, lambda x: x**4, lambda x: factor * 4 * x**3)
    assert np.array_equal(ruling == Ruling.FAIL, factor == 1.5)


@given(zeros=st.lists(st.integers(0, 39), max_size=5, unique=True))
def test_outputs_on_a_kink_are_seen(zeros: list[int]) -> None:
    """They bend alike at two steps; smooth outputs and kinks further away do not."""
    x = np.linspace(0.5, 2.0, 40)
    x[zeros] = 0.0
    problem = elementwise(x, np.abs, np.sign)
    assert np.flatnonzero(kinked_outputs(problem, np.abs(x), np.ones(40), 1e-4)).tolist() == sorted(zeros)


@pytest.mark.parametrize("off", [0.0, 1e-7, 1e-2])
@pytest.mark.parametrize("seed", range(3))
def test_a_cube_of_the_distance_is_no_kink(off: float, seed: int) -> None:
    """What goes like |h|^3, as a Matern kernel where points coincide, bends more than a line, and less each step.

    Its slope is zero, where f is flat: which of the two lets it pass is a matter of rounding.
    """

    def value(x: np.ndarray) -> np.ndarray:
        s = 2.5 * np.abs(x - np.array([0.125, 0.4]))
        return (1 + s) * np.exp(-s)

    def slope(x: np.ndarray) -> np.ndarray:
        away = x - np.array([0.125, 0.4])
        return -6.25 * away * np.exp(-2.5 * np.abs(away)) + np.array([off, 0.0])

    problem = elementwise(np.array([0.125, 0.41]), value, slope)
    lanes = Lanes.of(problem, value(problem.x), np.eye(2), np.random.default_rng(seed), (slice(0, 2),))
    (_, judged), _ = judge_columns(lanes, range(2))
    assert (judged.ruling[0] in (Ruling.PASS, Ruling.ROW, Ruling.FLAT)) == (off == 0)
    assert (judged.ruling[0] == Ruling.FAIL) == (off > 1e-6)


def test_the_noise_of_a_claim_is_measured_for_the_lanes_that_need_it() -> None:
    """It costs backward calls for each: none for lanes of which a column asks nothing, and once for all columns."""
    asked: list[int] = []

    def pull(x: np.ndarray, u: np.ndarray) -> np.ndarray:
        asked.append(int(np.argmax(u != 0)))
        return u @ ((1 - np.tanh(MATRIX @ x) ** 2)[:, None] * MATRIX)

    lanes = one_hot(pose(X, lambda x: np.tanh(MATRIX @ x), pull))
    asked.clear()
    seen = lanes.allowance(1, np.arange(5) == 3)
    assert np.isfinite(seen).tolist() == [False, False, False, True, False]
    assert set(asked) == {3}
    asked.clear()
    assert np.isfinite(lanes.allowance(2, np.arange(5) >= 3)).tolist() == [False, False, False, True, True]
    assert set(asked) == {4}
