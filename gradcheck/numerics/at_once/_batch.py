r"""What moves at once, and which lanes look at it: the blocks of `_at_once`, and what was certified of each.

With l an upstream, c a direction that moves one entry of each group g of outputs (`_structure`; without structure
there is one group, of all outputs), a lane is

.. math:: \phi_{clg}(h) = \sum_{i \in g} u_{li}\, f_i(x + h\,d_c), \qquad a_{clg} = (J^T u_l)_j\, d_{cj}

*Cells* are one number per direction, upstream and group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._problem import Problem, Vector
from ..rule._judged import Ruling
from ._structure import Colouring

LANES, NUMBERS = 2**13, 2**18
"""Lanes on one ladder; numbers in the points of one call with their outputs: few enough for a cache."""

_DENSE = 64
"""Lanes of one direction up to which a product with a matrix is cheaper than sums over groups."""

_NUMBERS = ("ruling", "numeric", "bound", "hidden", "scale")
"""What is written down of a cell, in this order."""

Cells = NDArray[np.float64]


@dataclass(frozen=True)
class Sums:
    """What each group of outputs contributes to each projection: sums of u f over the group, of many rows of f."""

    group: NDArray[np.intp]
    upstreams: NDArray[np.float64]

    def __call__(self, outputs: NDArray[np.floating]) -> Cells:
        """Return the contributions for each row of `outputs`: shape (rows, upstreams, groups)."""
        with np.errstate(all="ignore"):
            return self._summed(outputs, *self._weights)

    def scatter(self, noise: Vector) -> Cells:
        """Return the noise of each sum, of outputs with a `noise` each: one row."""
        with np.errstate(all="ignore"):
            return np.sqrt(self._summed(noise[None] ** 2, *(weight**2 for weight in self._weights)))

    def _summed(self, outputs: NDArray[np.floating], picked: Cells, rest: Cells) -> Cells:
        if self._is_dense:
            return np.asarray(outputs @ rest).reshape(len(outputs), len(self.upstreams), self._groups)
        found = [outputs[:, self._picks] * picked] if len(picked) else []
        for u in rest:
            order, starts = self._order
            found.append(np.add.reduceat((outputs * u)[:, order], starts, axis=1)[:, None])
        return found[0] if len(found) == 1 else np.concatenate(found, axis=1)

    @cached_property
    def _weights(self) -> tuple[Cells, Cells]:
        """The weights of the picks, and the upstreams of the other sums; of few lanes one matrix, and no picks."""
        if self._is_dense:
            inside = self.group == np.arange(self._groups)[:, None]
            lanes = (self.upstreams[:, None] * inside).reshape(-1, inside.shape[1])
            return np.zeros((0, self._groups)), np.ascontiguousarray(lanes.T)
        count = len(self._picks)
        return np.take_along_axis(self.upstreams[:count], self._picks, axis=1), self.upstreams[count:]

    @property
    def _is_dense(self) -> bool:
        return len(self.upstreams) * self._groups <= _DENSE

    @cached_property
    def _groups(self) -> int:
        return int(self.group.max(initial=0)) + 1

    @cached_property
    def _order(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The outputs in the order of their groups, and where each group starts."""
        order = np.argsort(self.group, kind="stable")
        return order, np.searchsorted(self.group[order], np.arange(self._groups))

    @cached_property
    def _picks(self) -> NDArray[np.intp]:
        """Which output of each group counts, for the first upstreams, as long as that is one."""
        counts = np.count_nonzero(self.upstreams, axis=1)
        few = self.upstreams[: int((counts == self._groups).cumprod().sum())]
        chosen = np.nonzero(few)[1].reshape(len(few), self._groups)
        order = np.argsort(self.group[chosen], axis=1)
        picks = np.take_along_axis(chosen, order, axis=1)
        single = (self.group[picks] == np.arange(self._groups)).all(axis=1)
        return picks[: int(single.cumprod().sum())]


