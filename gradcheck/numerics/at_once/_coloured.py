"""Entry mode by colours: entries that reach no output in common are moved together, and judged each on its own.

It certifies only: what it leaves open, or finds wrong, is looked at alone by whoever asked. Whether the entries
really have no output in common is confirmed by one direction that moves them all: the numeric values must add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._problem import Problem, Vector, norms
from .._upstreams import weights
from ..ladder._noise import backward_noise
from ..rule._along import judge_along
from ..rule._judged import Judged
from ._structure import Colouring

_CONFIRMING, _CURVED = (2.0**-12, 2.0**-24), 1e-5


@dataclass
class ColouredLanes:
    """The lanes of a coloured block: for every upstream the part of u . f that each group reaches.

    ``upstreams`` has shape (upstreams, outputs), ``analytic`` (upstreams, inputs); ``per_output`` is the noise of
    each output. By independence the gradient of a group's part is that of the whole, at the entries of the group.
    """

    problem: Problem
    base: Vector
    colours: Colouring
    upstreams: NDArray[np.float64]
    analytic: NDArray[np.float64]
    per_output: Vector
    rng: np.random.Generator

    def __post_init__(self) -> None:
        groups = self.colours.coordinates.shape[1]
        self._order = np.argsort(self.colours.group, kind="stable")
        self._starts = np.searchsorted(self.colours.group[self._order], np.arange(groups))
        self._noise = np.sqrt(self.parts(self.per_output, squared=True))
        self._single = self._sums((self.upstreams != 0) * 1.0) == 1
        self._allowances: NDArray[np.float64] | None = None

    def parts(self, output: NDArray[np.floating], *, squared: bool = False) -> NDArray[np.floating]:
        """Return every group's part of every projection, flat: (upstreams * groups,)."""
        with np.errstate(all="ignore"):
            products = self.upstreams * output
            return self._sums(products**2 if squared else products).ravel()

    def _sums(self, products: NDArray[np.floating]) -> NDArray[np.floating]:
        return np.asarray(np.add.reduceat(products[:, self._order], self._starts, axis=1))

    def judge(self) -> Iterator[tuple[NDArray[np.intp], Judged]]:
        """Yield the entries of every colour, and their lanes' rulings: those of each upstream, one after another."""
        sizes = self.problem.sizes
        contributions = np.abs(self.analytic[:, self.colours.coordinates]) * sizes[self.colours.coordinates]
        row = contributions.max(axis=1)
        for coordinates in self.colours.coordinates:
            yield coordinates, self._judge_one(coordinates, row.ravel(), float(row.max(initial=0.0)))

    def _judge_one(self, coordinates: NDArray[np.intp], row: Vector, largest: float) -> Judged:
        problem, many = self.problem, len(self.upstreams)
        direction = np.zeros(problem.x.size)
        unit = problem.sizes[coordinates] * self.rng.uniform(0.7, 1.4, coordinates.size)
        direction[coordinates] = unit
        claimed = self.analytic[:, coordinates]
        at = np.abs(problem.x[coordinates])
        return judge_along(
            problem,
            self.base,
            direction,
            lanes=self.parts,
            predict=lambda displacement: (claimed * displacement[coordinates]).ravel(),
            noise=self._noise,
            unseen=problem.precision.eps / 2 * (np.abs(claimed) * at).ravel(),
            row=row,
            beside=np.full(row.size, largest),
            allowance=lambda: (self._allowance()[:, coordinates] * unit).ravel(),
            single=self._single.ravel(),
            repeats=0,  # what fails is looked at alone
            unit=np.tile(unit, many),
            at=np.tile(problem.x[coordinates], many),
        )

    def _allowance(self) -> NDArray[np.float64]:
        if self._allowances is None:
            pairs = zip(self.upstreams, self.analytic, strict=True)
            self._allowances = np.array([backward_noise(self.problem, u, a, self.rng) for u, a in pairs])
        return self._allowances


def adds_up(
    problem: Problem,
    base: Vector,
    upstreams: NDArray[np.float64],
    inside: NDArray[np.intp],
    numeric: NDArray[np.float64],
    bound: NDArray[np.float64],
    rng: np.random.Generator,
) -> bool:
    """Whether `numeric` gradients, shape (upstreams, inputs), add up along a direction that moves those `inside`.

    A short step is enough: a table is as bent as its entries are far apart, and straight between them. Entries whose
    numeric value is not known stay where they are.
    """
    inside = inside[np.asarray(np.isfinite(numeric + bound).all(axis=0))[inside]]
    direction = np.zeros(problem.x.size)
    direction[inside] = problem.sizes[inside] * weights(inside.size, rng)
    rounding = 64 * problem.precision.eps * norms(upstreams * base)

    def adds_up_over(step: float) -> bool:
        right, left = problem.point(step * direction), problem.point(-step * direction)
        moved = (right - left)[inside]
        with np.errstate(all="ignore"):
            seen = upstreams @ (problem.value(right) - problem.value(left))
            changes = numeric[:, inside] * moved
            allowed = bound[:, inside] @ np.abs(moved) + _CURVED * norms(changes) + rounding
            return bool(np.all(np.abs(seen - changes.sum(axis=1)) <= allowed))

    return any(map(adds_up_over, _CONFIRMING))
