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

from ._problem import Problem, Vector
from ._rule import Ruling
from ._structure import Colouring

LANES, NUMBERS = 2**14, 2**18
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
        shape = (len(outputs), len(self.upstreams), self._groups)
        with np.errstate(all="ignore"):
            if prod(shape[1:]) <= _DENSE:
                return np.asarray(outputs @ self._masked).reshape(shape)
            order, starts = self._order
            picks = self._picks
            few, rest = self.upstreams[: len(picks)], self.upstreams[len(picks) :]
            found = [outputs[:, picks] * np.take_along_axis(few, picks, axis=1)] if len(picks) else []
            found += [np.add.reduceat((outputs * u)[:, order], starts, axis=1)[:, None] for u in rest]
            return np.concatenate(found, axis=1)

    @cached_property
    def _groups(self) -> int:
        return int(self.group.max(initial=0)) + 1

    @cached_property
    def _masked(self) -> NDArray[np.float64]:
        """The upstream of each lane, zero outside its group: shape (outputs, upstreams * groups)."""
        inside = self.group == np.arange(self._groups)[:, None]
        return np.asarray((self.upstreams[:, None] * inside).reshape(-1, inside.shape[1]).T)

    @cached_property
    def _order(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The outputs in the order of their groups, and where each group starts."""
        order = np.argsort(self.group, kind="stable")
        return order, np.searchsorted(self.group[order], np.arange(self._groups))

    @cached_property
    def _picks(self) -> NDArray[np.intp]:
        """Which output of each group counts, for the first upstreams, as long as that is one."""
        picks = []
        for u in self.upstreams:
            chosen = np.flatnonzero(u)
            if not np.array_equal(np.sort(self.group[chosen]), np.arange(self._groups)):
                break
            picks.append(chosen[np.argsort(self.group[chosen])])
        return np.array(picks, dtype=np.intp).reshape(len(picks), self._groups)


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
        rounding = np.sqrt(Sums(colours.group, upstreams**2)(noise[None] ** 2))
        sums = Sums(colours.group, upstreams)
        return cls(block, colours, upstreams, analytic, noise, unit, row, claimed, rounding, sums)

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
        numeric, bound, hidden, scale = (np.full(batch.shape, np.nan) for _ in range(4))
        first = (np.zeros(batch.shape), np.zeros(batch.shape), np.zeros(batch.shape, dtype=bool))
        return cls(batch, np.zeros(batch.shape), numeric, bound, hidden, scale, first)

    @property
    def passed(self) -> NDArray[np.bool_]:
        """Which entries passed in every lane, shape (directions, groups)."""
        return np.asarray((self.ruling != Ruling.OPEN).all(axis=1))

    def open_pieces(self) -> Iterator[Open]:
        """Yield the directions that are open, as many at a time as fit on a ladder and into a stack."""
        rows = np.flatnonzero(~self.passed.all(axis=1))
        count, upstreams, groups = self.batch.shape
        width = count * groups + self.batch.upstreams.shape[1]
        length = max(1, min(LANES // (upstreams * groups), NUMBERS // (2 * width)))
        for k in range(0, rows.size, length):
            mine = rows[k : k + length]
            yield Open(self, mine, self.batch.only(mine), self.ruling[mine] == Ruling.OPEN)


@dataclass(frozen=True, slots=True)
class Open:
    """Some directions of a block, as a batch, and which of their cells are open."""

    whole: Certified
    directions: NDArray[np.intp]
    batch: Batch
    inside: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """How many cells are open."""
        return int(np.count_nonzero(self.inside))

    @property
    def first(self) -> list[NDArray[Any]]:
        """What the first difference of each open cell has shown, flat."""
        return [self.of(kept[self.directions]) for kept in self.whole.first]

    def of(self, cells: NDArray[Any]) -> NDArray[Any]:
        """Return the open ones of `cells`, flat."""
        whole = np.broadcast_to(cells, self.batch.shape)
        return np.ascontiguousarray(whole).ravel() if self.count == whole.size else np.asarray(whole[self.inside])

    def sides(self, at: Vector, outputs: NDArray[np.float64], apart: NDArray[np.float64]) -> list[Vector]:
        """Return the open lanes behind, at the point and ahead, and the change that is predicted over `apart`."""
        ahead, behind = np.split(self.batch.sums(outputs), 2)
        cells = (behind, self.batch.sums(at[None]), ahead, self.batch.claimed * apart[:, None, :])
        return [self.of(part) for part in cells]

    def keep(self, first: Sequence[NDArray[Any]]) -> None:
        """Write down what the first difference of each open cell shows."""
        for kept, values in zip(self.whole.first, first, strict=True):
            if self.count == self.inside.size:
                kept[self.directions] = values.reshape(self.batch.shape)
            else:
                along, *others = np.nonzero(self.inside)
                kept[(self.directions[along], *others)] = values

    def take(self, numbers: Sequence[Vector], passed: NDArray[np.bool_]) -> None:
        """Write down the ruling, and the other numbers, of those that have passed."""
        if self.count == self.inside.size and passed.all():
            for name, values in zip(_NUMBERS, numbers, strict=True):
                getattr(self.whole, name)[self.directions] = values.reshape(self.batch.shape)
            return
        cells = [axis[passed] for axis in np.nonzero(self.inside)]
        where = (self.directions[cells[0]], *cells[1:])
        for name, values in zip(_NUMBERS, numbers, strict=True):
            getattr(self.whole, name)[where] = values[passed]
