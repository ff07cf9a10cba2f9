"""Mistakes around a backward: each does what its name says, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.mutation._wraps import OPERATORS, RESULTS, STATES, UPSTREAMS, told, wrapped

FLOATS = st.lists(st.floats(-9, 9).filter(lambda v: abs(v) > 0.1), min_size=2, max_size=5).map(np.array)


def linear(dout: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray]:
    return dout * factor, dout.copy()


@given(FLOATS, st.sampled_from(sorted(RESULTS)), st.integers(0, 1))
def test_one_gradient_is_changed_and_the_other_is_not(dout: np.ndarray, operator: str, which: int) -> None:
    """A mistake in the first gradient leaves the second bit for bit, and the reverse."""
    right, wrong = linear(dout, 3.0), wrapped(linear, (operator, which), 0)(dout, 3.0)

    assert np.array_equal(wrong[which], RESULTS[operator](right[which]))
    assert np.array_equal(wrong[1 - which], right[1 - which])


@given(FLOATS, st.sampled_from(sorted(UPSTREAMS)))
def test_an_upstream_is_changed_in_a_copy(dout: np.ndarray, way: str) -> None:
    """The caller's upstream stays, and the gradient is that for another one."""
    before = dout.copy()
    wrong, _ = wrapped(linear, ("upstream", way), 0)(dout, 2.0)

    assert np.array_equal(dout, before)
    assert np.array_equal(wrong, 2 * UPSTREAMS[way][0](before))


def test_what_is_remembered_shows_at_the_second_call() -> None:
    """Accumulated, stale: the first call is right; overwritten: the upstream is gone afterwards."""
    one, two, three = np.ones(2), np.full(2, 2.0), np.full(2, 3.0)
    for way, second in (("accumulated", three), ("stale", one)):
        wrong = wrapped(linear, ("state", way), 0)
        assert np.array_equal(wrong(one.copy(), 1.0)[0], one)
        assert np.array_equal(wrong(two.copy(), 1.0)[0], second)

    assert np.array_equal(wrapped(linear, ("state", "overwritten"), 0)(two, 1.0)[0], np.full(2, 2.0))
    assert not two.any()


class Keeper:
    """A layer that keeps a gradient as an attribute, and one in a dictionary."""

    def __init__(self) -> None:
        self.w, self.grads = np.ones(2), {}

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dw, self.grads = dout * 2, {**self.grads, "b": dout * 3}
        return dout


def test_gradients_that_a_layer_keeps_are_changed_where_they_are_kept() -> None:
    """What backward writes is negated; what it returns, and the parameter, stay."""
    layer = Keeper()
    returned = wrapped(Keeper.backward, ("negated", "stored"), 1)(layer, np.ones(2))

    assert (returned == 1).all()
    assert (layer.w == 1).all()
    assert (layer.dw == -2).all()
    assert (layer.grads["b"] == -3).all()


@pytest.mark.parametrize("detail", [*(("upstream", way) for way in UPSTREAMS), *(("state", way) for way in STATES)])
def test_every_mistake_is_told_in_words(detail: tuple[str, str]) -> None:
    """The words name the upstream or the gradients."""
    assert "upstream" in told(detail) or "gradients" in told(detail)
    assert detail[0] in OPERATORS
