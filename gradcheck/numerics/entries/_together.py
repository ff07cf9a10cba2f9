r"""Entries that each lie on a kink, judged together.

A generalized gradient must fit every direction (F. Clarke, "Optimization and Nonsmooth Analysis", 1983):

.. math:: -f'(x; -v) \le \langle g, v\rangle \le f'(x; v)

Of two entries that tie for a maximum each may have any share between 0 and 1, so each passes on its own, but their
shares must add up to 1: moved together they are one entry of a smooth function. So the kinked entries are moved
together, equally first, which keeps their ties, then each in the direction of its own sign, which asks for the most.
Before that they are moved with all that are equal to one of them, on a kink or not, for without those the tie is
broken: a median of six equal entries answers to none of them alone. If that shows no kink, no choice is left.

Entries whose kinks have nothing to do with one another need not fit together: at clip(1) + clip(-1) the slope towards
the outside is 0 for both, and no slope of their sum. They are known by their one-sided slopes, which add up:

.. math:: f'(x; v) = f'(x; v - v_j e_j) + f'(x; v_j e_j)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from .._problem import Mask, Vector, norm
from ..rule._along import judge_along
from ..rule._judged import Judged, Ruling
from ._entries import Lanes
from ._neighbors import equal_to, is_excused_along

_LANES, _AT_MOST, _SEVERAL = 4, 128, 2
_GROSS = 1e-3
"""Share of its summands that a sum may be off without a word: shares of a tie are wrong by far more.

