"""What tells a mistake from what is right, and what does not."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.mutation._alike import told_apart


def right(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, 1.0, 0.0) / (1 + x * x)


def rounded(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, 1 / (1 + x**2), 0.0)


def at_the_kink(x: np.ndarray) -> np.ndarray:
    return np.where(x >= 0, 1.0, 0.0) / (1 + x * x)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6))
def test_rounding_tells_nothing_apart(values: list[float]) -> None:
    """The same formula in another order is the same function."""
    assert told_apart(right, rounded, [((np.array(values),), {})]) == (False, 1)


def test_a_kink_tells_apart_only_at_the_kink() -> None:
    """A mask with >= is another function, which one point shows."""
    away, at = ((np.array([-1.0, 2.0]),), {}), ((np.array([0.0, 2.0]),), {})
    assert told_apart(right, at_the_kink, [away]) == (False, 1)
    assert told_apart(right, at_the_kink, [away, at]) == (True, 2)


def test_a_small_relative_error_in_a_tiny_entry_is_seen() -> None:
    """Lost digits of an entry far below the largest are a difference."""

    def lost(x: np.ndarray) -> np.ndarray:
        return right(x) + np.where(x > 1e4, 1e-11, 0)

    assert told_apart(right, lost, [((np.array([1.0, 1e5]),), {})]) == (True, 1)


def test_shapes_dtypes_exceptions_and_what_is_left_behind_count() -> None:
    """Another shape, another precision, an exception, or an argument written into is a difference."""
    x = ((np.array([1.0, 2.0]),), {})
    others = [
        lambda x: right(x)[None],
        lambda x: right(x).astype(np.float32),
        lambda x: 1 / 0,
        lambda x: (right(x), right(x)),
    ]
    assert all(told_apart(right, other, [x])[0] for other in others)

    class Layer:
        dw = np.zeros(2)

    def keeps(owner: Layer, value: float) -> None:
        owner.dw = np.full(2, value)

    assert told_apart(keeps, lambda owner, value: keeps(owner, -value), [((Layer(), 1.0), {})]) == (True, 1)
    assert told_apart(keeps, keeps, [((Layer(), 1.0), {})]) == (False, 1)


def test_what_the_right_one_refuses_is_no_point() -> None:
    """Nothing was compared where the right function raises."""
    assert told_apart(lambda x: 1 / 0, right, [((np.ones(2),), {})]) == (False, 0)
