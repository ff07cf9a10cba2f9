"""Whole numbers and choices: the only two things that are ever drawn.

Hypothesis mixes constants that it reads in the modules loaded at the moment into whatever it draws, so that one seed
gives other examples in another process. Numbers that are drawn far away from any constant, and moved back, do not
depend on what happens to be imported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

Draw = Callable[[SearchStrategy[Any]], Any]

_FAR = 7_340_127 * 10**9 + 3
"""A product: as a number it would be a constant of this very module, which is local code in a checkout."""


@cache
def _far(count: int) -> SearchStrategy[int]:
    return st.integers(_FAR, _FAR + count - 1)


@cache
def whole(count: int) -> SearchStrategy[int]:
    """Draw one of 0, ..., `count` - 1; shrinks to 0."""
    return _far(count).map(_back)


def _back(number: int) -> int:
    return number - _FAR


def choice(options: Sequence[T]) -> SearchStrategy[T]:
    """Draw one of `options`; shrinks to the first."""
    return st.just(options[0]) if len(options) == 1 else whole(len(options)).map(options.__getitem__)


def number(draw: Draw, count: int) -> int:
    """Draw one of 0, ..., `count` - 1, inside a composite strategy: half the cost of a strategy that is mapped."""
    return int(draw(_far(count))) - _FAR if count > 1 else 0


def one_of(draw: Draw, options: Sequence[T]) -> T:
    """Draw one of `options`, inside a composite strategy."""
    return options[number(draw, len(options))]
