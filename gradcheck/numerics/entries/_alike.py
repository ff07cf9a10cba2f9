r"""Entry mode once some entries have failed: what they were asked, the others are asked many at a time.

Every entry is judged as in `_entries`, by itself and by steps of its own choice. But entries that are wrong alike ask
for the same steps, and a subject that takes many points in one call is called for a step once:

.. math:: f(x),\quad f(x \pm h\,u_j e_j) \quad\text{for all j of a chunk.}

The outputs at the point are those of the same call, and must be those of a call for one point, to rounding. Failures
that decide the verdict come first, of calls for one point each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from .._problem import Vector
from ..ladder._case import Case
from ..ladder._ladder import Rung
from ..rule._judged import Judged, Ruling
from ..rule._rule import judge
from ._entries import ENOUGH, Lanes, case_of, judge_columns, watched

_CHUNK, _FEW = 64, 8
"""Most entries of one call; too few to begin it."""

_NUMBERS = 2**18
"""Numbers in the points of one call with their outputs."""

_DIGITS = 64


@dataclass(slots=True)
class Asked:
    """The steps that entries before have asked for, and whether the subject takes many points."""

    steps: set[float]
    one_at_a_time: bool = False


def judge_alike(lanes: Lanes, columns: Sequence[int]) -> Iterator[tuple[int, Judged]]:
    """Yield what `judge_columns` does, after a few failures with calls for many entries at once."""
    begun = 0
    while begun < len(columns) and (lanes.failures < ENOUGH or lanes.problem.many is None):
        yield from judge_columns(lanes, columns[begun : begun + 1])
        begun += 1
    asked = Asked({rung.step for _, seen, _ in lanes.failed.values() for rung in seen})
    for block, mine in groupby(columns[begun:], lanes.problem.block_of):
        inside = list(mine)
        fit = _NUMBERS // (2 * (lanes.problem.array(block).size + lanes.base.size))
        length = min(_CHUNK, fit)
        for k in range(0, len(inside), max(length, _FEW)):
            chunk = inside[k : k + max(length, _FEW)]
            if min(len(chunk), length) < _FEW or asked.one_at_a_time:
                yield from judge_columns(lanes, chunk)
            else:
                yield from Chunk(lanes, block, np.array(chunk), _rounded_up(len(chunk)), asked).judged()


def _rounded_up(count: int) -> int:
    """Return a power of two: each number of points may be compiled anew."""
    return 1 << (count - 1).bit_length()


@dataclass
class Chunk:
    """Some entries of one block, judged one after the other; `length` counts those that a call has room for."""

    lanes: Lanes
    block: int
    columns: NDArray[np.intp]
    length: int
    asked: Asked
    _rungs: dict[float, dict[int, Rung]] = field(default_factory=dict)

    @cached_property
    def cases(self) -> dict[int, Case]:
        """How each entry is judged alone."""
        return {j: case_of(self.lanes, j, brief=True) for j in self.columns.tolist()}

    def judged(self) -> Iterator[tuple[int, Judged]]:
        """Yield every entry with its ruling, in order."""
        for column, case in self.cases.items():
            shared, seen = watched(replace(case, sample=partial(self._sample, column)))
            judged = judge(shared)
            if np.any(judged.ruling == Ruling.FAIL):
                self.lanes.failures += 1
                self.lanes.failed[column] = shared, seen, judged
            yield column, judged

    def _sample(self, column: int, step: float) -> Rung:
        if step in self.asked.steps and step not in self._rungs and not self.asked.one_at_a_time:
            self._rungs[step] = self._of_all(step)
        self.asked.steps.add(step)
        rung = self._rungs.get(step, {}).get(column)
        return self.cases[column].sample(step) if rung is None else rung

    def _of_all(self, step: float) -> dict[int, Rung]:
        """Return what one call shows of every entry; nothing where it says something else of the point."""
        lanes, problem, columns = self.lanes, self.lanes.problem, self.columns
        assert problem.many is not None
        stack, ahead, behind = self._points(step)
        outputs = problem.many({self.block: stack})
        if outputs is None or not self._is_same(outputs[0]):
            self.asked.one_at_a_time = True
            return {}
        middle, *moved = self._values(outputs)
        found, x = {}, problem.x[columns]
        for k, (column, case) in enumerate(self.cases.items()):
            unit, claimed = float(case.unit), lanes.analytic[:, column] * (ahead[k] - behind[k])
            sides = moved[self.length + k], middle, moved[k]
            found[column] = Rung.between(step, *sides, claimed, (x[k] - behind[k]) / unit, (ahead[k] - x[k]) / unit)
        return found

    def _points(self, step: float) -> tuple[NDArray[np.float64], Vector, Vector]:
        """Return the block at the point, ahead and behind in every entry, and where the entries are then."""
        problem, where = self.lanes.problem, self.lanes.problem.blocks[self.block]
        x, units = problem.x[self.columns], np.array([case.unit for case in self.cases.values()])
        stack, at = np.tile(problem.x[where], (1 + 2 * self.length, 1)), self.columns - where.start
        ahead, behind = (problem.on_grid(x + sign * step * units) for sign in (1, -1))
        rows = 1 + np.arange(self.columns.size)
        stack[rows, at], stack[self.length + rows, at] = ahead, behind
        return stack, ahead, behind

    def _values(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return every lane for each row of `outputs`."""
        with np.errstate(all="ignore"):
            return (
                np.concatenate([outputs, outputs @ self._sums.T], axis=1) if self._has_all else outputs @ self._sums.T
            )

    @cached_property
    def _has_all(self) -> bool:
        """Whether the first lanes are the outputs themselves."""
        upstreams, count = self.lanes.upstreams, self.lanes.base.size
        return np.array_equal(upstreams[:count], np.eye(count))

    @cached_property
    def _sums(self) -> NDArray[np.float64]:
        return self.lanes.upstreams[self.lanes.base.size if self._has_all else 0 :]

    def _is_same(self, output: Vector) -> bool:
        """Whether a call for many points says at the point what a call for it alone said, to rounding."""
        lanes, eps = self.lanes, self.lanes.problem.precision.eps
        size = np.abs(lanes.upstreams) @ np.abs(lanes.base)
        off = np.abs(lanes.of_output(output - lanes.base))
        return bool(np.all(off <= 16 * lanes.noise + _DIGITS * eps * np.maximum(size, 1e-3 * size.max(initial=0.0))))
