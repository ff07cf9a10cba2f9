r"""Windows along an axis: index i of the inputs reaches a few indices of the outputs, as in convolutions and pooling.

Indices whose windows do not meet are of one *class*: moved together, each output answers to one of them, its
*owner*. With windows of k and a stride of 1 there are k classes, however long the axis is. Classes are given out
greedily, in the order of the indices (A. Curtis, M. Powell and J. Reid, 1974): for windows nothing needs fewer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST, MOST = 4, 1024
"""Length of an axis from which, and up to which, windows are looked for: each of its indices is moved once."""

_WORTH = 2
"""How many times fewer classes than indices there must be."""

Reach = list[NDArray[np.bool_]]
"""What one move changes, of each output an array of its shape."""


@dataclass(frozen=True, slots=True)
class Windows:
    """How the indices of an axis of the inputs can be moved together, and which axis of the outputs answers.

    ``classes`` holds indices, without those that reach nothing; ``owners``, for each class and output, the position
    in the class of the index that reaches each index along ``end``, 0 where none does.
    """

    end: int
    classes: tuple[NDArray[np.intp], ...]
    owners: tuple[tuple[NDArray[np.intp], ...], ...]


def windows(reached: Callable[[Sequence[int]], Iterable[Reach]], count: int, ends: Sequence[int]) -> Windows | None:
    """Return the windows along an axis of `count` indices, None where it has none that are worth the while.

    `reached` moves indices one by one; `ends` are the axes of the outputs that may answer. Where the middle index
    reaches half of each of them, nothing more is moved.
    """
    if not LEAST <= count <= MOST:
        return None
    (middle,) = reached([count // 2])
    near = [end for end in ends if _is_narrow(middle, end)]
    if not near:
        return None
    shadows = [[[_shadow(changed, end) for changed in reach] for end in near] for reach in reached(range(count))]
    every = (_along(end, [one[k] for one in shadows]) for k, end in enumerate(near))
    found = [one for one in every if 0 < len(one.classes) * _WORTH <= count]
    return min(found, key=lambda one: len(one.classes), default=None)


def _is_narrow(reach: Reach, end: int) -> bool:
    """Whether at most half of the indices along `end` are reached, and some."""
    inside = [_shadow(changed, end) for changed in reach]
    return any(one.any() for one in inside) and all(2 * np.count_nonzero(one) <= one.size for one in inside)


def _shadow(changed: NDArray[np.bool_], end: int) -> NDArray[np.bool_]:
    """Return which indices along `end` hold anything that changed."""
    return np.asarray(changed.any(axis=tuple(axis for axis in range(changed.ndim) if axis != end)))


def _along(end: int, shadows: Sequence[Sequence[NDArray[np.bool_]]]) -> Windows:
    """Return the windows along `end`; `shadows` says for each index and output which of its indices are reached."""
    of_outputs = [np.array(one) for one in zip(*shadows, strict=True)]
    meet = sum(one.astype(np.intp) @ one.T for one in of_outputs) > 0
    classes = tuple(np.array(one, dtype=np.intp) for one in _classes(meet))
    owners = tuple(tuple(one[mine].argmax(axis=0) for one in of_outputs) for mine in classes)
    return Windows(end, classes, owners)


def _classes(meet: NDArray[np.bool_]) -> list[list[int]]:
    """Return classes of indices of which no two `meet`; an index that does not meet itself reaches nothing."""
    classes: list[list[int]] = []
    for index in np.flatnonzero(meet.diagonal()).tolist():
        home = next((one for one in classes if not meet[index, one].any()), None)
        if home is None:
            classes.append([index])
        else:
            home.append(index)
    return classes
