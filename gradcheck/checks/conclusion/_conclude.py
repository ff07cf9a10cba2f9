"""From what the numerics saw to what a report says: comparisons and findings, by path and index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from ...diagnosis import describe, heads_in
from ...numerics import SOUND, Lanes, Ruling, norm, sweep
from ...pictures import field
from ...report import Comparison as Compared
from ...report import Entry, Field, Finding, StepError, Verdict
from ...subjects import OutOfBudget, heads_of, location_of, source_of
from ..bench._bench import Bench
from ..bench._pieces import Piece
from ..comparison._comparison import ENTRIES, Comparison
from ..comparison._later import now_or_later
from ..comparison._moved import look_beside
from ..comparison._outcome import BUDGET, Columns, Outcome, Tolerance
from ._diagnosed import diagnosed
from ._left_out import left_out
from ._limits import bought, ended_early, undecided, undecided_as_a_whole
from ._others import look_at_others
from ._together import concerns, together_finding
from ._written import written

_SHOWN = 12
_WORTHLESS, _MEANINGLESS, _DUST = 1e-3, 0.1, 1e-9
_POLICIES = {
    "subgradient": "where any value between the one-sided slopes is accepted",
    "ignore": "left out as kinks='ignore' asks",
    "error": "which kinks='error' does not accept",
}


@dataclass(slots=True)
class Conclusion:
    """Comparisons and findings of one check."""

    comparisons: list[Compared]
    findings: list[Finding]


def conclude(comparison: Comparison, outcome: Outcome, kinks: str) -> Conclusion:
    """Return what `outcome` means for every input, under the policy `kinks`."""
    bench = comparison.bench
    if outcome.columns is None or outcome.mode == "projection":
        if kinks == "ignore" and outcome.limit == "kink":
            seen = look_beside(comparison.problem, outcome.glances[-1].upstream, comparison.rng)
            outcome.settle_beside(seen)
        compared = [_looked_at(comparison, outcome, piece) for piece in bench.inputs]
        findings = [undecided_as_a_whole(bench, outcome)] if outcome.limit not in (None, BUDGET) else []
    else:
        _apply_policy(outcome, outcome.columns, kinks)
        outcome.together = None if kinks == "ignore" else outcome.together
        look_at_others(comparison, outcome)
        parts = [(piece, _inside(outcome.columns, piece)) for piece in bench.inputs]
        for piece, mine in parts:
            _withdraw_empty_passes(comparison, outcome.columns, piece, mine)
        compared = [_judged(comparison, outcome, *part) for part in parts]
        findings = [f for part in parts for f in _findings(comparison, outcome, *part)]
        findings += [together_finding(bench, outcome.together)] if outcome.together is not None else []
    findings += [ended_early(bench, outcome)] if outcome.limit == BUDGET else []
    findings += _notes(bench, comparison, outcome, kinks)
    return Conclusion(compared, findings)


# -- the first look --------------------------------------------------------------------------------------------------


def _looked_at(comparison: Comparison, outcome: Outcome, piece: Piece) -> Compared:
    seen = [look.resolution(piece.where, g.analytic) for g in outcome.glances for look in g.looks]
    known = [r for r in seen if r is not None] if outcome.limit != BUDGET else []
    verdict = Verdict.PASS if outcome.settled else Verdict.INCONCLUSIVE
    note = outcome.note if outcome.limit != BUDGET else bought(outcome, piece)
    coarse = max(known) > _MEANINGLESS if known else not note  # all of it is claimed to be zero
    if coarse and _is_dust(comparison, piece):
        known, note = [], "what it contributes is rounding beside the others"
    if not np.all(np.isfinite(known)):
        verdict = Verdict.INCONCLUSIVE  # nothing is certain to within NaN
    if _is_silent(outcome):
        note = "the gradient is zero, and no output moves"
    return Compared(
        _outputs(comparison.bench),
        piece.path,
        verdict,
        outcome.scheme,
        piece.where.stop - piece.where.start,
        resolution=max(known, default=None) if verdict is Verdict.PASS else outcome.bound,
        bound=outcome.bound,
        note=note,
    )


# -- entry by entry --------------------------------------------------------------------------------------------------


def _apply_policy(outcome: Outcome, columns: Columns, kinks: str) -> None:
    """At a kink: ``subgradient`` accepts the hull, ``ignore`` accepts anything, ``error`` accepts nothing."""
    for k, kinked in enumerate(columns.kinked if kinks == "ignore" else ()):
        if kinked or columns.limit[k] == "kink":
            columns.state[k] = Ruling.KINK
    outcome.kinked = max(outcome.kinked, columns.state.count(Ruling.KINK))


def _judged(comparison: Comparison, outcome: Outcome, piece: Piece, mine: list[int]) -> Compared:
    columns, bench = outcome.columns, comparison.bench
    assert columns is not None
    verdict = _verdict([columns.state[k] for k in mine])
    partly = outcome.limit == BUDGET or (outcome.sampled and outcome.rest_of(piece.path) is None)
    if partly and verdict is Verdict.PASS and len(mine) < piece.where.stop - piece.where.start:
        verdict = Verdict.INCONCLUSIVE
    if outcome.together is not None and concerns(outcome.together, piece):
        verdict = Verdict.FAIL
    worst = _worst(columns, mine)
    return Compared(
        _outputs(bench),
        piece.path,
        verdict,
        outcome.scheme,
        piece.where.stop - piece.where.start,
        piece.index(columns.position[worst]) if mine else None,
        columns.analytic[worst] if mine else None,
        columns.numeric[worst] if mine else None,
        columns.bound[worst] if mine else None,
        _reached(comparison, outcome, piece, mine) if verdict is Verdict.PASS else None,
        _note(comparison, outcome, piece, len(mine)),
    )


def _reached(comparison: Comparison, outcome: Outcome, piece: Piece, mine: list[int]) -> float | None:
    """Return the resolution of a pass."""
    assert outcome.columns is not None
    if _is_dust(comparison, piece) or comparison.allowed is not None:  # the caller's tolerance is what passed it
        return None
    if (rest := outcome.rest_of(piece.path)) is not None:
        return rest.resolution(piece.where, outcome.glances[-1].analytic)
    return _resolution(outcome.columns, mine)


def _note(comparison: Comparison, outcome: Outcome, piece: Piece, compared: int) -> str | None:
    size = piece.where.stop - piece.where.start
    if outcome.limit == BUDGET:
        return bought(outcome, piece)
    if outcome.rest_of(piece.path) is not None:
        return "all together" if not compared else f"the other {size - compared} entries are right, all together"
    if outcome.sampled:
        return f"{compared} of {size} entries compared"
    if not np.any(comparison.analytic):
        return "the gradient is zero: the outputs are flat there"
    return "what it contributes is rounding beside the others" if _is_dust(comparison, piece) else None


def _resolution(columns: Columns, mine: list[int]) -> float | None:
    """Return the smallest error of one entry that would have shown, relative to a typical one.

    Entries at a kink are left out: there any value between two slopes is accepted.
    """
    typical, state, hidden = _typical(columns, mine), columns.state, columns.hidden
    largest = max((hidden[k] for k in mine if state[k] in SOUND), default=np.inf)
    return float(largest / typical) if typical and np.isfinite(largest) else None


def _doubt(columns: Columns, k: int) -> float:
    return columns.bound[k] + _off(columns, k)


def _typical(columns: Columns, mine: list[int]) -> float:
    """Return the root mean square of the claims; those that are zero but for rounding count as zero."""
    told = [columns.analytic[k] for k in mine if columns.state[k] is not Ruling.FLAT]
    return norm(np.array(told)) / float(np.sqrt(max(len(mine), 1)))


def _is_dust(comparison: Comparison, piece: Piece) -> bool:
    """Whether the whole gradient of an input is rounding beside that of the others."""
    contributions = np.abs(comparison.analytic) * comparison.problem.sizes
    return float(contributions[piece.where].max(initial=0.0)) <= _DUST * float(contributions.max(initial=0.0))


def _withdraw_empty_passes(comparison: Comparison, columns: Columns, piece: Piece, mine: list[int]) -> None:
    """Leave open what passed beside its neighbours, but with a bound that is no small part of a typical entry.

    An input whose whole gradient is rounding beside that of the others keeps its passes.
    """
    beside, typical = _in_state(columns, mine, Ruling.ROW), _typical(columns, mine)
    beside += _in_state(columns, mine, Ruling.FLAT) if typical else []
    if not beside or _is_dust(comparison, piece):
        return
    for k in beside:
        if _doubt(columns, k) > _WORTHLESS * typical:
            columns.state[k], columns.limit[k] = Ruling.OPEN, "noise"


def _in_state(columns: Columns, mine: list[int], state: Ruling) -> list[int]:
    return [k for k in mine if columns.state[k] is state] if state in columns.state else []


def _inside(columns: Columns, piece: Piece) -> list[int]:
    position = np.asarray(columns.position, dtype=np.intp)
    inside: list[int] = np.flatnonzero((piece.where.start <= position) & (position < piece.where.stop)).tolist()
    return inside


def _verdict(states: list[Ruling]) -> Verdict:
    if Ruling.FAIL in states:
        return Verdict.FAIL
    return Verdict.INCONCLUSIVE if Ruling.OPEN in states else Verdict.PASS


def _worst(columns: Columns, mine: list[int]) -> int:
    """Return the entry of the gravest state that is furthest off."""
    if not mine:
        return 0
    among = np.array(_in_state(columns, mine, Ruling.FAIL) or _in_state(columns, mine, Ruling.OPEN) or mine)
    analytic, numeric = np.array(columns.analytic)[among], np.array(columns.numeric)[among]
    with np.errstate(all="ignore"):
        off = np.abs(analytic - numeric)
    return int(among[np.argmax(np.where(np.isfinite(off), off, 0.0))])


def _off(columns: Columns, k: int) -> float:
    off = abs(columns.analytic[k] - columns.numeric[k])
    return off if isfinite(off) else 0.0


def _findings(comparison: Comparison, outcome: Outcome, piece: Piece, mine: list[int]) -> list[Finding]:
    columns = outcome.columns
    assert columns is not None
    wrong = _in_state(columns, mine, Ruling.FAIL)
    if wrong:
        return [_wrong(comparison, outcome, piece, mine, wrong)]
    open_ = _in_state(columns, mine, Ruling.OPEN)
    return [undecided(columns, piece, mine, open_, comparison.bench.refusal)] if open_ else []


def _wrong(comparison: Comparison, outcome: Outcome, piece: Piece, mine: list[int], wrong: list[int]) -> Finding:
    columns, bench = outcome.columns, comparison.bench
    assert columns is not None
    wrong = sorted(wrong, key=lambda k: -_off(columns, k))
    worst = wrong[0]
    parameter = piece.path.startswith("params")
    entries = tuple(_entry(columns, piece, k) for k in wrong[:_SHOWN])
    whole = None if outcome.sampled else _arrays(columns, piece, mine)
    cause, hint, described = describe(entries, whole, coupled=not bench.subject.elementwise)
    detail: tuple[str, ...] = ()
    if outcome.sampled:
        detail = (*detail, *_extent(outcome, piece, bench, len(mine), len(wrong)))
    size = piece.where.stop - piece.where.start
    compared = len(mine)
    if (
        not outcome.sampled and outcome.limit != BUDGET and len(wrong) < compared < size
    ):  # elementwise, not all listed
        compared = size
        detail = (*detail, f"these {len(wrong)} of {size} are all: every entry was judged on its own")
    finding = Finding(
        "GC102" if parameter else "GC101",
        f"the gradient of {bench.subject.name} with respect to {piece.path} is wrong",
        Verdict.FAIL,
        piece.path,
        piece.index(columns.position[worst]),
        columns.analytic[worst],
        columns.numeric[worst],
        columns.bound[worst],
        cause,
        hint,
        entries,
        len(wrong),
        compared,
        _steps(comparison, outcome, columns.position[worst], columns.lane[worst]),
        location_of(bench.subject.backward),
        (*described, *detail),
        source_of(bench.subject.backward),
        _field(comparison, outcome, piece, mine),
    )
    if comparison.allowed is not None:
        return _beyond_the_tolerance(finding, comparison.allowed)
    places = [columns.position[k] - piece.where.start for k in wrong]
    return now_or_later(finding, lambda: _explained(comparison, piece, places, finding, detail))


def _explained(
    comparison: Comparison, piece: Piece, wrong: list[int], finding: Finding, detail: tuple[str, ...]
) -> Finding:
    """Return `finding` with what diagnosis found; as it is where that cannot be asked."""
    found = diagnosed(comparison, piece, wrong)
    if found is None:
        return finding
    return replace(finding, cause=found.cause, hint=found.hint, detail=(*found.evidence, *detail))


def _beyond_the_tolerance(finding: Finding, allowed: Tolerance) -> Finding:
    """Return `finding` as it is where a tolerance of the caller was exceeded: no bound of ours, and no ladder."""
    asked = f"atol + rtol*|numeric|, with atol={allowed.atol:g} and rtol={allowed.rtol:g}"
    detail = (f"the numeric value itself is certain to {finding.bound:.1e}", *finding.detail)
    title = f"{finding.title.removesuffix('wrong')}off by more than {asked}"
    return replace(finding, title=title, bound=None, steps=(), detail=detail)


def _extent(outcome: Outcome, piece: Piece, bench: Bench, compared: int, wrong: int) -> Iterator[str]:
    """Yield how much of the input is wrong, as far as a sample can tell."""
    size = piece.where.stop - piece.where.start
    for box in outcome.places:
        if box.block == bench.inputs.index(piece) and box.shape == piece.shape:
            yield f"{written(piece, box)} is wrong as a whole ({box.size} entries), by a sample of it"
            named = heads_in(box.ranges, box.shape, heads_of(bench.subject))
            if named:
                yield f"that is {named}, where heads lie side by side"
    if outcome.rest is not None:
        yield f"these {wrong} of {size} are all: the others together are right"
    else:
        all_of_them = "; mode='entries' compares all" if compared < size <= ENTRIES else ""
        yield f"{compared} of {size} entries were compared one by one, {wrong} of them are wrong{all_of_them}"


def _arrays(columns: Columns, piece: Piece, mine: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return analytic, numeric and bound in the shape of the input, where every entry was judged."""
    if len(mine) != piece.where.stop - piece.where.start:
        return None
    arrays = (np.array([values[k] for k in mine]) for values in (columns.analytic, columns.numeric, columns.bound))
    analytic, numeric, bound = (a.reshape(piece.shape) for a in arrays)
    return analytic, numeric, bound


