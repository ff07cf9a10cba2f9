r"""Independence along an axis: output entry i answers to input entry i alone, whatever the other axes do.

Elementwise functions are independent along every axis, most layers along the batch, pooling along the channels too;
the columns of a weight, a bias or a gain answer for an axis of the outputs that is another than their own.
Entries that reach no output in common can then be moved together (A. Curtis, M. Powell and J. Reid, "On the
estimation of sparse Jacobian matrices", 1974): entry mode costs as many columns as there are *colours*.

An axis is tested by moving the indices whose k-th bit is set, and then those where it is not; the outputs of the
others must stay the same to the last bit. Every pair of indices differs in some bit. What a small move leaves
untouched by chance, one dense direction finds in the end (`_coloured`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np
from numpy.typing import NDArray

from ._box import Box
from ._problem import Problem, Vector

_MOVE, _ROUNDING = 2.0**-6, 2.0**-44

Output = tuple[slice, tuple[int, ...]]
"""Where one output lies in the flat outputs, and its shape."""


@dataclass(frozen=True, slots=True)
class Colouring:
    """How the entries of one block can be moved together.

    ``coordinates`` has shape (colours, groups): flat positions in x; the entries of one row are moved together.
    ``group`` is the group that each output entry belongs to: the only one that reaches it.
    """

    coordinates: NDArray[np.intp]
    group: NDArray[np.intp]


def colouring(
    problem: Problem, base: Vector, block: int, outputs: Sequence[Output], rng: np.random.Generator
) -> Colouring | None:
    """Return how to move the entries of `block` together, or None where each has to be moved alone."""
    shape = problem.array(block).shape
    moves = _Moves(problem, base, block, outputs, rng)
    axes: dict[int, int] = {}
    for axis, count in enumerate(shape):
        ends = [end for end in _ends(axis, count, outputs) if end not in axes.values()]
        end = next((end for end in ends if count > 1 and moves.leave_alone(axis, end)), None)
        if end is not None:
            axes[axis] = end
    return _coloured(problem.blocks[block].start, shape, axes, outputs, base.size) if axes else None


def _ends(axis: int, count: int, outputs: Sequence[Output]) -> list[int]:
    """Return the axes of the outputs that may belong to an axis of `count` entries, its namesake first."""
    deep = min((len(shape) for _, shape in outputs), default=0)
    known = [end for end in range(deep) if all(shape[end] == count for _, shape in outputs)]
    return sorted(known, key=lambda end: end != axis)


@dataclass(slots=True)
class _Moves:
    problem: Problem
    base: Vector
    block: int
    outputs: Sequence[Output]
    rng: np.random.Generator
    _seen: dict[int, list[Vector]] = field(default_factory=dict, init=False)
    """Axis -> the outputs at the point, and for every move of it, where many calls at once are to be had."""

    def leave_alone(self, axis: int, end: int) -> bool:
        """Whether moving some indices of `axis` leaves the outputs at all others of `end` bitwise the same."""
        moves = list(_halves(self.problem.array(self.block).shape[axis]))
        if axis not in self._seen:
            self._seen[axis] = self._at_once(axis, moves)
        base, *many = self._seen[axis] or [self.base]
        if many and all(self._same(out, base, end, ~moved) for out, moved in zip(many, moves, strict=True)):
            return True
        if many and not self._differ_by_rounding(many[0], base, end, ~moves[0]):
            return False
        return all(self._same(self._alone(axis, moved), self.base, end, ~moved) for moved in moves)

    def _at_once(self, axis: int, moves: Sequence[NDArray[np.bool_]]) -> list[Vector]:
        """Return the outputs at the point and after each of `moves`, by one call; nothing where there is none."""
        if self.problem.many is None:
            return []
        array = self.problem.array(self.block)
        stack = np.array([array, *(array + self._shift(axis, moved) for moved in moves)])
        found = self.problem.many({self.block: self.problem.on_grid(stack).reshape(len(stack), -1)})
        return [] if found is None else list(found)

    def _alone(self, axis: int, moved: NDArray[np.bool_]) -> Vector:
        whole = Box.whole(self.block, self.problem.array(self.block).shape)
        return self.problem.value_moved(self.block, whole.slices, self._shift(axis, moved))[0]

    def _shift(self, axis: int, moved: NDArray[np.bool_]) -> NDArray[np.float64]:
        sizes = self.problem.array(self.block, self.problem.sizes)
        shape = [1] * sizes.ndim
        shape[axis] = moved.size
        return _MOVE * sizes * self.rng.uniform(0.7, 1.4, sizes.shape) * moved.reshape(shape)

    def _same(self, now: Vector, before: Vector, end: int, still: NDArray[np.bool_]) -> bool:
        return all(np.array_equal(one, other) for one, other in self._still(now, before, end, still))

    def _differ_by_rounding(self, now: Vector, before: Vector, end: int, still: NDArray[np.bool_]) -> bool:
        """Whether a product of many rows at once may only have been summed up in another order."""
        allowed = _ROUNDING * float(np.max(np.abs(before), initial=0.0))
        pairs = self._still(now, before, end, still)
        return all(bool(np.all(np.abs(one - other) <= allowed)) for one, other in pairs)

    def _still(
        self, now: Vector, before: Vector, end: int, still: NDArray[np.bool_]
    ) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        for where, shape in self.outputs:
            one, other = (np.compress(still, values[where].reshape(shape), axis=end) for values in (now, before))
            yield one, other


def _halves(count: int) -> Iterator[NDArray[np.bool_]]:
    """Yield the indices whose k-th bit is set, and those where it is not, for every k."""
    index = np.arange(count)
    for k in range((count - 1).bit_length()):
        yield (index >> k) & 1 == 1
        yield (index >> k) & 1 == 0


def _coloured(
    start: int, shape: tuple[int, ...], axes: Mapping[int, int], outputs: Sequence[Output], size: int
) -> Colouring:
    """Return the colouring for independence along `axes`: a group for every index along them."""
    others = [axis for axis in range(len(shape)) if axis not in axes]
    groups = prod(shape[axis] for axis in axes)
    positions = start + np.arange(prod(shape)).reshape(shape)
    coordinates = positions.transpose(*others, *axes).reshape(-1, groups)
    group = np.empty(size, dtype=np.intp)
    for where, out in outputs:
        label = np.zeros(out, dtype=np.intp)
        for axis, end in axes.items():
            along = [1] * len(out)
            along[end] = shape[axis]
            label = label * shape[axis] + np.arange(shape[axis]).reshape(along)
        group[where] = label.ravel()
    return Colouring(coordinates, group)
