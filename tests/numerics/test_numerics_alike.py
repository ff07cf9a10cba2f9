"""Entries judged many at a time: the same rulings as alone, in fewer calls, and a call that lies is not believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from numerics.posed import pose

from gradcheck.numerics import Lanes, Problem, Ruling, judge_alike, judge_columns

_SHAPES = ((4, 6), (6, 5))
_CUT = 24


def _parts(x: np.ndarray) -> list[np.ndarray]:
    return [part.reshape(shape) for part, shape in zip(np.split(x, [_CUT]), _SHAPES, strict=True)]


def _layer(x: np.ndarray) -> np.ndarray:
    rows, w = _parts(x)
    return np.tanh(rows @ w).ravel()


def _pulled(x: np.ndarray, u: np.ndarray) -> np.ndarray:
    rows, w = _parts(x)
    d = (1 - _layer(x) ** 2).reshape(4, 5) * u.reshape(4, 5)
    return np.concatenate([(d @ w.T).ravel(), (rows.T @ d).ravel()])


WRONG = {
    "a factor": lambda g: 2 * g,
    "a sign": lambda g: -g,
    "an input": lambda g: np.where(np.arange(54) < _CUT, 1.001 * g, g),
    "every third entry": lambda g: np.where(np.arange(54) % 3, g, 1.5 * g),
    "nothing": lambda g: g,
}


def _problem(
    change: Callable[[np.ndarray], np.ndarray], batched: Callable[[np.ndarray], np.ndarray] = _layer
) -> tuple[Problem, list[int]]:
    """Return tanh(X W), pulled back as `change` says, and how many points its calls by `batched` were for."""
    x, calls = np.random.default_rng(0).normal(size=54), list[int]()
    problem = pose(x, _layer, lambda x, u: change(_pulled(x, u)), _CUT, shapes=_SHAPES)

    def many(moved: Mapping[int, np.ndarray]) -> np.ndarray:
        rows = np.tile(x, (len(next(iter(moved.values()))), 1))
        for block, points in moved.items():
            rows[:, problem.blocks[block]] = points
        calls.append(len(rows))
        return np.array([batched(row) for row in rows])

    return replace(problem, many=many), calls


def _judged(judge: Callable[..., object], problem: Problem) -> dict[int, list[int]]:
    base = problem.value(problem.x)
    lanes = Lanes.of(problem, base, np.array([*np.eye(20), np.ones(20)]), np.random.default_rng(1))
    return {j: judged.ruling.tolist() for j, judged in judge(lanes, range(54))}  # type: ignore[attr-defined]


@pytest.mark.parametrize("mistake", WRONG)
def test_rulings_are_those_of_entries_judged_alone(mistake: str) -> None:
    """Of every lane, whether few entries are wrong, many, all or none."""
    problem, _ = _problem(WRONG[mistake])

    assert _judged(judge_alike, problem) == _judged(judge_columns, problem)


def test_entries_that_are_wrong_alike_share_their_calls() -> None:
    """The first failures have calls of their own."""
    seen = []

    def layer(x: np.ndarray) -> np.ndarray:
        seen.append(x)
        return _layer(x)

    problem, calls = _problem(WRONG["a factor"])
    _judged(judge_columns, replace(problem, value=layer))
    alone = len(seen)
    seen.clear()
    _judged(judge_alike, replace(problem, value=layer))

    assert 0 < len(calls) < alone // 20
    assert 100 < len(seen) < alone // 2


@pytest.mark.parametrize("lie", [lambda x: 1.001 * _layer(x), lambda x: np.full(20, np.nan)])
def test_a_call_that_says_something_else_of_the_point_is_not_believed(lie: Callable[..., np.ndarray]) -> None:
    """It is asked once, and everything is judged alone."""
    problem, calls = _problem(WRONG["a factor"], lie)

    assert _judged(judge_alike, problem) == _judged(judge_columns, problem)
    assert len(calls) == 1


def test_a_subject_that_takes_one_point_at_a_time_is_judged_alone() -> None:
    """Whether it says so at once or when it is asked."""
    problem, _ = _problem(WRONG["a sign"])
    whole = _judged(judge_columns, problem)

    assert _judged(judge_alike, replace(problem, many=None)) == whole
    assert _judged(judge_alike, replace(problem, many=lambda _: None)) == whole
    assert all(Ruling.FAIL in rulings for rulings in whole.values())
