r"""What float64 shows of a subject of low precision that the precision itself cannot hold: a constant of few digits.

The formula of a subject with inputs in float32 is checked in float64. Where all that is wrong there is

.. math:: |a - n| \le 2^{-23}\,\max(|a|, |n|)

for analytic a and numeric n, it is less than one ulp of float32, as of a factor 1/6 that was written as one: no
gradient in float32 could be closer. That is noted, and no fault; with inputs in float64 it is one, unless the
derivative was computed or kept in float32, to save memory, and is multiplied by an upstream of all digits.

An array that the function reads from outside keeps its format where inputs are widened, and what is computed of it
alone is rounded to that, as its sum is. Beside such an array, differences that are small beside the largest entry

.. math:: |a - n| \le 8\,\epsilon\,\max_j |n_j|

are undecided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ...numerics import SINGLE, Ruling
from ...report import Finding, Verdict
from ...subjects import DIGITS, read_by
from ..bench._bench import Bench
from ..bench._pieces import Piece, piece_of, place_of
from ..comparison._outcome import OUTSIDE, Columns, Outcome
from ._judge import Judgement
from ._low_precision import was_widened

_ULPS, _FEW = 8.0, 16.0
"""Ulps by which sums of an array from outside may be off, and what is computed of numbers in float32."""

_HINT = "look for a constant that was rounded to float32: written in float64 it serves inputs of either precision"


def with_hint(outcome: Outcome, findings: Sequence[Finding]) -> list[Finding]:
    """Return `findings` with a hint at the constant, where nothing is off by more than float32 can hold."""
    if not _is_below(outcome):
        return list(findings)
    return [replace(f, hint=_HINT) if f.severity is Verdict.FAIL and not f.cause else f for f in findings]


def without_low_constants(
    bench: Bench, judged: Judgement, kept_in_single: Callable[[], bool], coarsely: Callable[[], Judgement]
) -> tuple[Judgement, list[Finding]]:
    """Return `judged` with what is below the last digit of float32 passed, and the note that says so.

    Where only a few of many entries were looked at, or a derivative is `kept_in_single`, all are compared again as
    those of a backward that rounds to float32: `coarsely`.
    """
    outcome = judged.outcome
    if outcome is None:
        return judged, []
    if not was_widened(bench):
        return (coarsely() if _is_below(outcome, _FEW) and kept_in_single() else judged), []
    if not _is_below(outcome):
        _leave_open(bench, outcome)
        return judged, []
    if outcome.sampled:
        return coarsely(), []
    assert outcome.columns is not None
    columns, off = outcome.columns, _off(outcome.columns)
    note = _noted(bench, columns.position[int(np.argmax(off))], float(off.max()))
    columns.state = [Ruling.PASS if state is Ruling.FAIL else state for state in columns.state]
    columns.hidden = np.maximum(columns.hidden, SINGLE.eps * np.abs(columns.numeric)).tolist()
    return judged, [note]


def _leave_open(bench: Bench, outcome: Outcome) -> None:
    """Leave undecided what is wrong by no more than an array from outside has been rounded to."""
    columns, eps = outcome.columns, _read_from_outside(bench)
    if not eps or columns is None or outcome.together is not None:
        return
    wrong = [k for k, state in enumerate(columns.state) if state is Ruling.FAIL]
    sizes = [_largest(columns, piece_of(bench.inputs, columns.position[k])) for k in wrong]
    off = np.array([abs(columns.analytic[k] - columns.numeric[k]) for k in wrong])
    if np.all(off <= _ULPS * eps * np.array(sizes)):
        for k in wrong:
            columns.state[k], columns.limit[k] = Ruling.OPEN, OUTSIDE


def _read_from_outside(bench: Bench) -> float:
    """Return the unit roundoff of the coarsest array of few digits that the function reads; 0 if it reads none."""
    formats = (
        str(getattr(value, "dtype", "")).removeprefix("torch.") for _, value in read_by(bench.subject.backward)
    )
    return max((2.0 ** (1 - DIGITS[name]) for name in formats if name in DIGITS), default=0.0)


def _largest(columns: Columns, piece: Piece) -> float:
    """Return the largest numeric entry of one input, of those that were looked at."""
    numeric, position = np.array(columns.numeric), np.array(columns.position)
    inside = np.isfinite(numeric) & (position >= piece.where.start) & (position < piece.where.stop)
    return float(np.max(np.abs(numeric[inside]), initial=0.0))


def _is_below(outcome: Outcome, ulps: float = 1.0) -> bool:
    """Whether something is wrong, and all of it by no more than so many `ulps` of float32."""
    if outcome.columns is None or outcome.together is not None or Ruling.FAIL not in outcome.columns.state:
        return False
    return bool(np.all(_off(outcome.columns) <= ulps * SINGLE.eps))


def _off(columns: Columns) -> np.ndarray:
    """Return the relative error of each entry that is wrong, 0 elsewhere."""
    analytic, numeric = np.array(columns.analytic), np.array(columns.numeric)
    wrong = np.array([state is Ruling.FAIL for state in columns.state])
    size = np.maximum(np.abs(analytic), np.abs(numeric))
    with np.errstate(all="ignore"):
        share = np.where(size > 0, np.abs(analytic - numeric) / size, np.inf)
    return np.where(wrong, share, 0.0)


def _noted(bench: Bench, position: int, share: float) -> Finding:
    place = place_of(bench.inputs, position)
    return Finding(
        "GC903",
        f"in float64 the gradient of {place.path} is off by {share:.1g} of its size, less than float32 can hold",
        Verdict.PASS,
        *place,
        hint=_HINT,
    )
