r"""Independence along an axis: output entry i answers to input entry i alone, whatever the other axes do.

Elementwise functions are independent along every axis, most layers along the batch, pooling along the channels too.
Entries that reach no output in common can then be moved together (A. Curtis, M. Powell and J. Reid, "On the
estimation of sparse Jacobian matrices", 1974): entry mode costs as many columns as there are *colours*.

An axis is tested by moving the indices whose k-th bit is set, and then those where it is not; the outputs of the
others must stay the same to the last bit. Every pair of indices differs in some bit. What a small move leaves
untouched by chance, one dense direction finds in the end (`_coloured`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from ._box import Box
from ._problem import Problem, Vector

_MOVE = 2.0**-6

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
    shared = [a for a, n in enumerate(shape) if n > 1 and all(len(s) > a and s[a] == n for _, s in outputs)]
    moves = _Moves(problem, base, block, outputs, rng)
    axes = [axis for axis in shared if moves.leave_alone(axis)]
    return _coloured(problem.blocks[block].start, shape, axes, outputs, base.size) if axes else None


@dataclass(slots=True)
class _Moves:
    problem: Problem
    base: Vector
    block: int
    outputs: Sequence[Output]
    rng: np.random.Generator

    def leave_alone(self, axis: int) -> bool:
        """Whether moving some indices of `axis` leaves the outputs at all others bitwise the same."""
        index = np.arange(self.problem.array(self.block).shape[axis])
        bits = [(index >> k) & 1 == 1 for k in range(int(index[-1]).bit_length())]
        return all(self._leaves_alone(axis, moved) for bit in bits for moved in (bit, ~bit))

    def _leaves_alone(self, axis: int, moved: NDArray[np.bool_]) -> bool:
        whole = Box.whole(self.block, self.problem.array(self.block).shape)
        sizes = self.problem.array(self.block, self.problem.sizes)
        shape = [1] * sizes.ndim
        shape[axis] = moved.size
        shift = _MOVE * sizes * self.rng.uniform(0.7, 1.4, sizes.shape) * moved.reshape(shape)
        output, _ = self.problem.value_moved(self.block, whole.slices, shift)
        return all(self._same(output[where], self.base[where], shape, axis, ~moved) for where, shape in self.outputs)

    def _same(self, now: Vector, before: Vector, shape: tuple[int, ...], axis: int, still: NDArray[np.bool_]) -> bool:
        one, other = (np.compress(still, values.reshape(shape), axis=axis) for values in (now, before))
        return np.array_equal(one, other)


def _coloured(
    start: int, shape: tuple[int, ...], axes: Sequence[int], outputs: Sequence[Output], size: int
) -> Colouring:
    """Return the colouring for independence along `axes`: a group for every index along them."""
    others = [axis for axis in range(len(shape)) if axis not in axes]
    groups = prod(shape[axis] for axis in axes)
    positions = start + np.arange(prod(shape)).reshape(shape)
    coordinates = positions.transpose(*others, *axes).reshape(-1, groups)
    group = np.empty(size, dtype=np.intp)
    for where, out in outputs:
        label = np.zeros(out, dtype=np.intp)
        for axis in axes:
            along = [1] * len(out)
            along[axis] = shape[axis]
            label = label * shape[axis] + np.arange(shape[axis]).reshape(along)
        group[where] = label.ravel()
    return Colouring(coordinates, group)
