"""Few entries whose gradient is far smaller than that of the others: judged one by one, whatever their number beside.

The first look sees them in a group of their own, where rounding, a kink or a stationary point may keep it from
certifying; entry by entry the careful rule has no such trouble.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...numerics import Lanes, Look, Ruling, few
from ._at_once import certified_among
from ._comparison import Comparison
from ._outcome import Columns, Outcome

_SCHEME = "centred differences along random directions; the smallest entries one by one"


def judge_small_groups(comparison: Comparison, outcome: Outcome) -> None:
    """Judge the entries of every small group that the last look left open.

    Where all pass, those on kinks in sum as well, the group is certified in `outcome`; if one is wrong, they are its
    columns.
    """
    seen = outcome.glances[-1]
    small = [look for look in seen.looks if _is_small(look)]
    if not small:
        return
    lanes = Lanes(comparison.problem, comparison.base, seen.upstream[None], seen.analytic[None], comparison.rng)
    known = certified_among(comparison, lanes, (j for look in small for j in _positions(look)))
    columns, settled = Columns(), []
    for look in seen.looks:
        judged = _judged(comparison, lanes, look, known) if _is_small(look) else Columns()
        columns.extend(judged)
        settled.append(_certified(look, judged) if _is_small(look) else look)
    if Ruling.FAIL in columns.state:
        outcome.columns, outcome.lanes, outcome.mode, outcome.sampled = columns, lanes, "entries", True
        outcome.scheme = "centred differences, the smallest entries one by one"
        return
    if comparison.wrong_together(lanes) is not None:
        return  # as shares of a tie that do not add up: all entries tell which
    outcome.glances[-1] = replace(seen, looks=tuple(settled))
    outcome.scheme = _SCHEME
    outcome.kinked += sum(state is Ruling.KINK for state in columns.state)


def judge_foremost(comparison: Comparison, outcome: Outcome) -> None:
    """Judge, beside small entries that are wrong, the one that contributes most to what else was left open.

    A mistake in all entries is small in the smallest of them; what may excuse it there is no excuse for the others.
    """
    seen, columns = outcome.glances[-1], outcome.columns
    rest = [look for look in seen.looks if not look.certified and not _is_small(look)]
    if columns is None or outcome.lanes is None or not rest:
        return
    weight = np.abs(seen.analytic * rest[0].direction)
    foremost = int(np.argmax(np.nan_to_num(weight if rest[0].group is None else weight * rest[0].group)))
    if foremost not in columns.position:
        comparison.columns(outcome.lanes, [foremost], columns)


def _is_small(look: Look) -> bool:
    return not look.certified and look.group is not None and few(look.group)


def _judged(comparison: Comparison, lanes: Lanes, look: Look, known: Columns) -> Columns:
    """Return the entries of `look`: those in `known` as they are there, the others judged one by one."""
    columns = known.among(_positions(look))
    return comparison.columns(lanes, [j for j in _positions(look) if j not in columns.position], columns)


def _positions(look: Look) -> list[int]:
    assert look.group is not None
    return [int(j) for j in np.flatnonzero(look.group)]


def _certified(look: Look, judged: Columns) -> Look:
    """Return `look`, certified if every entry passed, with the largest share that an error could still have."""
    if Ruling.OPEN in judged.state:
        return look
    told = [k for k, state in enumerate(judged.state) if state is not Ruling.KINK]
    off = [judged.bound[k] + abs(judged.analytic[k] - judged.numeric[k]) for k in told]
    weights = [abs(float(look.direction[judged.position[k]])) for k in told]
    hidden = max((o * w for o, w in zip(off, weights, strict=True)), default=0.0)
    return replace(look, certified=True, limit=max(hidden, float(np.finfo(float).tiny)), residual=0.0)
