"""Which entries are wrong: halving proposes them, and each is judged on its own before it is reported.

A whole row, or a whole input, is proposed as such; a few of its entries are judged. In the end the first look is
repeated without what was found: if it certifies the rest, the set is complete.
"""

from __future__ import annotations

from itertools import islice

import numpy as np

from ...numerics import Box, Lanes, Ruling, look_at_rest, residual_of, wrong_boxes
from ._comparison import Comparison
from ._outcome import Columns, Outcome

_MOST = 12
_SHARE = 8
_SAMPLES, _TELLING, _KINKED = 4, 2, 4
_SCHEME = "centred differences; wrong entries found by halving, each judged on its own"


def pinpoint(comparison: Comparison, outcome: Outcome, *, patient: bool = True) -> None:
    """Fill `outcome` with the wrong entries and boxes that explain the residuals of its last look, group by group.

    Without patience only until a few entries say that kinks are what explains them.
    """
    seen, problem = outcome.glances[-1], comparison.problem
    lanes = Lanes.of(problem, comparison.base, seen.upstream[None], comparison.rng)
    outcome.lanes, outcome.mode, outcome.scheme, outcome.sampled = lanes, "entries", _SCHEME, True
    outcome.columns = columns = Columns()
    roots = [Box.whole(k, problem.array(k).shape) for k in range(len(problem.blocks))]
    for look in [look for look in seen.looks if not look.certified] or [seen.doubted]:
        measure = residual_of(problem, comparison.base, seen, look)
        for box in islice(wrong_boxes(measure, measure.blur, roots, comparison.rng, weighted=measure), _MOST):
            _judge(comparison, outcome, columns, box)
            if not patient and len(columns.state) >= _KINKED and set(columns.state) == {Ruling.KINK}:
                break
    if Ruling.FAIL in columns.state and not outcome.places:
        look = look_at_rest(problem, comparison.base, seen, columns.position, comparison.rng)
        outcome.rest = look if look.certified else None


def found_all(comparison: Comparison, outcome: Outcome) -> bool:
    """Whether a few entries are wrong, and all others together were certified."""
    assert outcome.columns is not None
    states = outcome.columns.state
    few = 0 < len(states) <= comparison.problem.x.size // _SHARE
    return few and outcome.rest is not None and set(states) == {Ruling.FAIL}


def _judge(comparison: Comparison, outcome: Outcome, columns: Columns, box: Box) -> None:
    """Judge the one entry of `box`, or a few of its entries until two are wrong: then the box is a place."""
    lanes, wrong = outcome.lanes, 0
    assert lanes is not None
    for position in _positions(comparison, box):
        if position in columns.position:
            continue
        columns.extend(comparison.columns(lanes, [position]))
        wrong += columns.state[-1] is Ruling.FAIL
        if wrong == _TELLING:
            outcome.places.append(box)
            break


def _positions(comparison: Comparison, box: Box) -> list[int]:
    """Return flat positions in x of the entries of `box` that are judged: all, or a few random ones."""
    start = comparison.problem.blocks[box.block].start
    count = min(box.size, _SAMPLES)
    chosen = comparison.rng.choice(box.size, count, replace=False) if box.size > 1 else np.zeros(1, dtype=int)
    return [start + box.entry(int(k)).first for k in chosen]