def _field(comparison: Comparison, outcome: Outcome, piece: Piece, mine: list[int]) -> Field:
    """Return the whole gradient for a picture; what was not compared is there as the code says it."""
    columns = outcome.columns
    assert columns is not None
    size = piece.where.stop - piece.where.start
    said = comparison.analytic[piece.where].copy() if outcome.sampled else np.full(size, np.nan)
    places = [columns.position[k] - piece.where.start for k in mine]
    said[places] = [columns.analytic[k] for k in mine]
    numeric, bound = ([values[k] for k in mine] for values in (columns.numeric, columns.bound))
    return field(piece.shape, said, places, numeric, bound)


def _entry(columns: Columns, piece: Piece, k: int) -> Entry:
    index = piece.index(columns.position[k])
    return Entry(piece.path, index, columns.analytic[k], columns.numeric[k], columns.bound[k])


def _steps(comparison: Comparison, outcome: Outcome, position: int, lane: int) -> tuple[StepError, ...]:
    """Return the disagreement at the worst entry against the step; nothing where the budget does not reach."""
    lanes = outcome.lanes
    try:
        if lanes is None:
            row = np.zeros((1, comparison.base.size))
            row[0, position] = 1.0
            lanes, lane = Lanes.of(comparison.problem, comparison.base, row, comparison.rng), 0
        return tuple(StepError(*row) for row in sweep(lanes, position, lane))
    except OutOfBudget:
        return ()


# -- notes -----------------------------------------------------------------------------------------------------------


def _notes(bench: Bench, comparison: Comparison, outcome: Outcome, kinks: str) -> list[Finding]:
    notes = []
    if outcome.kinked:
        where = "entries lie" if outcome.kinked > 1 else "entry lies"
        notes.append(
            Finding(
                "GC901",
                f"{outcome.kinked} {where} on a kink, {_POLICIES[kinks]}",
                Verdict.FAIL if kinks == "error" else Verdict.PASS,
                hint="kinks='error' refuses them, kinks='ignore' does not look at them",
            )
        )
    notes += left_out(bench)
    if not np.any(comparison.analytic) and outcome.certified and _is_silent(outcome):
        notes.append(
            Finding(
                "GC905",
                f"the gradient of {bench.subject.name} is zero everywhere, and no output moves: nothing was tested",
                Verdict.PASS,
                hint="check at a point where the outputs depend on the inputs",
            )
        )
    return notes


def _is_silent(outcome: Outcome) -> bool:
    """Whether no look saw an output move."""
    return all(look.silent for g in outcome.glances for look in g.looks)


def _outputs(bench: Bench) -> str:
    return bench.outputs[0].path if len(bench.outputs) == 1 else "outputs"
