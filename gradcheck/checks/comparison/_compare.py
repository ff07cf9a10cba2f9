"""`compare`: a first look that may certify, then the careful rule where it did not.

===============  =============================================================================================
first look       two random directions on small problems, one on large ones, and one where a framework alone
                 derives the backward (`numerics.glance`)
elementwise      all entries at once, each its own verdict (`numerics.judge_elementwise`)
entries          every coordinate on its own, up to `ENTRIES` of them (`numerics.judge_columns`)
hunt             on larger problems: sampled entries, then halving, then the kinks (`_hunt`)
===============  =============================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from ...numerics import Glance, Ruling, Vector, glance, idle_beside
from ._at_once import certified_by_many_calls
from ._by_colour import certified_by_colour
from ._comparison import ENTRIES, FUTILE, ONE_HOT, Comparison
from ._hunt import hunt
from ._in_sum import hold_in_sum
from ._outcome import Columns, Outcome
from ._pinpoint import found_all, pinpoint
from ._small_groups import judge_foremost, judge_small_groups

_AT_ONCE, _ONE_BY_ONE = (
    f"centred differences, {moved} at a time, extrapolated" for moved in ("many entries", "one entry")
)
_PINPOINTED = 64


def compare(comparison: Comparison, mode: str) -> Outcome:
    """Compare in `mode`: ``auto``, ``projection`` or ``entries``."""
    if mode == "entries" or comparison.allowed is not None:
        if comparison.is_doubted():
            return comparison.found
        found = _all_entries(comparison, _sums(comparison))
        if comparison.allowed is None and _claims_nothing(comparison) and found.passes:
            hold_in_sum(comparison, found, _first_look(comparison, comparison.upstream, comparison.analytic))
        return found
    outcome = comparison.found
    by_entries = mode == "auto" and comparison.problem.x.size <= ENTRIES
    _look(comparison, outcome, beside=not by_entries)
    if outcome.certified or outcome.columns is not None or comparison.is_doubted():
        return outcome
    if comparison.is_elementwise:
        return comparison.elementwise()
    if by_entries:
        found = _by_entries(comparison, outcome)
        hold_in_sum(comparison, found, outcome.glances[-1])
        return found
    return _looked_closer(comparison, outcome)


# -- the first look --------------------------------------------------------------------------------------------------


def _look(comparison: Comparison, outcome: Outcome, *, beside: bool) -> None:
    """Look along one upstream, or two: a backward that somebody wrote may be right for one alone."""
    problem, subject = comparison.problem, comparison.bench.subject
    upstream, analytic = comparison.upstream, comparison.analytic
    for k in range(2 if comparison.is_fine and not subject.derived else 1):
        if k and not comparison.fixed_upstream and not subject.linear:
            upstream = comparison.bench.draw_upstream(comparison.base, comparison.rng)
            analytic = problem.pull(problem.x, upstream)
        seen = _first_look(comparison, upstream, analytic, beside=beside)
        outcome.glances.append(seen)
        if not seen.certified and (beside or problem.x.size > _PINPOINTED):
            _settle_small_groups(comparison, outcome, beside=beside)
        if not outcome.glances[-1].certified:
            return


def _first_look(comparison: Comparison, upstream: Vector, analytic: Vector, *, beside: bool = False) -> Glance:
    return glance(
        comparison.problem,
        comparison.base,
        upstream,
        analytic,
        comparison.rng,
        fine=comparison.is_fine,
        beside=beside,
        direction=comparison.direction,
    )


def _settle_small_groups(comparison: Comparison, outcome: Outcome, *, beside: bool) -> None:
    """Judge the entries of small groups; where all are judged one by one otherwise, only if that settles it."""
    found = outcome if beside else replace(outcome, glances=list(outcome.glances))
    seen = outcome.glances[-1]
    judge_small_groups(comparison, found)
    if beside:
        judge_foremost(comparison, found)
    if found.glances[-1].certified and found.columns is None:
        found.glances[-1] = _with_idle(comparison, seen, found.glances[-1])
    if found.certified:
        outcome.glances, outcome.scheme, outcome.kinked = found.glances, found.scheme, found.kinked


def _with_idle(comparison: Comparison, seen: Glance, settled: Glance) -> Glance:
    """Return `settled`, and a look that is not certified where zeros that `seen` certified do have a slope."""
    return idle_beside(comparison.problem, comparison.base, seen, settled, comparison.rng, fine=comparison.is_fine)


def _doubted(outcome: Outcome) -> list[Vector]:
    return [seen.upstream for seen in outcome.glances if not seen.certified]


# -- a closer look ---------------------------------------------------------------------------------------------------


def _by_entries(comparison: Comparison, outcome: Outcome) -> Outcome:
    """Judge all entries, of medium problems only what halving leaves unexplained."""
    if comparison.problem.x.size <= _PINPOINTED:
        return compare_entries(comparison, doubted=_doubted(outcome))
    found = _pinpointed(comparison, outcome)
    if _explains(comparison, found):
        return found
    return compare_entries(comparison, doubted=_doubted(outcome), suspects=found.wrong)


def _pinpointed(comparison: Comparison, outcome: Outcome) -> Outcome:
    """Return what halving found."""
    found = Outcome(outcome.mode, outcome.scheme, outcome.glances)
    pinpoint(comparison, found, patient=False)  # all entries are judged next, if need be
    return found


def _explains(comparison: Comparison, found: Outcome) -> bool:
    """Whether what was found is a few entries, and everything else is certified, or a row or an array as a whole.

    That is wrong by a sample of it, as on larger problems, unless a kink or rounding may be in the way.
    """
    if found_all(comparison, found):
        return True
    if not (found.places and found.glances[-1].doubted.plain):
        return False
    comparison.judge_together(found)
    return found.accuses


def _looked_closer(comparison: Comparison, outcome: Outcome) -> Outcome:
    """Hunt what is plainly wrong at once; where kinks or rounding may be in the way, certify entries first."""
    if not comparison.is_fine:
        return hunt(comparison, outcome)
    doubted = _doubted(outcome)
    found = hunt(comparison, outcome, plain=True) if outcome.glances[-1].doubted.plain else None
    if found is not None and found.accuses:
        return found
    return _all_certified(comparison, doubted) or found or hunt(comparison, outcome)


def _all_certified(comparison: Comparison, doubted: Sequence[Vector]) -> Outcome | None:
    """Return all entries if calls for many points certify them: what was in the way of sums is settled."""
    columns = certified_by_many_calls(comparison, doubted)
    if columns is None or len(columns.position) < comparison.problem.x.size:
        return None
    return Outcome("entries", _AT_ONCE, columns=columns.sorted())


def _claims_nothing(comparison: Comparison) -> bool:
    """Whether the gradient of a whole array is claimed to be zero."""
    return any(not np.any(comparison.analytic[block]) for block in comparison.problem.blocks)


# -- entry by entry --------------------------------------------------------------------------------------------------


def _all_entries(comparison: Comparison, doubted: Sequence[Vector]) -> Outcome:
    return comparison.elementwise() if comparison.is_elementwise else compare_entries(comparison, doubted=doubted)


def compare_entries(
    comparison: Comparison,
    positions: Sequence[int] | None = None,
    doubted: Sequence[Vector] = (),
    suspects: Sequence[int] | None = None,
) -> Outcome:
    """Judge the coordinates at `positions`, each on its own; all of them by default, many at once where that does.

    Where `suspects` are given, an array begins with those, and is left where the rest of it would only cost calls.
    """
    alone = positions is not None or comparison.allowed is not None
    columns = Columns() if alone else _by_colour(comparison, doubted)
    outcome = comparison.found = Outcome("entries", _AT_ONCE if columns.position else _ONE_BY_ONE)
    outcome.columns, outcome.sampled, outcome.start = columns, positions is not None, comparison.bench.forward_calls
    done = set(columns.position)
    rest = [j for j in (range(comparison.problem.x.size) if positions is None else positions) if j not in done]
    if rest:
        outcome.lanes = comparison.lanes(doubted)
        for some in [rest] if suspects is None else _by_array(comparison, rest, suspects):
            comparison.columns(outcome.lanes, some, columns, patient=suspects is None)
        outcome.sampled |= len(columns.position) < len(done) + len(rest)
    outcome.columns = columns.sorted()
    outcome.kinked = columns.state.count(Ruling.KINK)
    comparison.judge_together(outcome)
    return outcome


def _by_array(comparison: Comparison, positions: Sequence[int], suspects: Sequence[int]) -> Iterator[list[int]]:
    """Yield those of `positions` that lie in one array: the suspects first, and the others in random order.

    Few of them are all looked at, and stay as they are.
    """
    for _, mine in groupby(positions, comparison.problem.block_of):
        inside = list(mine)
        if len(inside) > FUTILE:
            inside = comparison.rng.permutation(inside).tolist()
        yield sorted(inside, key=lambda position: position not in suspects)


def _by_colour(comparison: Comparison, doubted: Sequence[Vector]) -> Columns:
    """Return the entries that could be certified by moving many of them at once."""
    found = certified_by_many_calls(comparison, doubted)
    if found is not None:
        return found
    columns = Columns()
    for block in range(len(comparison.problem.blocks)):
        columns.extend(certified_by_colour(comparison, block, doubted))
    return columns


def _sums(comparison: Comparison) -> list[Vector]:
    """Return an upstream for all outputs: what is right for each need not be for their sum."""
    told = comparison.fixed_upstream or comparison.allowed is not None
    return [] if told or not 1 < comparison.base.size <= ONE_HOT else [comparison.upstream]
