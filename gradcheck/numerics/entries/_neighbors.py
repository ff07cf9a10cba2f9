r"""Several kinks at one point: values that no single coordinate shows.

Where three entries tie, a sort moves none of them along any coordinate, and yet each row of a permutation is a limit
of gradients nearby: an element of the generalized gradient (F. Clarke, 1983)

.. math:: \partial f(x) = \mathrm{conv}\,\{\lim \nabla f(x_i) : x_i \to x\}

So before a value at a kink is called wrong, the analytic gradient is asked at random points next to it. If it varies
there and the value lies within its range, and if it is right at such a neighbour, the value is a subgradient. Where
differences show no kink it has to vary as close to x as digits allow, too: beside a large x smooth gradients do.
Neighbours beyond a jump of f say nothing; where there are some, the other inputs stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, product

import numpy as np
from numpy.typing import NDArray

from .._problem import Mask, Vector
from ..excuses._jumps import closest, jumps
from ..rule._along import judge_along
from ..rule._judged import Judged, Ruling
from ._entries import Lanes, judge_columns

_NEAR = 2.0**-20
_FIRST, _MOST = 64, 200
_PER_EQUAL, _AT_MOST = 14, 1000
_FEW = 4
_OFF_ZERO = 0.74
_QUESTIONS = 64
_BITS, _SHARE = 2.0**30, 1e-3
_TIED, _SORTED = 256.0, 20_000


def excuse_by_neighbors(lanes: Lanes, column: int, judged: Judged, *, thorough: bool) -> None:
    """Turn failures and open lanes into passes where the values around justify them; changes `judged`.

    It costs many backward calls: few open lanes are asked about, and failures away from any visible kink only while
    `thorough`.
    """
    failed = judged.ruling == Ruling.FAIL
    open_ = (judged.ruling == Ruling.OPEN) & np.array([limit != "non-finite" for limit in judged.limit])
    asked = (failed & (judged.kinked | thorough)) | (open_ & lanes.single)
    equals = _asked_of_equals(lanes.problem.x, column) if asked.any() else 0
    for lane in np.flatnonzero(asked):
        if not failed[lane]:
            lanes.questions += 1
            if lanes.questions > _QUESTIONS:
                continue
        first = max(_asked_first(lanes, failed=bool(failed[lane])), equals)
        smooth = failed[lane] and not judged.kinked[lane] and not _varies_close_by(lanes, column, int(lane), first)
        excused = Ruling.FAIL if smooth else _ruling_of_entry(lanes, column, int(lane), first)
        if excused is Ruling.KINK or failed[lane]:
            judged.ruling[lane] = excused
        if excused is Ruling.FAIL and failed[lane]:
            break


def _asked_first(lanes: Lanes, *, failed: bool) -> int:
    """Return how many neighbours are asked although none differs from the others yet."""
    if _is_structured(lanes.problem.x) or _has_ties(lanes.problem.x):
        return _FIRST
    return _FEW if failed else 2 * _FEW


def _asked_of_equals(x: Vector, column: int) -> int:
    """Return how many neighbours it takes until any one of the entries that equal this one has come first."""
    equals = int(np.count_nonzero(equal_to(x, np.array([column]))))
    return min(_PER_EQUAL * equals, _AT_MOST) if equals > 1 else 0


def _is_structured(x: Vector) -> bool:
    """Whether a share of the coordinates have few bits, as zeros, integers and ties by hand do: kinks meet there."""
    few = np.frexp(x)[0] * _BITS
    return bool(np.mean(few == np.round(few)) > _SHARE)


def equal_to(x: Vector, chosen: NDArray[np.intp]) -> Mask:
    """Return which coordinates are equal to a `chosen` one, to a few ulps."""
    values = np.sort(x[chosen])
    above = np.minimum(np.searchsorted(values, x), values.size - 1)
    apart = np.minimum(np.abs(x - values[above]), np.abs(x - values[np.maximum(above - 1, 0)]))
    return np.asarray(apart <= _TIED * np.spacing(np.abs(x)))


def _has_ties(x: Vector) -> bool:
    """Whether a share of the coordinates are equal, to a few ulps: a sort of them moves none along most of them."""
    if x.size > _SORTED:
        return False
    ordered = np.sort(x)
    return (
        bool(np.mean(np.diff(ordered) <= _TIED * np.spacing(np.abs(ordered[1:]))) > _SHARE) if x.size > 1 else False
    )


def is_excused_along(lanes: Lanes, lane: int, direction: Vector) -> bool:
    """Whether the values around justify what the gradient promises `lane` along `direction`."""

    def judged_there(beside: Lanes) -> Judged:
        along = beside.analytic @ direction
        return judge_along(
            beside.problem,
            beside.base,
            direction,
            lanes=beside.of_output,
            predict=lambda displacement: beside.analytic @ displacement,
            noise=beside.noise,
            row=np.abs(along),
            allowance=lambda: 1e-6 * np.abs(along),
        )

    around = _Around(lanes, lane, lambda gradient: float(gradient @ direction), direction != 0)
    return around.ruling(judged_there, _asked_first(lanes, failed=True)) is not Ruling.FAIL


def _ruling_of_entry(lanes: Lanes, column: int, lane: int, first: int) -> Ruling:
    def judged_there(beside: Lanes) -> Judged:
        ((_, judged),) = judge_columns(beside, [column])
        return judged

    return _around(lanes, column, lane).ruling(judged_there, first)


def _varies_close_by(lanes: Lanes, column: int, lane: int, first: int) -> bool:
    return _around(lanes, column, lane).varies(closest(lanes.problem), first)


def _around(lanes: Lanes, column: int, lane: int) -> _Around:
    return _Around(lanes, lane, lambda gradient: float(gradient[column]), np.arange(lanes.problem.x.size) == column)


@dataclass(frozen=True, slots=True)
class _Around:
    """What the gradient of one lane claims next to x: a `slope` of it, which is about the coordinates `about`."""

    lanes: Lanes
    lane: int
    slope: Callable[[Vector], float]
    about: Mask

    @property
    def upstream(self) -> Vector:
        return np.asarray(self.lanes.upstreams[self.lane])

    def ruling(self, judged_there: Callable[[Lanes], Judged], first: int) -> Ruling:
        """Return `Ruling.KINK` if the claim lies among the slopes of the neighbours, and is right at the nearest.

        Where a neighbour leaves it open, as beside others of its kinks, those of the next kind are asked.
        """
        points = self._found(_NEAR, first)
        point = next(points, None)
        if point is not None and self._jumps_to(point) and not self._jumps_itself():
            own = self._own_blocks()
            if all(map(self._jumps_to, self._random(_NEAR, _FIRST, own))):
                return Ruling.OPEN
            points = self._found(_NEAR, first, own, lambda near: not self._jumps_to(near))
            point = next(points, None)
        if point is None:
            return Ruling.FAIL
        rulings = (_at(self.lanes, near, self.upstream, judged_there) for near in chain([point], points))
        return next((ruling for ruling in rulings if ruling is not Ruling.OPEN), Ruling.OPEN)

    def varies(self, near: float, first: int) -> bool:
        """Whether the slope varies within `near`, and the claim is among what it is there."""
        return next(self._found(near, first), None) is not None

    def _found(
        self, near: float, first: int, moved: Mask | None = None, kept: Callable[[Vector], bool] = lambda _: True
    ) -> Iterator[Vector]:
        """Yield the nearest of some random neighbours, of those in order, and of random ones again.

        Each is asked for only where those before have not settled it.
        """
        sources = [(self._random(near, _MOST, moved), min(first, _FIRST))]
        if first >= _FIRST:  # there are ties, or numbers by hand
            sources += [(self._in_order(near, moved), first), (self._random(near, max(first, _MOST), moved), first)]
        nearest = (self.nearest(filter(kept, points), least) for points, least in sources)
        yield from (point for point in nearest if point is not None)

    def nearest(self, points: Iterable[Vector], first: int) -> Vector | None:
        """Return the one of `points` whose slope is nearest to the claim, if they vary and it lies among them."""
        claim = self.slope(self.lanes.analytic[self.lane])
        seen: list[Vector] = []
        nearby: list[float] = []
        for point in points:
            seen.append(point)
            nearby.append(self.slope(self.lanes.problem.pull(point, self.upstream)))
            varies = max(nearby) - min(nearby) > 1e-3 * abs(claim)
            blur = 1e-3 * (max(nearby) - min(nearby))
            if varies and min(nearby) - blur <= claim <= max(nearby) + blur:
                return seen[int(np.argmin(np.abs(np.array(nearby) - claim)))]
            if len(seen) >= first and not varies:
                break
        return None

    def _random(self, near: float, most: int, moved: Mask | None = None) -> Iterator[Vector]:
        """Yield random neighbours, which differ from x in the coordinates that are `moved`, everywhere by default."""
        problem, part = self.lanes.problem, 1.0 if moved is None else moved
        for _ in range(most):
            yield problem.point(near * part * problem.sizes * self.lanes.rng.uniform(-1, 1, problem.x.size))

    def _in_order(self, near: float, moved: Mask | None = None) -> Iterator[Vector]:
        """Yield neighbours in which equals go up or down with their index, for so most code breaks a tie."""
        problem, own = self.lanes.problem, self._own_blocks()
        ramp = np.concatenate([_ramp(block.stop - block.start) for block in problem.blocks])
        for part, side in product([own] if moved is not None else [own, np.ones_like(own)], (1, -1)):
            yield problem.point(side * near * part * problem.sizes * ramp)

    def _jumps_to(self, point: Vector) -> bool:
        return self._jumps_along((point - self.lanes.problem.x) / _NEAR)

    def _jumps_itself(self) -> bool:
        """Whether f jumps over what the slope is about: then it has none, and those of either side will do."""
        own = self.about * self.lanes.problem.sizes
        return self._jumps_along(own) or self._jumps_along(-own)

    def _jumps_along(self, direction: Vector) -> bool:
        return jumps(self.lanes.problem, self.lanes.base, self.upstream, direction)

    def _own_blocks(self) -> Mask:
        own = np.zeros(self.about.size, dtype=bool)
        for block in self.lanes.problem.blocks:
            own[block] = self.about[block].any()
        return own


def _ramp(size: int) -> Vector:
    """Return numbers that go up from -1 to 1, none of them 0."""
    return (2 * np.arange(size) + _OFF_ZERO) / max(size, 1) - 1


def _at(lanes: Lanes, x: Vector, upstream: Vector, judged_there: Callable[[Lanes], Judged]) -> Ruling:
    """Return `Ruling.KINK` if the analytic gradient at the neighbour `x` is right, `FAIL` if it is wrong there."""
    there = lanes.problem.elsewhere(x)
    judged = judged_there(Lanes.of(there, there.value(x), upstream[None], lanes.rng))
    return {Ruling.FAIL: Ruling.FAIL, Ruling.OPEN: Ruling.OPEN}.get(Ruling(judged.ruling[0]), Ruling.KINK)
