"""Many calls at once: what is right is certified, what is wrong never is, and a batch that lies is not believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numerics.posed import pose

from gradcheck.numerics import (
    Batch,
    Certified,
    Problem,
    alone,
    certified_at_once,
    colourings,
    forward_noise,
    moves_of,
)
from gradcheck.numerics.at_once import _at_once, _batch, _structure

_SHAPES = ((4, 3), (3, 5), (5,))
_CUTS = (12, 27)


def _parts(x: np.ndarray) -> list[np.ndarray]:
    return [part.reshape(shape) for part, shape in zip(np.split(x, _CUTS), _SHAPES, strict=True)]


def _layer(x: np.ndarray) -> np.ndarray:
    rows, w, b = _parts(x)
    return np.tanh(rows @ w + b).ravel()


def _pulled(x: np.ndarray, u: np.ndarray) -> np.ndarray:
    rows, w, _ = _parts(x)
    d = (1 - _layer(x) ** 2).reshape(4, 5) * u.reshape(4, 5)
    return np.concatenate([(d @ w.T).ravel(), (rows.T @ d).ravel(), d.sum(axis=0)])


def _problem(
    pull: Callable[[np.ndarray, np.ndarray], np.ndarray] = _pulled,
    batched: Callable[[np.ndarray], np.ndarray] = _layer,
    seed: int = 0,
) -> Problem:
    """Return tanh(X W + b) as a problem that takes many points at once, by `batched`."""
    x = np.random.default_rng(seed).normal(size=32)
    problem = pose(x, _layer, pull, *_CUTS, shapes=_SHAPES)

    def many(moved: Mapping[int, np.ndarray]) -> np.ndarray:
        rows = np.tile(x, (len(next(iter(moved.values()))), 1))
        for block, points in moved.items():
            rows[:, problem.blocks[block]] = points
        return np.array([batched(row) for row in rows])

    return replace(problem, many=many, pulls=lambda ups: np.array([pull(x, u) for u in ups]))


def _certified(problem: Problem, *, structured: bool = False) -> list[Certified] | None:
    rng, base = np.random.default_rng(1), problem.value(problem.x)
    noise, upstreams = forward_noise(problem, base, rng), np.eye(base.size)
    assert problem.pulls is not None
    analytic = problem.pulls(upstreams)
    batches = []
    for block in range(3):
        found = (
            next(iter(colourings(problem, base, block, [(slice(0, 20), (4, 5))], rng)), None) if structured else None
        )
        colours = found or alone(problem, block, base.size)
        rows = upstreams
        if found is not None:  # one output of each group in each upstream
            order = np.argsort(found.group, kind="stable").reshape(colours.coordinates.shape[1], -1)
            rows = np.array([np.isin(np.arange(base.size), picked) * 1.0 for picked in order.T])
            analytic = problem.pulls(rows)
        claim = analytic if found is not None else problem.pulls(upstreams)
        batches.append(Batch.of(problem, block, colours, rows, claim, noise, rng))
    return certified_at_once(problem, base, batches, rng)


def _passed(found: list[Certified] | None) -> set[int]:
    assert found is not None
    return {int(j) for one in found for j in one.batch.colours.coordinates[one.passed]}


@pytest.mark.parametrize("structured", [False, True])
def test_every_entry_of_a_right_gradient_is_certified(structured: bool) -> None:
    """Each on its own, and those that share no output together: the rows of X, the columns of W, the entries of b."""
    found = _certified(_problem(), structured=structured)

    assert _passed(found) == set(range(32))
    assert found is not None
    assert [one.batch.shape[0] for one in found] == ([3, 3, 1] if structured else [12, 15, 5])


@settings(max_examples=25)
@given(wrong=st.integers(0, 31), share=st.floats(1e-4, 2.0), structured=st.booleans())
def test_a_wrong_entry_is_never_certified(wrong: int, share: float, structured: bool) -> None:
    """Whatever it is off by, wherever it is; others are, or are left to be looked at alone."""

    def pull(x: np.ndarray, u: np.ndarray) -> np.ndarray:
        gradient = _pulled(x, u)
        gradient[wrong] *= 1 + share
        return gradient

    assert wrong not in _passed(_certified(_problem(pull), structured=structured))


def test_a_wrong_entry_does_not_keep_the_others_from_passing() -> None:
    """They pass by one difference; it alone is moved on, two more and a ladder further."""
    rows = []
    for wrong in (1.0, 1.5):

        def pull(x: np.ndarray, u: np.ndarray, wrong: float = wrong) -> np.ndarray:
            gradient = _pulled(x, u)
            gradient[17] *= wrong
            return gradient

        problem, seen = _problem(pull), [0]

        def many(moved: Mapping[int, np.ndarray], seen: list[int] = seen, of: Problem = problem) -> np.ndarray | None:
            seen[0] += len(next(iter(moved.values())))
            assert of.many is not None
            return of.many(moved)

        passed = _passed(_certified(replace(problem, many=many)))
        assert passed == set(range(32)) - ({17} if wrong > 1 else set())
        rows.append(seen[0])
    assert rows[0] < 5 * 32
    assert rows[1] <= rows[0] + 2 * (2 + 7 + 17) + 16


@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize("wrong", [None, 2, 17, 30])
def test_many_points_are_several_calls_of_few(
    monkeypatch: pytest.MonkeyPatch, structured: bool, wrong: int | None
) -> None:
    """Each of one block, with as many numbers as it may hold; what passes is what passes otherwise."""

    def pull(x: np.ndarray, u: np.ndarray) -> np.ndarray:
        gradient = _pulled(x, u)
        gradient[[] if wrong is None else wrong] *= 1.01
        return gradient

    problem, calls = _problem(pull), []

    def many(moved: Mapping[int, np.ndarray]) -> np.ndarray | None:
        calls.append({block: points.size + 20 * len(points) for block, points in moved.items()})
        assert problem.many is not None
        return problem.many(moved)

    for home in (_at_once, _batch):
        monkeypatch.setattr(home, "NUMBERS", 200)
    monkeypatch.setattr(_at_once, "_TOGETHER", 0)
    monkeypatch.setattr(_structure, "_TOGETHER", 200)
    passed = _passed(_certified(replace(problem, many=many), structured=structured))

    assert passed == set(range(32)) - {wrong}
    steps = [call for call in calls if len(call) == 1]
    assert len(steps) >= 8
    assert max(max(call.values()) for call in steps) <= 200 + 50  # and the point itself


LIES = {
    "another value at the point": (lambda x: 1.001 * _layer(x), None),
    "another slope": (lambda x: _layer(x) if np.array_equal(x, _problem().x) else 1.001 * _layer(x), set()),
    "a kinder slope": (lambda x: _layer(x) + 0.01 * (x.sum() - _problem().x.sum()), set()),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_batch_that_says_something_else_is_not_believed(lie: str) -> None:
    """A claim that agrees with it, and not with single calls, is not certified."""
    batched, expected = LIES[lie]

    def pull(x: np.ndarray, u: np.ndarray) -> np.ndarray:
        return _pulled(x, u) + (0.01 * u.sum() if lie == "a kinder slope" else 0.0)

    found = _certified(_problem(pull, batched))

    assert found is None if expected is None else _passed(found) == expected


def test_what_one_step_leaves_open_gets_the_step_that_may_settle_it() -> None:
    """A slope of 1e-5 beside 1 drowns, and needs a larger step; a wave needs a smaller one: one call has both."""
    x, calls = np.array([0.3, 0.4]), []
    problem = pose(
        x, lambda x: np.array([1 + 1e-5 * x[0], np.sin(40 * x[1])]), lambda x, u: u * [1e-5, 40 * np.cos(40 * x[1])]
    )

    def many(moved: Mapping[int, np.ndarray]) -> np.ndarray:
        calls.append(np.abs(moved[0] - x))
        return np.array([problem.value(row) for row in moved[0]])

    batched, base = replace(problem, many=many), problem.value(x)
    noise, claims = forward_noise(problem, base, np.random.default_rng(0)), np.diag(problem.pull(x, np.ones(2)))
    batch = Batch.of(batched, 0, alone(problem, 0, 2), np.eye(2), claims, noise, np.random.default_rng(1))

    (found,) = certified_at_once(batched, base, [batch], np.random.default_rng(2)) or ()

    assert found.passed.all()
    assert len(calls) == 2
    assert calls[1][:, 0].max() > 100 * calls[0][:, 0].max()
    assert 0 < calls[1][-1, 1] < calls[0][-1, 1]


def test_a_batch_that_cannot_be_had_is_done_without() -> None:
    """None says so."""
    assert _certified(replace(_problem(), many=lambda _: None)) is None


def test_the_moves_of_all_blocks_are_one_call() -> None:
    """Halves of every axis, of X, of W and of b; what they show is what those of each block alone show."""
    problem, calls = _problem(), []

    def many(moved: Mapping[int, np.ndarray]) -> np.ndarray | None:
        calls.append(set(moved))
        assert problem.many is not None
        return problem.many(moved)

    seen, base, outputs = replace(problem, many=many), problem.value(problem.x), [(slice(0, 20), (4, 5))]
    made = moves_of(seen, base, range(3), outputs, np.random.default_rng(0), local=False)
    together, apart = (
        [
            colourings(seen, base, block, outputs, np.random.default_rng(0), local=False, moves=moves)
            for block, moves in ((block, made[block] if known else None) for block in range(3))
        ]
        for known in (True, False)
    )

    assert calls == [{0, 1, 2}, {0}, {1}, {2}]
    assert [one.coordinates.size for (one,) in together] == [12, 15, 5]
    for (one,), (other,) in zip(together, apart, strict=True):
        assert np.array_equal(one.coordinates, other.coordinates)
        assert np.array_equal(one.group, other.group)