The jitter of the backward itself is of no use here: one ulp breaks the tie.
"""


@dataclass(frozen=True, slots=True)
class Together:
    """Entries whose slopes are wrong in sum: moved by `direction` each, they promise `analytic` in `lane`."""

    coordinates: tuple[int, ...]
    direction: Vector
    lane: int
    analytic: float
    numeric: float
    bound: float


def wrong_together(lanes: Lanes) -> Together | None:
    """Return the first sum of the entries accepted at a kink that no choice of slopes explains; None if none is."""
    found = (
        _wrong_among_tied(lanes, lane, _tied(lanes, lane, part))
        for lane, direction in _wrong_directions(lanes, _directions(lanes, lanes.kinked))
        for part in _parts(direction)
    )
    plain = _wrong_among_equals(lanes)
    return plain if plain is not None else next((together for together in found if together is not None), None)


def _wrong_among_equals(lanes: Lanes) -> Together | None:
    """Return the sum of a kinked entry and its equals, if it is wrong and on no kink."""
    if not lanes.kinked:
        return None
    x, size = lanes.problem.x, lanes.problem.sizes
    equal = np.where(equal_to(x, np.array([*lanes.kinked])), size, 0.0)
    if np.count_nonzero(equal) <= len(lanes.kinked):
        return None
    some = np.any([*lanes.kinked.values()], axis=0)
    for lane, direction in _wrong_directions(lanes, [(equal, some)]):
        judged = _judged(lanes, direction)
        if judged.ruling[lane] == Ruling.FAIL and not judged.kinked[lane]:
            return _together(lanes.kinked, direction, lane, judged)
    return None


def _wrong_directions(lanes: Lanes, asked: Iterable[tuple[Vector, Mask]]) -> Iterator[tuple[int, Vector]]:
    """Yield lanes, and the directions of those `asked` along which their sum is wrong without an excuse."""
    for direction, meant in asked:
        judged = _judged(lanes, direction)
        wrong = np.flatnonzero(meant & (judged.ruling == Ruling.FAIL)).tolist()
        yield from ((lane, direction) for lane in wrong if not is_excused_along(lanes, lane, direction))


def _parts(direction: Vector) -> Iterator[Vector]:
    """Yield the direction, or some parts of it where it moves very many: entries that tie are seldom far apart."""
    moved = np.flatnonzero(direction)
    for start in range(0, moved.size, _AT_MOST)[:_LANES]:
        part = np.zeros_like(direction)
        part[moved[start : start + _AT_MOST]] = direction[moved[start : start + _AT_MOST]]
        yield part


def _tied(lanes: Lanes, lane: int, direction: Vector) -> Vector:
    """Return `direction` without the entries whose one-sided slopes add to those of the others."""
    moved, whole = np.flatnonzero(direction), _sides(lanes, lane, direction)
    tied = np.zeros_like(direction)
    for j in moved.tolist():
        only = np.where(np.arange(direction.size) == j, direction, 0.0)
        alone, others = _sides(lanes, lane, only), _sides(lanes, lane, direction - only)
        size = np.max(np.abs([whole, alone, others]))
        rounding = 16 * lanes.problem.precision.eps * norm(lanes.upstreams[lane] * lanes.base) / _step(lanes)
        if not np.all(np.abs(whole - alone - others) <= _GROSS * size + rounding):
            tied[j] = direction[j]
    return tied


def _sides(lanes: Lanes, lane: int, direction: Vector) -> Vector:
    """Return the slopes of a lane to both sides, each by one difference."""
    step, at = _step(lanes), lanes.upstreams[lane] @ lanes.base
    ahead, behind = (
        lanes.upstreams[lane] @ lanes.problem.value(lanes.problem.point(sign * step * direction)) for sign in (1, -1)
    )
    return np.array([ahead - at, at - behind]) / step


def _step(lanes: Lanes) -> float:
    return lanes.problem.precision.steps[1]


def _wrong_among_tied(lanes: Lanes, lane: int, direction: Vector) -> Together | None:
    if np.count_nonzero(direction) < _SEVERAL:
        return None
    judged = _judged(lanes, direction)
    if judged.ruling[lane] != Ruling.FAIL or is_excused_along(lanes, lane, direction):
        return None
    return _together(lanes.kinked, direction, lane, judged)


def _directions(lanes: Lanes, kinked: Mapping[int, Mask]) -> Iterator[tuple[Vector, Mask]]:
    """Yield directions, and in which lanes they move several kinked entries."""
    size = lanes.problem.sizes
    several = np.sum([*kinked.values()], axis=0) > 1 if kinked else np.zeros(0, dtype=bool)
    if not several.any():
        return
    every = _along(size, [j for j, mask in kinked.items() if (mask & several).any()])
    yield every, several
    for lane in np.flatnonzero(several)[:_LANES]:
        mine = _along(size, [j for j, mask in kinked.items() if mask[lane]])
        signed = np.where(lanes.analytic[lane] < 0, -mine, mine)
        asked = [every]
        for direction in (mine, signed):
            if not any(np.array_equal(direction, other) for other in asked):
                asked.append(direction)
                yield direction, np.arange(several.size) == lane


def _along(size: Vector, coordinates: list[int]) -> Vector:
    direction = np.zeros(size.size)
    direction[coordinates] = size[coordinates]
    return direction


def _judged(lanes: Lanes, direction: Vector) -> Judged:
    problem, moved = lanes.problem, np.flatnonzero(direction)
    size = np.abs(direction[moved])
    return judge_along(
        problem,
        lanes.base,
        direction,
        lanes=lambda output: lanes.upstreams @ output,
        predict=lambda displacement: lanes.analytic @ displacement,
        noise=np.maximum(lanes.noise, problem.precision.eps / 2 * (np.abs(lanes.analytic) @ np.abs(problem.x))),
        row=np.max(np.abs(lanes.analytic[:, moved]) * size, axis=1),
        allowance=lambda: _GROSS * (np.abs(lanes.analytic[:, moved]) @ size),
        single=lanes.single,
        unit=float(size.max()),
    )


def _together(kinked: Mapping[int, Mask], direction: Vector, lane: int, judged: Judged) -> Together:
    """Return the numbers of `lane` per unit of the entry of its own that moved furthest."""
    mine = [j for j in np.flatnonzero(direction).tolist() if j in kinked and kinked[j][lane]]
    largest = float(np.abs(direction[mine]).max())
    share = float(np.abs(direction).max()) / largest
    numbers = (share * float(values[lane]) for values in (judged.analytic, judged.numeric, judged.bound))
    return Together(tuple(mine), direction / largest, lane, *numbers)
