r"""Several kinks at one point: values that no single coordinate shows.

Where three entries tie, a sort moves none of them along any coordinate, and yet each row of a permutation is a limit
of gradients nearby: an element of the generalized gradient (F. Clarke, 1983)

.. math:: \partial f(x) = \mathrm{conv}\,\{\lim \nabla f(x_i) : x_i \to x\}

So before a value at a kink is called wrong, the analytic gradient is asked at random points next to it. If it varies
there and the value lies within its range, and if it is right at such a neighbour, the value is a subgradient. Where
differences show no kink it has to vary as close to x as digits allow, too: beside a large x smooth gradients do.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ._along import judge_along
from ._entries import Lanes, judge_columns
from ._problem import Mask, Vector
from ._rule import Judged, Ruling

_NEAR, _CLOSE, _ULPS = 2.0**-20, 2.0**-40, 8.0
_FIRST, _MOST = 64, 200
_FEW = 4
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
    for lane in np.flatnonzero(asked):
        if not failed[lane]:
            lanes.questions += 1
            if lanes.questions > _QUESTIONS:
                continue
        first = _asked_first(lanes, failed=bool(failed[lane]))
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

    first = _asked_first(lanes, failed=True)
    return _ruling(lanes, lane, lambda gradient: float(gradient @ direction), judged_there, first) is not Ruling.FAIL


def _ruling_of_entry(lanes: Lanes, column: int, lane: int, first: int) -> Ruling:
    def judged_there(beside: Lanes) -> Judged:
        ((_, judged),) = judge_columns(beside, [column])
        return judged

    return _ruling(lanes, lane, lambda gradient: float(gradient[column]), judged_there, first)


def _varies_close_by(lanes: Lanes, column: int, lane: int, first: int) -> bool:
    near = max(_CLOSE, _ULPS * lanes.problem.precision.eps)
    return _nearest(lanes, lane, lambda gradient: float(gradient[column]), first, near) is not None


def _ruling(
    lanes: Lanes, lane: int, slope: Callable[[Vector], float], judged_there: Callable[[Lanes], Judged], first: int
) -> Ruling:
    """Return `Ruling.KINK` if the `slope` that is claimed lies among its neighbours', and is right at the nearest."""
    point = _nearest(lanes, lane, slope, first, _NEAR)
    return Ruling.FAIL if point is None else _at(lanes, point, lanes.upstreams[lane], judged_there)


def _nearest(lanes: Lanes, lane: int, slope: Callable[[Vector], float], first: int, near: float) -> Vector | None:
    """Return the neighbour whose `slope` is nearest to the claim, if they vary and the claim is among them."""
    problem, upstream, rng = lanes.problem, lanes.upstreams[lane], lanes.rng
    claim = slope(lanes.analytic[lane])
    points: list[Vector] = []
    nearby: list[float] = []
    for count in range(_MOST):
        points.append(problem.point(near * problem.sizes * rng.uniform(-1, 1, problem.x.size)))
        nearby.append(slope(problem.pull(points[-1], upstream)))
        varies = max(nearby) - min(nearby) > 1e-3 * abs(claim)
        blur = 1e-3 * (max(nearby) - min(nearby))
        if varies and min(nearby) - blur <= claim <= max(nearby) + blur:
            return points[int(np.argmin(np.abs(np.array(nearby) - claim)))]
        if count + 1 >= first and not varies:
            break
    return None


def _at(lanes: Lanes, x: Vector, upstream: Vector, judged_there: Callable[[Lanes], Judged]) -> Ruling:
    """Return `Ruling.KINK` if the analytic gradient at the neighbour `x` is right, `FAIL` if it is wrong there."""
    there = lanes.problem.elsewhere(x)
    judged = judged_there(Lanes.of(there, there.value(x), upstream[None], lanes.rng))
    return {Ruling.FAIL: Ruling.FAIL, Ruling.OPEN: Ruling.OPEN}.get(Ruling(judged.ruling[0]), Ruling.KINK)
