"""Windows along one axis: classes that never meet, owners that are right, and no more moves than needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.numerics.at_once._windows import LEAST, MOST, Reach, windows


def _reached(*reaches: np.ndarray, moved: list[int] | None = None) -> Callable[[Sequence[int]], list[Reach]]:
    """Return what says which outputs each index reaches, by matrices of shape (indices, outputs)."""

    def reached(indices: Sequence[int]) -> list[Reach]:
        if moved is not None:
            moved.extend(indices)
        return [[reach[index] for reach in reaches] for index in indices]

    return reached


def _band(count: int, size: int, stride: int, spread: int) -> np.ndarray:
    """Return which inputs the outputs of a convolution read: kernels of `size`, `spread` apart."""
    outputs = max(1, (count - (size - 1) * spread - 1) // stride + 1)
    reach = np.zeros((count, outputs), dtype=bool)
    for j in range(outputs):
        reach[[i for k in range(size) if (i := j * stride + k * spread) < count], j] = True
    return reach


@given(count=st.integers(LEAST, 40), size=st.integers(1, 5), stride=st.integers(1, 3), spread=st.integers(1, 3))
def test_no_output_is_reached_by_two_of_a_class(count: int, size: int, stride: int, spread: int) -> None:
    """Whatever the kernel; each index that reaches anything has one class, and owns what it reaches."""
    reach = _band(count, size, stride, spread)
    found = windows(_reached(reach), count, [0])

    if found is not None:
        assert sorted(np.concatenate(found.classes)) == np.flatnonzero(reach.any(axis=1)).tolist()
        for members, (owner,) in zip(found.classes, found.owners, strict=True):
            assert np.all(reach[members].sum(axis=0) <= 1)
            for j in np.flatnonzero(reach[members].any(axis=0)):
                assert reach[members[owner[j]], j]


def test_a_kernel_of_three_has_three_classes_however_long_the_axis() -> None:
    """And a stride, no more than the kernel over it."""
    for count in (12, 100):
        plain, strided = (windows(_reached(_band(count, 3, s, 1)), count, [0]) for s in (1, 3))
        assert plain is not None
        assert strided is not None
        assert (len(plain.classes), len(strided.classes)) == (3, 3)


def test_every_output_counts() -> None:
    """Two outputs, of which one has the wider kernel."""
    found = windows(_reached(_band(20, 2, 1, 1), _band(20, 4, 1, 1)), 20, [0])

    assert found is not None
    assert len(found.classes) == 4
    assert [len(owners) for owners in found.owners] == [2] * 4


def test_an_axis_without_windows_is_given_up_after_one_move() -> None:
    """Dense, empty, too short or too long."""
    for reach in (np.ones((9, 7), dtype=bool), np.zeros((9, 7), dtype=bool)):
        moved: list[int] = []
        assert windows(_reached(reach, moved=moved), 9, [0]) is None
        assert moved == [4]
    for count in (LEAST - 1, MOST + 1):
        assert windows(_reached(np.eye(count, dtype=bool)), count, [0]) is None
    assert windows(_reached(_band(9, 2, 1, 1)), 9, []) is None


def test_as_many_classes_as_half_the_indices_are_not_worth_it() -> None:
    """Narrow in the middle, but one index meets all."""
    reach = np.eye(8, dtype=bool)
    reach[0] = reach[:, 0] = True
    reach[1] = reach[2] = reach[3] = True

    assert windows(_reached(reach), 8, [0]) is None


def test_the_axis_of_the_outputs_with_the_fewest_classes_answers() -> None:
    """An index may look narrow along two of them."""
    count = 12
    reach = np.zeros((count, count, count), dtype=bool)
    for i in range(count):
        reach[i, i, : count // 2] = True
    found = windows(lambda indices: [[reach[i]] for i in indices], count, [1, 0])

    assert found is not None
    assert found.end == 0
    assert len(found.classes) == 1