@dataclass(frozen=True, slots=True)
class Batch:
    """A block, how its entries are moved, and the upstreams of its lanes.

    ``upstreams`` has shape (upstreams, outputs), ``analytic`` (upstreams, inputs), ``noise`` is that of each output;
    ``unit`` is how far each entry of ``colours.coordinates`` moves in a step of one, ``row`` the largest contribution
    of any entry to each lane, ``claimed`` the analytic entry behind each cell, ``rounding`` the noise of each
    projection of each group.
    """

    block: int
    colours: Colouring
    upstreams: NDArray[np.float64]
    analytic: NDArray[np.float64]
    noise: Vector
    unit: NDArray[np.float64]
    row: NDArray[np.float64]
    claimed: Cells
    rounding: Cells
    sums: Sums

    @classmethod
    def of(
        cls,
        problem: Problem,
        block: int,
        colours: Colouring,
        upstreams: NDArray[np.float64],
        analytic: NDArray[np.float64],
        noise: Vector,
        rng: np.random.Generator,
    ) -> Batch:
        """Return all directions of `block`."""
        at = colours.coordinates
        if at.shape[1] == 1:
            at = np.arange(problem.x.size)[:, None]  # a lane of all outputs answers to every block
        row = np.max(np.abs(analytic[:, at]) * problem.sizes[at], axis=1)
        sizes = problem.sizes[colours.coordinates]
        unit = sizes * rng.uniform(0.7, 1.4, sizes.shape)
        claimed = np.ascontiguousarray(analytic[:, colours.coordinates].transpose(1, 0, 2))
        sums = Sums(colours.group, upstreams)
        return cls(block, colours, upstreams, analytic, noise, unit, row, claimed, sums.scatter(noise), sums)

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many directions, upstreams and groups there are."""
        directions, groups = self.colours.coordinates.shape
        return directions, len(self.upstreams), groups

    @property
    def size(self) -> int:
        """How many lanes there are, counted once for each direction."""
        return prod(self.shape)

    def only(self, directions: NDArray[np.intp]) -> Batch:
        """Return the same with some of its directions."""
        colours = replace(self.colours, coordinates=self.colours.coordinates[directions])
        return replace(self, colours=colours, unit=self.unit[directions], claimed=self.claimed[directions])

    def points(self, problem: Problem, step: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the block ahead in each direction, then behind; and how far the two are apart."""
        where = problem.blocks[self.block]
        x, at = problem.x[where], self.colours.coordinates - where.start
        count, rows = len(at), np.arange(len(at))[:, None]
        stack = np.tile(x, (2 * count, 1))
        for first, sign in ((0, 1), (count, -1)):
            stack[first + rows, at] = problem.on_grid(x[at] + sign * step * self.unit)
        return stack, stack[rows, at] - stack[count + rows, at]


