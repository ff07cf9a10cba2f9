r"""Independence along an axis: output entry i answers to input entry i alone, whatever the other axes do.

Elementwise functions are independent along every axis, most layers along the batch, pooling along the channels too;
the columns of a weight, a bias or a gain answer for an axis of the outputs that is another than their own.
Entries that reach no output in common can then be moved together (A. Curtis, M. Powell and J. Reid, "On the
estimation of sparse Jacobian matrices", 1974): entry mode costs as many columns as there are *colours*.

An axis is tested by moving the indices whose k-th bit is set, and then those where it is not; the outputs of the
others must stay the same to the last bit. Every pair of indices differs in some bit. An axis that is not independent
may still have windows (`_windows`); then there is a colouring for each of their classes. What a small move leaves
untouched by chance, one dense direction finds in the end (`_coloured`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import islice, product
from math import prod

import numpy as np
from numpy.typing import NDArray

from .._box import Box
from .._problem import Problem, Vector
from ._windows import LEAST, MOST, Reach, Windows, windows

_MOVE, _ROUNDING = 2.0**-6, 2.0**-44
_TOGETHER = 2**20
"""Numbers in the points of one call, and in its outputs."""

Output = tuple[slice, tuple[int, ...]]
"""Where one output lies in the flat outputs, and its shape."""

Move = tuple[int, NDArray[np.bool_]]
"""An axis, and which of its indices move."""

Pair = tuple[Vector, Vector]
"""The outputs after a move and at the point."""


@dataclass(frozen=True, slots=True)
class Colouring:
    """How the entries of one block can be moved together.

    ``coordinates`` has shape (colours, groups): flat positions in x; the entries of one row are moved together.
    ``group`` is the group that each output entry belongs to: the only one that reaches it.
    """

    coordinates: NDArray[np.intp]
    group: NDArray[np.intp]


def colourings(
    problem: Problem,
    base: Vector,
    block: int,
    outputs: Sequence[Output],
    rng: np.random.Generator,
    *,
    local: bool = True,
    moves: Moves | None = None,
) -> list[Colouring]:
    """Return how to move the entries of `block` together: in one way, or in several where there are windows.

    Nothing where each has to be moved alone; without `local`, windows are not looked for. Entries that reach no
    output along a window are in none of them. `moves` are those of the block, as far as they have been made.
    """
    shape = problem.array(block).shape
    moves = moves or Moves(problem, base, block, outputs, rng)
    grouped = _independent(shape, moves)
    for axis in (axis for axis in range(len(shape)) if local and axis not in grouped):
        taken = [one.end for one in grouped.values()]
        free = [end for end in range(_deep(outputs)) if end not in taken]
        found = windows(partial(moves.reached, axis), shape[axis], free)
        if found is not None:
            grouped[axis] = found
    start = problem.blocks[block].start
    choices = product(*(range(len(one.classes)) for one in grouped.values())) if grouped else ()
    return [_coloured(start, shape, grouped, choice, outputs, base.size) for choice in choices]


def _independent(shape: tuple[int, ...], moves: Moves) -> dict[int, Windows]:
    """Return the independent axes: windows of one index, which are all of one class."""
    found: dict[int, Windows] = {}
    for axis, count in enumerate(shape):
        taken = [one.end for one in found.values()]
        ends = [end for end in _ends(axis, count, moves.outputs) if end not in taken]
        end = next((end for end in ends if count > 1 and moves.leave_alone(axis, end)), None)
        if end is not None:
            every = np.arange(count)
            found[axis] = Windows(end, (every,), ((every,) * len(moves.outputs),))
    return found


def _deep(outputs: Sequence[Output]) -> int:
    return min((len(shape) for _, shape in outputs), default=0)


def _ends(axis: int, count: int, outputs: Sequence[Output]) -> list[int]:
    """Return the axes of the outputs that may belong to an axis of `count` entries, its namesake first."""
    known = [end for end in range(_deep(outputs)) if all(shape[end] == count for _, shape in outputs)]
    return sorted(known, key=lambda end: end != axis)


def moves_of(
    problem: Problem,
    base: Vector,
    blocks: Sequence[int],
    outputs: Sequence[Output],
    rng: np.random.Generator,
    *,
    local: bool,
) -> dict[int, Moves]:
    """Return the moves of each of `blocks`; those that are asked for first are made by one call, if they are few."""
    every = {block: Moves(problem, base, block, outputs, rng) for block in blocks}
    first = [(one, move) for one in every.values() for move in one.first(local=local)]
    numbers = base.size + sum(problem.array(block).size for block in blocks)
    if problem.many is None or not first or (len(first) + 1) * numbers > _TOGETHER:
        return every
    stacks = {block: np.tile(problem.x[problem.blocks[block]], (len(first) + 1, 1)) for block in blocks}
    for row, (one, move) in enumerate(first, 1):
        stacks[one.block][row] = one.moved(move).ravel()
    found = problem.many({block: problem.on_grid(stack) for block, stack in stacks.items()})
    for row, (one, (axis, which)) in enumerate(first if found is not None else (), 1):
        one.made[axis, which.tobytes()] = found[row], found[0]  # type: ignore[index]
    return every


@dataclass
class Moves:
    """What moving some indices of an axis of a block shows; `made` holds moves that have been made already."""

    problem: Problem
    base: Vector
    block: int
    outputs: Sequence[Output]
    rng: np.random.Generator
    made: dict[tuple[int, bytes], Pair] = field(default_factory=dict)

    def first(self, *, local: bool) -> list[Move]:
        """Return the moves that are asked for first: the halves of every axis, and the middle of one with windows."""
        shape = self._shape
        middles = [axis for axis, count in enumerate(shape) if local and LEAST <= count <= MOST]
        halves = [(axis, half) for axis, count in enumerate(shape) for half in _halves(count)]
        return halves + [(axis, np.arange(shape[axis]) == shape[axis] // 2) for axis in middles]

    def moved(self, move: Move) -> NDArray[np.float64]:
        """Return the block after a move."""
        return self.problem.array(self.block) + self._shift(*move)

    def leave_alone(self, axis: int, end: int) -> bool:
        """Whether moving some indices of `axis` leaves the outputs at all others of `end` bitwise the same."""
        moves, many = list(_halves(self._shape[axis])), self._halved[axis]
        if many and all(self._same(*pair, end, ~moved) for pair, moved in zip(many, moves, strict=True)):
            return True
        if many and not self._differ_by_rounding(*many[0], end, ~moves[0]):
            return False
        return all(self._same(self._alone(axis, moved), self.base, end, ~moved) for moved in moves)

    def reached(self, axis: int, indices: Sequence[int]) -> Iterator[Reach]:
        """Yield what moving each of `indices` of `axis`, one after the other, changes by more than rounding."""
        moves = [(axis, np.arange(self._shape[axis]) == index) for index in indices]
        pairs = self._at_once(moves) or ((self._alone(*move), self.base) for move in moves)
        yield from (self._changed(*pair) for pair in pairs)

    @property
    def _shape(self) -> tuple[int, ...]:
        return self.problem.array(self.block).shape

    @cached_property
    def _halved(self) -> list[list[Pair]]:
        """For each axis what moving every half of it shows, where there are calls for many points."""
        moves = [[(axis, half) for half in _halves(count)] for axis, count in enumerate(self._shape)]
        found = iter(self._at_once([move for mine in moves for move in mine]))
        return [list(islice(found, len(mine))) for mine in moves]

    def _at_once(self, moves: Sequence[Move]) -> list[Pair]:
        """Return the outputs after each of `moves` and at the point, by calls for many; nothing if none can be."""
        known = [self.made.get((axis, which.tobytes())) for axis, which in moves]
        if all(known):
            return [pair for pair in known if pair is not None]
        array, found = self.problem.array(self.block), []
        room = max(1, _TOGETHER // (array.size + self.base.size))
        for first in range(0, len(moves) if self.problem.many is not None else 0, room):
            stack = self.problem.on_grid(np.array([array, *map(self.moved, moves[first : first + room])]))
            outputs = self.problem.many({self.block: stack.reshape(len(stack), -1)})  # type: ignore[misc]
            if outputs is None:
                return []
            found += [(out, outputs[0]) for out in outputs[1:]]
        return found

    def _changed(self, now: Vector, before: Vector) -> Reach:
        allowed = _ROUNDING * float(np.max(np.abs(before), initial=0.0))
        with np.errstate(all="ignore"):
            changed = ~(np.abs(now - before) <= allowed)
        return [changed[where].reshape(shape) for where, shape in self.outputs]

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
    start: int,
    shape: tuple[int, ...],
    grouped: Mapping[int, Windows],
    choice: Sequence[int],
    outputs: Sequence[Output],
    size: int,
) -> Colouring:
    """Return the colouring that moves one class of each grouped axis: a group for each of its indices."""
    classes = {axis: one.classes[k] for (axis, one), k in zip(grouped.items(), choice, strict=True)}
    others = [axis for axis in range(len(shape)) if axis not in grouped]
    moved = np.ix_(*(classes.get(axis, np.arange(count)) for axis, count in enumerate(shape)))
    positions = start + np.arange(prod(shape)).reshape(shape)[moved]
    coordinates = positions.transpose(*others, *grouped).reshape(-1, prod(one.size for one in classes.values()))
    group = np.empty(size, dtype=np.intp)
    for n, (where, out) in enumerate(outputs):
        label = np.zeros(out, dtype=np.intp)
        for (axis, one), k in zip(grouped.items(), choice, strict=True):
            along = [1] * len(out)
            along[one.end] = out[one.end]
            label = label * classes[axis].size + one.owners[k][n].reshape(along)
        group[where] = label.ravel()
    return Colouring(coordinates, group)
