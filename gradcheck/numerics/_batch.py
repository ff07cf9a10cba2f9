r"""What moves at once, and which lanes look at it: the blocks of `_at_once`, and what was certified of each.

With l an upstream, c a direction that moves one entry of each group g of outputs (`_structure`; without structure
there is one group, of all outputs), a lane is

.. math:: \phi_{clg}(h) = \sum_{i \in g} u_{li}\, f_i(x + h\,d_c), \qquad a_{clg} = (J^T u_l)_j\, d_{cj}

*Cells* are one number per direction, upstream and group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from ._problem import Problem, Vector
from ._rule import Ruling
from ._structure import Colouring

LANES, NUMBERS = 2**16, 2**21
"""Lanes on one ladder; numbers in one stack of points with their outputs."""

Cells = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Batch:
    """A block, how its entries are moved, and the upstreams of its lanes.

    ``upstreams`` has shape (upstreams, outputs), ``analytic`` (upstreams, inputs), ``noise`` is that of each output;
    ``unit`` is how far each entry of ``colours.coordinates`` moves in a step of one, ``row`` the largest contribution
    of any entry to each lane.
    """

    block: int
    colours: Colouring
    upstreams: NDArray[np.float64]
    analytic: NDArray[np.float64]
    noise: Vector
    unit: NDArray[np.float64]
    row: NDArray[np.float64]

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
        return cls(block, colours, upstreams, analytic, noise, unit, row)

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many directions, upstreams and groups there are."""
        directions, groups = self.colours.coordinates.shape
        return directions, len(self.upstreams), groups

    @property
    def size(self) -> int:
        """How many lanes there are, counted once for each direction."""
        return prod(self.shape)

    @property
    def claimed(self) -> Cells:
        """The analytic entry behind each cell."""
        return self.analytic[:, self.colours.coordinates].transpose(1, 0, 2)

    def only(self, directions: NDArray[np.bool_]) -> Batch:
        """Return the same with some of its directions."""
        colours = replace(self.colours, coordinates=self.colours.coordinates[directions])
        return replace(self, colours=colours, unit=self.unit[directions])

    def parts(self, outputs: NDArray[np.floating], upstreams: NDArray[np.float64] | None = None) -> Cells:
        """Return what each group contributes to each projection of each row of `outputs`."""
        upstreams = self.upstreams if upstreams is None else upstreams
        with np.errstate(all="ignore"):
            if self.shape[2] == 1:
                return np.asarray(outputs @ upstreams.T)[:, :, None]
            order = np.argsort(self.colours.group, kind="stable")
            starts = np.searchsorted(self.colours.group[order], np.arange(self.shape[2]))
            ordered = outputs[:, order]
            sums = [np.add.reduceat(ordered * u[order], starts, axis=1) for u in upstreams]
            return np.stack(sums, axis=1)

    def points(self, problem: Problem, step: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the block at the point, ahead and behind in each direction; and how far the last two are apart."""
        where = problem.blocks[self.block]
        x, at = problem.x[where], self.colours.coordinates - where.start
        count, rows = len(at), np.arange(len(at))[:, None]
        stack = np.tile(x, (2 * count + 1, 1))
        for first, sign in ((1, 1), (count + 1, -1)):
            stack[first + rows, at] = problem.on_grid(x[at] + sign * step * self.unit)
        return stack, stack[1 + rows, at] - stack[count + 1 + rows, at]


@dataclass(frozen=True, slots=True)
class Certified:
    """What was passed of a batch: the ruling of each cell, OPEN where it was not, and its numbers as derivatives."""

    batch: Batch
    ruling: Cells
    numeric: Cells
    bound: Cells
    hidden: Cells
    scale: Cells

    @classmethod
    def nothing(cls, batch: Batch) -> Certified:
        """Return that nothing was passed."""
        return cls(batch, np.zeros(batch.shape), *(np.full(batch.shape, np.nan) for _ in range(4)))

    @property
    def passed(self) -> NDArray[np.bool_]:
        """Which entries passed in every lane, shape (directions, groups)."""
        return np.asarray((self.ruling != Ruling.OPEN).all(axis=1))

    def update(self, directions: NDArray[np.bool_], new: Certified) -> None:
        """Take over some directions, which are those of `new`, where nothing had passed yet."""
        known = self.ruling[directions] != Ruling.OPEN
        for name in ("numeric", "bound", "hidden", "scale", "ruling"):
            mine = getattr(self, name)
            mine[directions] = np.where(known, mine[directions], getattr(new, name))

    def open_pieces(self) -> Iterator[NDArray[np.bool_]]:
        """Yield the directions that are open, as many at a time as fit on a ladder and into a stack."""
        rows = np.flatnonzero(~self.passed.all(axis=1))
        count, upstreams, groups = self.batch.shape
        width = count * groups + self.batch.upstreams.shape[1]
        length = max(1, min(LANES // (upstreams * groups), NUMBERS // (2 * width)))
        for k in range(0, rows.size, length):
            chosen = np.zeros(count, dtype=bool)
            chosen[rows[k : k + length]] = True
            yield chosen
