"""Boxes: halves and single entries partition them, and flat positions are those of NumPy."""

from __future__ import annotations

from math import prod

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.numerics import Box

shapes = st.lists(st.integers(1, 7), min_size=0, max_size=4).map(tuple)


def _entries(box: Box) -> list[int]:
    return np.arange(prod(box.shape)).reshape(box.shape)[box.slices].ravel().tolist()


@given(shape=shapes, data=st.data())
def test_halves_share_nothing_and_leave_nothing_out(shape: tuple[int, ...], data: st.DataObject) -> None:
    """Cut again and again along any axis, the two halves hold the entries of the box, each once."""
    box = Box.whole(3, shape)
    while box.size > 1:
        axis = data.draw(st.sampled_from([a for a, n in enumerate(box.extents) if n > 1]))
        one, other = box.halves(axis)
        assert sorted(_entries(one) + _entries(other)) == sorted(_entries(box))
        assert one.size + other.size == box.size
        assert abs(one.extents[axis] - other.extents[axis]) <= 1
        box = data.draw(st.sampled_from([one, other]))
    assert _entries(box) == [box.first]
    assert (box.block, box.shape) == (3, shape)


@given(shape=shapes, data=st.data())
def test_every_entry_of_a_box_is_a_box_of_its_own(shape: tuple[int, ...], data: st.DataObject) -> None:
    """`entry(k)` is the k-th entry in C order, and `first` its flat position in the whole array."""
    box = Box.whole(0, shape)
    for axis, extent in enumerate(shape):
        if extent > 1 and data.draw(st.booleans()):
            box = box.halves(axis)[data.draw(st.integers(0, 1))]
    assert [box.entry(k).first for k in range(box.size)] == _entries(box)
