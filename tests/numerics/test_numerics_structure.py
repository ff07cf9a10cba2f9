"""Independent axes: found where they are, never where they are not, and the groups partition the outputs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerics.posed import pose

from gradcheck.numerics import Colouring, Problem, colourings

_SHAPE = (6, 5)


def _problem(
    function: Callable[[np.ndarray], np.ndarray], x: np.ndarray
) -> tuple[Problem, np.ndarray, tuple[int, ...]]:
    out = function(x).shape
    problem = pose(
        x.ravel().copy(), lambda v: function(v.reshape(x.shape)).ravel(), lambda v, u: 0 * v, shapes=(x.shape,)
    )
    return problem, problem.value(problem.x), out


def _all_colours(function: Callable[[np.ndarray], np.ndarray], x: np.ndarray, seed: int = 0) -> list[Colouring]:
    problem, base, out = _problem(function, x)
    return colourings(problem, base, 0, [(slice(0, base.size), out)], np.random.default_rng(seed))


def _colours(function: Callable[[np.ndarray], np.ndarray], x: np.ndarray, seed: int = 0) -> Colouring | None:
    found = _all_colours(function, x, seed)
    assert len(found) <= 1
    return found[0] if found else None


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


_INDEPENDENT = {
    "elementwise": (np.tanh, 1, 30),
    "rows": (_softmax, 5, 6),
    "columns": (lambda x: np.cumsum(x**3, axis=0), 6, 5),
    "rows to fewer columns": (lambda x: np.sin(x) @ np.cos(np.arange(15).reshape(5, 3)), 5, 6),
}
_ANOTHER_AXIS = {
    "a weight": (lambda w: np.sin(np.ones((4, 6))) @ np.cos(w), (6, 5), (6, 5)),
    "a bias": (lambda b: np.tanh(np.ones((4, 5)) + b), (5,), (1, 5)),
    "the channels of a kernel": (lambda k: np.einsum("nhx,oh->noxh", np.ones((2, 3, 4)), k), (5, 3), (1, 15)),
}


@pytest.mark.parametrize("name", _ANOTHER_AXIS)
def test_an_axis_may_answer_for_another_of_the_outputs(name: str) -> None:
    """The columns of a weight are those of the outputs, not their rows."""
    function, shape, expected = _ANOTHER_AXIS[name]
    found = _colours(function, np.random.default_rng(0).normal(size=shape))
    assert found is not None
    assert found.coordinates.shape == expected


_DEPENDENT = {
    "all of all": lambda x: x / np.linalg.norm(x),
    "each row of all before": lambda x: np.cumsum(x, axis=0) ** 2 + x.sum(axis=1, keepdims=True),
    "another shape": lambda x: x.sum(axis=0) + x.sum(),
    "an axis of the same length": lambda x: np.cumsum(x @ np.ones((5, 6)), axis=0) + x.sum(axis=1),
}


@pytest.mark.parametrize("name", _INDEPENDENT)
def test_independent_axes_are_found(name: str) -> None:
    """As many colours as entries per group, as many groups as indices along the independent axes."""
    function, colours, groups = _INDEPENDENT[name]
    found = _colours(function, np.random.default_rng(0).normal(size=_SHAPE))
    assert found is not None
    assert found.coordinates.shape == (colours, groups)


@pytest.mark.parametrize("name", _DEPENDENT)
def test_dependence_is_never_overlooked(name: str) -> None:
    """One output that answers to another index is enough to move every entry alone."""
    for seed in range(5):
        x = np.random.default_rng(seed).normal(size=_SHAPE)
        assert _colours(_DEPENDENT[name], x, seed) is None


@given(rows=st.integers(2, 9), columns=st.integers(2, 6), name=st.sampled_from(["elementwise", "rows"]))
def test_groups_partition_outputs_and_colours_the_inputs(rows: int, columns: int, name: str) -> None:
    """Every input has one colour, every output one group, and an output answers to the inputs of its group alone."""
    function, x = _INDEPENDENT[name][0], np.random.default_rng(rows).normal(size=(rows, columns))
    found = _colours(function, x)
    assert found is not None
    assert sorted(found.coordinates.ravel()) == list(range(x.size))
    assert np.array_equal(np.unique(found.group), np.arange(found.coordinates.shape[1]))
    for column in found.coordinates.T:
        moved = x.ravel().copy()
        moved[column] *= 1.5
        changed = function(moved.reshape(x.shape)).ravel() != function(x).ravel()
        assert len(set(found.group[changed])) == 1
        assert found.group[changed][0] == np.flatnonzero(np.any(found.coordinates == column[0], axis=0))[0]


def _neighbours(x: np.ndarray) -> np.ndarray:
    """Each entry beside the one to its right, times the sum of its column: windows of two along the rows."""
    return np.sin(x[:, 1:] * x[:, :-1])


_LOCAL = {
    "two neighbours in a row": (_neighbours, (5, 8), 2),
    "a ring of rows": (lambda x: x + 0.1 * np.roll(x, 1, axis=0) ** 2 + x.sum(axis=1, keepdims=True), (6, 5), 2),
    "three in both directions": (lambda x: np.exp(x[2:, 2:] + x[:-2, :-2] * x[1:-1, 1:-1]), (9, 9), 9),
    "pools of two by two": (lambda x: x[:8, :8].reshape(4, 2, 4, 2).max(axis=(1, 3)), (9, 8), 4),
    "the last row of the first": (lambda x: _softmax(x) + np.outer(np.arange(6) == 5, np.ones(5)) * x[0], (6, 5), 2),
    "every third": (lambda x: x[:, ::3] ** 2 * x[:, 1::3], (4, 9), 2),
}


@pytest.mark.parametrize("name", _LOCAL)
def test_windows_are_found_and_no_output_answers_to_two_of_a_class(name: str) -> None:
    """As many colourings as classes; every entry that counts is in one of them."""
    function, shape, expected = _LOCAL[name]
    x = np.random.default_rng(3).normal(size=shape)
    found = _all_colours(function, x)

    assert len(found) == expected
    inside = np.concatenate([one.coordinates.ravel() for one in found])
    assert len(set(inside)) == inside.size
    for j in range(x.size):
        moved = x.ravel().copy()
        moved[j] *= 1.5
        changed = function(moved.reshape(x.shape)).ravel() != function(x).ravel()
        for one in found:
            if j in one.coordinates:
                (group,) = np.flatnonzero(np.any(one.coordinates == j, axis=0))
                assert set(one.group[changed]) <= {group}
        assert j in inside or not changed.any()


def test_what_is_dense_is_moved_a_few_times_only() -> None:
    """One index in the middle that reaches half of the outputs ends the search for windows."""
    calls = []

    def function(x: np.ndarray) -> np.ndarray:
        calls.append(1)
        return x / np.linalg.norm(x)

    assert not _all_colours(function, np.random.default_rng(0).normal(size=(64,)))
    assert len(calls) <= 6
