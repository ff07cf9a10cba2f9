"""Inputs of which a sample alone was compared, because another one is wrong: certified, or said to be open.

That few of their entries are right says nothing of the others. One look at all of these inputs together does, and
where it does not, one at each; two forwards a look.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from ...numerics import Look, Ruling, look_at_rest
from ...subjects import OutOfBudget
from ..bench._pieces import Piece
from ..comparison._comparison import Comparison
from ..comparison._outcome import BUDGET, Outcome

_MEANINGLESS = 0.1
"""Resolution above which a look at all of them says nothing of one."""


def look_at_others(comparison: Comparison, outcome: Outcome) -> None:
    """Note in `outcome` what certifies the inputs that are right as far as a sample of them shows."""
    if outcome.limit == BUDGET or not (outcome.sampled and outcome.glances) or outcome.rest is not None:
        return
    others = [piece for piece in comparison.bench.inputs if not _is_doubted(outcome, piece)]
    groups = [others, *([piece] for piece in others if len(others) > 1)]
    with suppress(OutOfBudget):
        for pieces in groups:
            if any(piece.path not in outcome.others for piece in pieces):
                _certify(comparison, outcome, pieces)


def _certify(comparison: Comparison, outcome: Outcome, pieces: Sequence[Piece]) -> None:
    look = _look(comparison, outcome, pieces)
    if look.certified:
        outcome.others |= {piece.path: look for piece in pieces if _means_something(outcome, look, piece)}


def _means_something(outcome: Outcome, look: Look, piece: Piece) -> bool:
    resolution = look.resolution(piece.where, outcome.glances[-1].analytic)
    return resolution is None or resolution <= _MEANINGLESS


def _look(comparison: Comparison, outcome: Outcome, pieces: Sequence[Piece]) -> Look:
    outside = np.ones(comparison.problem.x.size, dtype=bool)
    for piece in pieces:
        outside[piece.where] = False
    seen = outcome.glances[-1]
    return look_at_rest(comparison.problem, comparison.base, seen, np.flatnonzero(outside), comparison.rng)


def _is_doubted(outcome: Outcome, piece: Piece) -> bool:
    """Whether an entry of the input was judged, and not found to be right; or all of it was judged."""
    assert outcome.columns is not None
    pairs = zip(outcome.columns.position, outcome.columns.state, strict=True)
    mine = [state for at, state in pairs if piece.where.start <= at < piece.where.stop]
    whole = len(mine) == piece.where.stop - piece.where.start
    return whole or not {Ruling.FAIL, Ruling.OPEN}.isdisjoint(mine)
