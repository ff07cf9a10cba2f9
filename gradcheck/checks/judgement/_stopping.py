"""A forward that stops at a tolerance: what differs from its slope by no more than that is undecided, not wrong.

The implicit gradient of a fixed point is that of the solution, and right to the last digit; the program that iterates
until it moves by less than 1e-9 has another slope, off by a few 1e-8. So before such small differences accuse a
gradient, it is asked whether the forward jumps beside the point (`numerics.excuses._stops`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...numerics import DOUBLE, Jumps, Lanes, Ruling, Vector, jumps_beside, weights
from ...subjects import OutOfBudget
from ..comparison._outcome import STOPS, Columns
from ._judge import Judgement

_SMALL, _TINY, _FEW_INPUTS = 1e-3, 4e-6, 4096
"""Share of the largest contribution up to which a difference may be that of an unfinished iteration, and up to which
every line is asked for jumps. Where it is more, the first lines must show one, jumps must vary, and inputs be few: it
costs calls."""

_LEAST, _MOST, _CROWD = 1 / 1024, 16.0, 16.0
"""How large its jumps are, as shares of what the slope of an unfinished iteration is off; a pole jumps by more than
any lane is off. Where thousands of outputs jump at once, each input is off by a small share of the jump of their sum:
that many times more only where it is tiny."""

_ALIKE = 1e-3
"""How far apart jumps may be that are taken for one."""

_FIRST, _LINES, _SHORTER, _LONGEST = 4, 12, 4.0, 4.0
"""Lines that must show a jump before more are asked, and all of them; how much shorter one is than another, and how
long the longest of the second half: where a whole batch stops at once, jumps are rare."""


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
    """Whether something is wrong, all of it by little, and by little in jumps of the same lanes."""
    wrong = [_Difference.at(columns, lanes, k) for k in _wrong(columns)]
    share = max((one.off / one.largest if one.largest else np.inf for one in wrong), default=np.inf)
    if share > (_SMALL if lanes.problem.x.size <= _FEW_INPUTS else _TINY):
        return False
    concerned = sorted({one.lane for one in wrong})
    off = np.array([max(one.off for one in wrong if one.lane == lane) for lane in concerned])
    most = _MOST * share * np.array([next(one.largest for one in wrong if one.lane == lane) for lane in concerned])
    crowd = _CROWD if share <= _TINY else 1.0
    explained, seen, length = np.zeros(off.size, dtype=bool), [], 1.0
    uphill = lanes.analytic[concerned[int(np.argmax(off))]]
    for k in range(_LINES):
        line = length * _signed(weights(lanes.problem.x.size, lanes.rng), uphill if not k else None)
        jumps = _jumps_along(lanes, concerned, line * lanes.problem.sizes, _LEAST * off, most)
        seen.append(jumps.sizes)
        explained |= (_LEAST * off <= jumps.sizes) & (jumps.sizes <= crowd * most)
        if np.any(~explained & (jumps.drift > most)):
            return False
        if share > _TINY and len(seen) >= _FIRST and not explained.any():
            return False
        if explained.all() and (share <= _TINY or _vary(np.array(seen))):
            return True
        longest = _LONGEST if k >= _LINES // 2 and not np.any(seen) else 1.0
        length = _next_length(length, jumps, _LEAST * off, longest)
    return False


def _next_length(length: float, jumps: Jumps, least: Vector, longest: float) -> float:
    """Return the length of a line that shows more: a shorter one where jumps are hidden, a longer one where are none.

    Slow iterations jump so often on a long line that no piece is smooth, and what f bends there, or entries of a
    solution that come and go, hide jumps of 1e-12; fast ones jump on few short lines.
    """
    if np.any(jumps.hidden > least):
        return length / _SHORTER
    return length if jumps.sizes.any() else min(_SHORTER * length, longest)


def _vary(jumps: Vector) -> bool:
    """Whether a lane jumps by different sizes: an iteration does, and two pieces that do not meet do not."""
    most, least = jumps.max(axis=0), np.where(jumps > 0, jumps, np.inf).min(axis=0)
    return bool(np.any((most > 0) & (least < (1 - _ALIKE) * most)))


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


def _signed(line: Vector, claim: Vector | None) -> Vector:
    """Return `line` with the signs of `claim`, where it has some: along it, what is off by a factor adds up."""
    return line if claim is None else np.where(claim != 0, np.copysign(line, claim), line)


def _jumps_along(lanes: Lanes, concerned: list[int], line: Vector, least: Vector, most: Vector) -> Jumps:
    """Return how far the lanes jump along a `line` through the point, if by `least`, or drift by more than `most`."""
    claimed = lanes.analytic[concerned] @ line
    return jumps_beside(partial(_along, lanes, concerned, line), least, claimed, most)


def _along(lanes: Lanes, concerned: list[int], line: Vector, t: float) -> Vector:
    return np.asarray(lanes.upstreams[concerned] @ lanes.problem.value(lanes.problem.x + t * line))
