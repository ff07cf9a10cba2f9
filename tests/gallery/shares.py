# ruff: noqa: D401 - each docstring is the mistake itself, in the words of whoever finds it
"""Shares of a tie: backwards that are admissible entry by entry and wrong in sum, and right choices beside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .planted import Call, Shelf, Sound

SHELF = Shelf()
A = "inputs['a']"


def _vector() -> np.ndarray:
    return np.array([3.0, 1.0, 3.0, 2.0])


def _rows() -> np.ndarray:
    return np.array([[1.0, 1.0, 0.0], [2.0, 5.0, 5.0], [4.0, 4.0, 4.0]])


def _grid(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(rows, columns)).round(), rng.normal(size=(rows, columns)).round()


def _max_with(share: Any, x: np.ndarray) -> Call:
    return (lambda x: x.max()), (x,), {"grad": lambda x: share(x == x.max())}


def _rows_with(share: Any) -> Call:
    def vjp(u: np.ndarray, x: np.ndarray) -> np.ndarray:
        return u[:, None] * np.array([share(row == row.max()) for row in x])

    return (lambda x: x.max(axis=1)), (_rows(),), {"vjp": vjp}


def _maximum(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.maximum(a, b)


def _maximum_with(of_a: Any, of_b: Any, shape: tuple[int, int]) -> Call:
    return _maximum, _grid(*shape), {"vjp": lambda u, a, b: (u * of_a(a, b), u * of_b(a, b))}


def _all(ties: np.ndarray) -> np.ndarray:
    return ties * 1.0


def _split(ties: np.ndarray) -> np.ndarray:
    return ties / ties.sum()


def _first(ties: np.ndarray) -> np.ndarray:
    return np.eye(ties.size)[ties.argmax()]


def _halves(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.heaviside(a - b, 0.5)


@SHELF.add("GC101")
def max_gives_all_to_every_tie() -> Call:
    """``x == x.max()`` as it is: two tied entries get twice the gradient."""
    return _max_with(_all, _vector())


@SHELF.add("GC101")
def max_gives_nothing_to_a_tie() -> Call:
    """Only an entry above all others gets a gradient, and there is none."""
    return _max_with(lambda ties: ties * (ties.sum() == 1.0), _vector())


@SHELF.add("GC101")
def max_of_rows_gives_all_to_every_tie() -> Call:
    """The same in every row."""
    return _rows_with(_all)


@SHELF.add("GC101")
def max_of_many_gives_all_to_every_tie() -> Call:
    """The same among so many entries that only some are looked at."""
    return _max_with(_all, np.repeat([1.0, 2.0], 300))


@SHELF.add("GC101", A)
def maximum_of_two_gives_all_to_both() -> Call:
    """``>=`` on both sides."""
    return _maximum_with(np.greater_equal, lambda a, b: b >= a, (3, 4))


@SHELF.add("GC101", A)
def maximum_of_two_gives_nothing_to_a_tie() -> Call:
    """``>`` on both sides."""
    return _maximum_with(np.greater, lambda a, b: b > a, (3, 4))


@SHELF.add("GC101", A)
def maximum_of_many_gives_all_to_both() -> Call:
    """``>=`` on both sides, a few hundred ties among a thousand pairs."""
    return _maximum_with(np.greater_equal, lambda a, b: b >= a, (40, 30))


@SHELF.add("GC101", A)
def maximum_of_many_gives_nothing_to_a_tie() -> Call:
    """``>`` on both sides; nothing in the gradient says which inputs such an output depends on."""
    return _maximum_with(np.greater, lambda a, b: b > a, (40, 30))


@SHELF.add("GC101", A, large=True)
def maximum_of_very_many_gives_all_to_both() -> Call:
    """``>=`` on both sides, a quarter of a hundred thousand pairs tied."""
    return _maximum_with(np.greater_equal, lambda a, b: b >= a, (400, 300))


@SHELF.add("GC101")
def norm_at_zero_gives_ones() -> Call:
    """Each partial slope lies between -1 and 1, the vector of ones is no part of the unit ball."""
    return (lambda x: np.sqrt((x * x).sum())), (np.zeros(3),), {"grad": np.ones_like}


def _sorted_back(u: np.ndarray, x: np.ndarray) -> np.ndarray:
    g = np.zeros_like(x)
    g[np.argsort(x, kind="stable")] = u
    return g


_WEIGHTS = np.array([1.0, 0.0, 1.0, -2.0])
_TRIPLE = np.array([1.0, 1.0, 1.0, 0.0])

SOUND = (
    Sound("max to the first of two", lambda: _max_with(_first, _vector()), note="GC901"),
    Sound("max split between two", lambda: _max_with(_split, _vector()), note="GC901"),
    Sound("max of rows split", lambda: _rows_with(_split), note="GC901"),
    Sound("max of many split", lambda: _max_with(_split, np.repeat([1.0, 2.0], 300)), note="GC901"),
    Sound("max of many to the first", lambda: _max_with(_first, np.repeat([1.0, 2.0], 300)), note="GC901"),
    Sound(
        "maximum, ties to the first",
        lambda: _maximum_with(np.greater_equal, lambda a, b: b > a, (3, 4)),
        note="GC901",
    ),
    Sound("maximum, ties split", lambda: _maximum_with(_halves, lambda a, b: _halves(b, a), (3, 4)), note="GC901"),
    Sound(
        "maximum of many, ties to the first",
        lambda: _maximum_with(np.greater_equal, lambda a, b: b > a, (40, 30)),
        note="GC901",
    ),
    Sound(
        "maximum of very many, ties to the first",
        lambda: _maximum_with(np.greater_equal, lambda a, b: b > a, (400, 300)),
        note="GC901",
        large=True,
    ),
    Sound("sort with three ties", lambda: (np.sort, (_TRIPLE.copy(),), {"vjp": _sorted_back}), note="GC901"),
    Sound(
        "weighted sort with three ties",
        lambda: (
            lambda x: _WEIGHTS @ np.sort(x),
            (_TRIPLE.copy(),),
            {"grad": lambda x: _sorted_back(_WEIGHTS, x)},
        ),
        note="GC901",
    ),
    Sound(
        "norm at zero gives zero",
        lambda: (lambda x: np.sqrt((x * x).sum()), (np.zeros(3),), {"grad": np.zeros_like}),
        note="GC901",
    ),
)