@dataclass(frozen=True, slots=True)
class Certified:
    """What was passed of a batch: the ruling of each cell, OPEN where it was not, and its numbers as derivatives.

    ``first`` keeps what the first difference of each cell has shown: residual, error, and whether it is still.
    """

    batch: Batch
    ruling: Cells
    numeric: Cells
    bound: Cells
    hidden: Cells
    scale: Cells
    first: tuple[Cells, Cells, NDArray[np.bool_]]

    @classmethod
    def nothing(cls, batch: Batch) -> Certified:
        """Return that nothing was passed."""
        ruling, bound, hidden, scale = (np.zeros(batch.shape) for _ in range(4))
        first = (np.zeros(batch.shape), np.zeros(batch.shape), np.zeros(batch.shape, dtype=bool))
        return cls(batch, ruling, np.full(batch.shape, np.nan), bound, hidden, scale, first)

    @property
    def passed(self) -> NDArray[np.bool_]:
        """Which entries passed in every lane, shape (directions, groups)."""
        return np.asarray((self.ruling != Ruling.OPEN).all(axis=1))

    @property
    def drowned(self) -> NDArray[np.bool_]:
        """Which cells rounding hides at the first difference: a smaller step would show even less of them."""
        residual, error, still = self.first
        return np.asarray(still | (np.abs(residual) <= error))

    def open_pieces(self, which: NDArray[np.bool_] | None = None) -> Iterator[Open]:
        """Yield the directions of cells that are open, of those in `which` if it is given.

        As many at a time as fit on a ladder and into a stack.
        """
        cells = self.ruling == Ruling.OPEN
        cells = cells if which is None else cells & which
        rows = np.flatnonzero(cells.any(axis=(1, 2)))
        count, upstreams, groups = self.batch.shape
        width = count * groups + self.batch.upstreams.shape[1]
        length = max(1, min(LANES // (upstreams * groups), NUMBERS // (2 * width)))
        for k in range(0, rows.size, length):
            mine = rows[k : k + length]
            inside = cells[mine]
            yield Open(self, mine, self.batch.only(mine), inside, int(np.count_nonzero(inside)))


@dataclass(frozen=True, slots=True)
class Open:
    """Some directions of a block, as a batch, and which of their cells are open, and how many.

    ``shaped`` says that all are, and that they are judged in the shape of cells: then nothing has to be copied.
    """

    whole: Certified
    directions: NDArray[np.intp]
    batch: Batch
    inside: NDArray[np.bool_]
    count: int
    shaped: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all cells are open."""
        return self.count == self.inside.size

    @property
    def first(self) -> list[NDArray[Any]]:
        """What the first difference of each open cell has shown."""
        return [self.of(kept[self.directions]) for kept in self.whole.first]

    def of(self, cells: NDArray[Any]) -> NDArray[Any]:
        """Return the open ones of `cells`: flat, or as they are."""
        if self.shaped:
            return cells
        whole = np.broadcast_to(cells, self.batch.shape)
        return np.ascontiguousarray(whole).ravel() if self.is_whole else np.asarray(whole[self.inside])

    def sides(self, at: Vector, outputs: NDArray[np.float64], apart: NDArray[np.float64]) -> list[Cells]:
        """Return the open lanes behind, at the point and ahead, and the change that is predicted over `apart`."""
        ahead, behind = np.split(self.batch.sums(outputs), 2)
        cells = (behind, self.batch.sums(at[None]), ahead, self.batch.claimed * apart[:, None, :])
        return [self.of(part) for part in cells]

    def keep(self, first: Sequence[NDArray[Any]], passed: NDArray[np.bool_]) -> None:
        """Write down what the first difference of each open cell shows, if that has not passed."""
        if not passed.all():
            where = self._places(~passed)
            for kept, values in zip(self.whole.first, first, strict=True):
                kept[where] = values[~passed]

    def take(self, numbers: Sequence[NDArray[Any]], passed: NDArray[np.bool_]) -> None:
        """Write down the ruling, and the other numbers, of those that have passed."""
        ruling, numeric, *others = numbers
        if self.is_whole:
            known = (np.where(passed, ruling, Ruling.OPEN), np.where(passed, numeric, np.nan), *others)
            for name, values in zip(_NUMBERS, known, strict=True):
                getattr(self.whole, name)[self.directions] = values.reshape(self.batch.shape)
        elif passed.any():
            where = self._places(passed)
            for name, values in zip(_NUMBERS, numbers, strict=True):
                getattr(self.whole, name)[where] = values[passed]

    def _places(self, which: NDArray[np.bool_]) -> tuple[NDArray[np.intp], ...]:
        """Return where in the whole the open cells lie that `which` marks, flat or in their shape."""
        along, *others = np.nonzero(self.inside if which.ndim == 1 else which)
        mine = which if which.ndim == 1 else slice(None)
        return self.directions[along[mine]], *(axis[mine] for axis in others)
