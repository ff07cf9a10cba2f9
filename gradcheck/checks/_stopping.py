"""A forward that stops at a tolerance: what differs from its slope by no more than that is undecided, not wrong.

The implicit gradient of a fixed point is that of the solution, and right to the last digit; the program that iterates
until it moves by less than 1e-9 has another slope, off by a few 1e-8. So before such small differences accuse a
gradient, it is asked whether the forward jumps beside the point (`numerics._stops`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from ..numerics import DOUBLE, Lanes, Ruling, Vector, jump_beside, weights
from ..subjects import OutOfBudget
from ._judge import Judgement
from ._outcome import STOPS, Columns

_SMALL = 4e-6
"""Share of the largest contribution up to which a difference may be that of an unfinished iteration."""

_LEAST, _MOST = 1 / 256, 16.0
"""How large its jumps are, as shares of what the slope of an unfinished iteration is off; a pole jumps by more."""

_DIRECTIONS = 12


def without_stops(judged: Judgement) -> Judgement:
    """Return `judged`, its failures undecided where an iteration that stops at a tolerance explains all of them."""
    outcome = judged.outcome
    if judged.precision is not DOUBLE or outcome is None or outcome.together is not None:
        return judged
    columns, lanes = outcome.columns, outcome.lanes
    if columns is None or lanes is None:
        return judged
    with suppress(OutOfBudget):  # what is wrong stays wrong, where no call is left to excuse it
        if _explains(columns, lanes):
            for k in _wrong(columns):
                columns.state[k], columns.limit[k] = Ruling.OPEN, STOPS
    return judged


def _wrong(columns: Columns) -> list[int]:
    return [k for k, state in enumerate(columns.state) if state is Ruling.FAIL]


def _explains(columns: Columns, lanes: Lanes) -> bool:
    """Whether something is wrong, all of it by little, and by little in jumps of the same lane."""
    wrong = [_Difference.at(columns, lanes, k) for k in _wrong(columns)]
    if not wrong or any(one.off > _SMALL * one.largest for one in wrong):
        return False
    worst = {lane: max(one.off for one in wrong if one.lane == lane) for lane in {one.lane for one in wrong}}
    return all(_jumps_by(lanes, lane, _LEAST * off, _MOST * off) for lane, off in worst.items())


@dataclass(frozen=True, slots=True)
class _Difference:
    """How far one entry is off in a lane, and the lane's largest contribution, both for a step of their size."""

    lane: int
    off: float
    largest: float

    @classmethod
    def at(cls, columns: Columns, lanes: Lanes, k: int) -> _Difference:
        off = abs(columns.analytic[k] - columns.numeric[k]) * lanes.problem.sizes[columns.position[k]]
        return cls(columns.lane[k], float(off), float(lanes.contributions[columns.lane[k]].max(initial=0.0)))


def _jumps_by(lanes: Lanes, lane: int, least: float, most: float) -> bool:
    """Whether the lane jumps by `least` to `most` along one of a few random lines through the point."""
    problem = lanes.problem
    lines = (weights(problem.x.size, lanes.rng) * problem.sizes for _ in range(_DIRECTIONS))
    return any(least <= jump_beside(partial(_along, lanes, lane, line)) <= most for line in lines)


def _along(lanes: Lanes, lane: int, line: Vector, t: float) -> float:
    return float(lanes.upstreams[lane] @ lanes.problem.value(lanes.problem.x + t * line))
