r"""Finding the wrong entries by halving: O(k log n) evaluations for k of n, and whole rows or arrays as such.

The residual is linear in the direction, r(S) = sum over j in S of v_j ((J^T u)_j - g_j), so one test splits a box:
r(second half) = r(box) - r(first half). A half that is right is dropped. Where both halves are wrong along every
axis, either a few entries are scattered, or the whole box is wrong: a few of its entries, tested alone, tell.
Magnitudes are random, so that two errors do not cancel.

A box with one wrong entry needs no halving. Weighted by one digit of the position, t_j, the residual is t_j times as
large as without: one test per digit reads the position off,

.. math:: t_j = \frac{\sum_j t_j v_j e_j}{\sum_j v_j e_j}, \qquad j = (t^{(1)}_j, t^{(2)}_j, \dots)

and where several are wrong the quotient is the digit of none, or the entry that it names does not account for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .._box import Box
from .._problem import Problem, Vector, norm, probe_sizes
from ..look._glance import Glance
from ..look._look import Look

_SMALLEST, _LARGEST = 2.0**-24, 2.0**-13
_EXPECTED_KINKS = 0.02
_SEVERAL, _TELLING = 12, 5
"""Up to so many entries are told one by one; so many wrong ones among random ones say that a large box is wrong."""

_SCATTERED, _EXAMPLES = 24, 4
_FEWEST, _RADIX, _READABLE, _CLEAR, _ALL = 8, 1024, 0.2, 0.1, 1e-4


@dataclass(frozen=True, slots=True)
class Residual:
    """Measures r(box) along one fixed random direction.

    Its largest step in each block is `reach` sizes of x; no step is smaller than `least`, that of the first look.
    """

    problem: Problem
    upstream: Vector
    analytic: Vector
    direction: Vector
    rounding: float
    reach: tuple[float, ...]
    least: float

    def __call__(self, box: Box, weights: NDArray[np.float64] | float = 1.0) -> float:
        """Return the residual of the entries in `box`, moved in proportion to `weights`; two evaluations."""
        step, problem = self.step(box), self.problem
        shift = step * weights * problem.array(box.block, self.direction)[box.slices]
        ahead, right = problem.value_moved(box.block, box.slices, shift)
        behind, left = problem.value_moved(box.block, box.slices, -shift)
        with np.errstate(all="ignore"):
            predicted = float(np.sum(problem.array(box.block, self.analytic)[box.slices] * (right - left)))
            return float(self.upstream @ (ahead - behind) - predicted) / (2 * step)

    def step(self, box: Box) -> float:
        """Return the step for `box`: the fewer entries move, the fewer kinks are crossed."""
        step = max(_EXPECTED_KINKS / box.size, self.least)
        return float(np.clip(step, _SMALLEST, max(_LARGEST, self.least))) / self.reach[box.block]

    def blur(self, box: Box) -> float:
        """Return the residual below which a box counts as right."""
        part = self.problem.array(box.block, self.analytic)[box.slices]
        along = norm((part * self.problem.array(box.block, self.direction)[box.slices]).ravel())
        return 16 * self.rounding / self.step(box) + 1e-8 * along


def residual_of(problem: Problem, base: Vector, seen: Glance, look: Look) -> Residual:
    """Return a measure of residuals along the direction in which a `look` of `seen` saw one."""
    direction = look.direction
    sizes = probe_sizes(problem.x, problem.sizes, problem.blocks)
    reach = tuple(max(1.0, float(np.max(np.abs(direction[b]) / sizes[b], initial=0.0))) for b in problem.blocks)
    rounding = problem.precision.eps * norm(seen.upstream * base)
    step = look.step if look.idle else min(look.step, _LARGEST)
    return Residual(problem, seen.upstream, seen.analytic, direction, rounding, reach, step)


@dataclass(frozen=True, slots=True)
class _Part:
    """A box that is wrong: its residual, how far that can be off, and the axes along which both halves are wrong.

    ``halves`` are those of the last such axis.
    """

    box: Box
    residual: float
    doubt: float
    spread: frozenset[int] = frozenset()
    halves: tuple[_Part, ...] = ()
    asked: bool = False
    """Whether its digits have been asked for."""

    @property
    def wrong(self) -> bool:
        return not abs(self.residual) <= self.doubt

    @property
    def gravity(self) -> float:
        return abs(self.residual) if np.isfinite(self.residual) else np.inf

    @property
    def spread_all_over(self) -> bool:
        return all(extent == 1 or axis in self.spread for axis, extent in enumerate(self.box.extents))


def wrong_boxes(
    measure: Callable[[Box], float],
    blur: Callable[[Box], float],
    roots: Sequence[Box],
    rng: np.random.Generator,
    budget: int = 400,
    weighted: Callable[[Box, NDArray[np.float64]], float] | None = None,
) -> Iterator[Box]:
    """Yield what carries the residual, the largest share first, until `budget` tests are spent.

    A box of one entry is that entry; a larger one is wrong as a whole, as far as a few of its entries show. Where the
    residual is scattered over too many boxes, the smallest of them are followed to a few entries, as examples.
    ``weighted`` measures a box in proportion to weights, where that can be done: it saves the halving of boxes with
    one wrong entry.
    """
    search = _Search(measure, blur, rng, budget, weighted)
    agenda = [part for box in roots if box.size and (part := search.measured(box)).wrong]
    examples = 0
    while agenda and search.budget > 0 and examples < _EXAMPLES:
        scattered = len(agenda) > max(_SCATTERED, len(roots))
        agenda.sort(key=lambda part: -part.box.size if scattered or examples else part.gravity)
        part = agenda.pop()
        examples += (scattered or examples > 0) and part.box.size == 1
        alone = search.alone(part)
        if alone is not None:
            yield alone
        elif part.box.size == 1 or (part.spread_all_over and search.is_wrong_all_over(part.box)):
            yield part.box
        else:
            agenda += search.narrowed(replace(part, asked=part.asked or search.readable(part) >= _FEWEST))


@dataclass(slots=True)
class _Search:
    measure: Callable[[Box], float]
    blur: Callable[[Box], float]
    rng: np.random.Generator
    budget: int
    weighted: Callable[[Box, NDArray[np.float64]], float] | None

    def alone(self, part: _Part) -> Box | None:
        """Return the one entry that accounts for all of `part`; None where that is not how it is."""
        box = part.box
        if self.weighted is None or part.asked or box.size <= _SEVERAL or not np.isfinite(part.residual):
            return None
        if self.readable(part) < _FEWEST:
            return None
        flat = 0
        for radix, digits in _digits(box.size, self.readable(part)):
            self.budget -= 1
            seen = radix * self.weighted(box, ((digits + 1) / radix).reshape(box.extents)) / part.residual - 1
            digit = round(seen) if np.isfinite(seen) else -1
            if not 0 <= digit < radix or abs(seen - digit) > _CLEAR:
                return None
            flat = flat * radix + digit
        return self._if_it_is_all(part, flat) if flat < box.size else None

    def readable(self, part: _Part) -> int:
        """Return how many digits can be told from one another in the blur of the residual."""
        digits = _READABLE * abs(part.residual) / part.doubt if part.doubt else _RADIX
        return int(np.clip(np.nan_to_num(digits, nan=1.0), 1, _RADIX))  # beyond the domain none can

    def _if_it_is_all(self, part: _Part, flat: int) -> Box | None:
        entry = self.measured(part.box.entry(flat))
        left = abs(part.residual - entry.residual)
        return entry.box if entry.wrong and left <= part.doubt + entry.doubt + _ALL * abs(part.residual) else None

    def measured(self, box: Box) -> _Part:
        """Return `box` with its residual; one test."""
        self.budget -= 1
        return _Part(box, self.measure(box), self.blur(box))

    def narrowed(self, part: _Part) -> Sequence[_Part]:
        """Return the wrong half of `part` along its longest axis; itself where both are; both where all axes are."""
        extents, given_up = part.box.extents, part.spread_all_over
        if part.halves and given_up:
            return part.halves
        axis = max(range(len(extents)), key=lambda a: (given_up or a not in part.spread, extents[a]))
        halves = self._halved(part, axis)
        wrong = [half for half in halves if half.wrong] or [max(halves, key=lambda half: half.gravity)]
        if len(wrong) == 1:
            return [replace(wrong[0], spread=part.spread, asked=part.asked)]
        return wrong if given_up else [replace(part, spread=part.spread | {axis}, halves=halves)]

    def _halved(self, part: _Part, axis: int) -> tuple[_Part, _Part]:
        """Return both halves; one test, and a second where the difference is too blurred to tell."""
        first, second = part.box.halves(axis)
        one = self.measured(first)
        rest = _Part(second, part.residual - one.residual, part.doubt + one.doubt)
        undecided = not rest.wrong and abs(rest.residual) > self.blur(second)
        return one, self.measured(second) if undecided or not np.isfinite(rest.residual) else rest

    def is_wrong_all_over(self, box: Box) -> bool:
        """Whether a few random entries of `box` are all wrong."""
        if box.size <= _SEVERAL:
            return False
        count = _TELLING if box.size > _SEVERAL**2 / 2 else _SEVERAL
        chosen = self.rng.choice(box.size, count, replace=False)
        return all(self.measured(box.entry(int(k))).wrong for k in chosen)


def _digits(size: int, most: int) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield the radix, at most `most`, and one digit of the positions below `size`, as few of them as can be."""
    count = next(k for k in range(1, 64) if most**k >= size)
    radix = next(r for r in range(2, most + 1) if r**count >= size)
    positions = np.arange(size)
    for k in reversed(range(count)):
        yield radix, (positions // radix**k % radix).astype(float)
