"""What kept a comparison undecided: the limit by its name, the bound that was reached, and the way out.

A limit is ``kink``, ``noise``, ``truncation``, ``non-finite``, ``stops`` or ``outside``; or ``budget``, which ends
everything at once: then the report says what the calls have bought.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...numerics import Ruling
from ...report import Finding, Verdict
from ..bench._bench import Bench
from ..bench._pieces import Piece
from ..comparison._outcome import OUTSIDE, STOPS, Columns, Outcome


@dataclass(frozen=True, slots=True)
class Limit:
    """The code of a limit, its sentence about ``{what}``, how the bound that it left reads, and the remedy."""

    code: str
    title: str
    reached: str
    remedy: str


_HIDDEN = "; an error below {bound:.1e} of it could be hidden"

LIMITS = {
    "kink": Limit(
        "GC901",
        "a kink lies too near to tell on which side {what} is",
        "",
        "move the inputs a little, for example x + 1e-3",
    ),
    "noise": Limit(
        "GC903",
        "rounding hides {what}: the forward carries too few digits of it",
        _HIDDEN,
        "take large constants out of the output, or bring inputs and outputs to the scale of 1",
    ),
    "truncation": Limit(
        "GC902",
        "the function varies too fast around this point to difference {what}",
        _HIDDEN,
        "check at a smoother point, or at smaller inputs",
    ),
    STOPS: Limit(
        "GC903",
        "the forward jumps beside this point, as an iteration does that stops at a tolerance, and so hides {what}",
        _HIDDEN,
        "tighten the tolerance of what the forward iterates; as far as it reaches, differences and gradient agree",
    ),
    OUTSIDE: Limit(
        "GC903",
        "an array that the function reads from outside has fewer digits than float64, and hides {what}",
        _HIDDEN,
        "pass the array as an argument, which is widened, or hold it in float64",
    ),
    "non-finite": Limit(
        "GC902",
        "the forward is not finite next to this point, so {what} cannot be differenced",
        "",
        "move the inputs away from the edge of the domain",
    ),
}
"""What the numerics call a limit -> what a person reads."""


def undecided_as_a_whole(bench: Bench, outcome: Outcome) -> Finding:
    """Return the finding for a projection that was left undecided."""
    limit = LIMITS[outcome.limit or "noise"]
    bound = outcome.bound if outcome.bound is not None and np.isfinite(outcome.bound) else None
    reached = _reached(limit, bound)
    return Finding(
        limit.code,
        limit.title.format(what=f"the gradient of {bench.subject.name}") + reached,
        Verdict.INCONCLUSIVE,
        bound=bound,
        hint=limit.remedy,
        detail=tuple(text for text in (outcome.note, bench.refusal) if text),
    )


def undecided(columns: Columns, piece: Piece, mine: list[int], open_: list[int], refusal: str | None) -> Finding:
    """Return the finding for the entries `open_` of `piece`, out of `mine`, by the one that is furthest off."""
    worst = max(open_, key=lambda k: _off(columns, k))
    limit = LIMITS[columns.limit[worst] or "noise"]
    index = piece.index(columns.position[worst])
    bound = (_off(columns, worst) + columns.bound[worst]) / (columns.scale[worst] or 1.0)
    reached = _reached(limit, bound)
    return Finding(
        limit.code,
        limit.title.format(what=f"the gradient at {piece.path}{list(index) if index else ''}") + reached,
        Verdict.INCONCLUSIVE,
        piece.path,
        index,
        columns.analytic[worst],
        _known(columns.numeric[worst]),
        _known(columns.bound[worst]),
        hint=limit.remedy,
        compared=len(mine),
        detail=(f"{len(open_)} of {len(mine)} entries are undecided", *((refusal,) if refusal else ())),
    )


def _reached(limit: Limit, bound: float | None) -> str:
    if bound is None or not np.isfinite(bound):
        return ""
    return (
        limit.reached.format(bound=bound) if bound < 1 or not limit.reached else "; any error of it could be hidden"
    )


def _known(number: float) -> float | None:
    return number if np.isfinite(number) else None


def _off(columns: Columns, k: int) -> float:
    off = abs(columns.analytic[k] - columns.numeric[k])
    return off if np.isfinite(off) else 0.0


UNEXAMINED = "while the subject was being examined; nothing was compared"

# -- the budget ------------------------------------------------------------------------------------------------------


def ended(most: int | None, where: str, detail: tuple[str, ...] = (), enough: int | None = None) -> Finding:
    """Return GC906: ``max_evals`` ended the check `where`; `enough` is about what it would have taken."""
    title = f"max_evals={most} ended the check {where}"
    hint = f"raise max_evals={f' to about {enough}' if enough else ''}, or leave it out"
    return Finding("GC906", title, Verdict.INCONCLUSIVE, hint=hint, detail=detail)


def ended_early(bench: Bench, outcome: Outcome) -> Finding:
    """Return GC906 with what was found of every input until then."""
    detail = tuple(f"{piece.path}: {bought(outcome, piece)}" for piece in bench.inputs)
    if outcome.columns is None:
        return ended(bench.most, _glanced(outcome), detail)
    done, whole = len(outcome.columns.position), bench.x.size
    spent = bench.forward_calls - outcome.start
    enough = None if outcome.sampled or not done else outcome.start + -(-spent * whole // done)
    where = f"after {done} of {whole} entries were compared" if done else f"before the first of {whole} entries"
    return ended(bench.most, where, detail, enough)


def _glanced(outcome: Outcome) -> str:
    if not outcome.glances:
        return "before the first look was decided"
    return "after one of two random directions" if outcome.certified else "after the first look, which left it open"


def bought(outcome: Outcome, piece: Piece) -> str:
    """Return what is known of `piece` where the budget ended the check."""
    if outcome.columns is not None:
        return _entries_bought(outcome.columns, piece)
    seen = [look.resolution(piece.where, g.analytic) for g in outcome.glances if g.certified for look in g.looks]
    known = [resolution for resolution in seen if resolution is not None]
    return f"certified to {max(known):.1e} along one direction" if known else "not certified yet"


def _entries_bought(columns: Columns, piece: Piece) -> str:
    mine = [k for k, j in enumerate(columns.position) if piece.where.start <= j < piece.where.stop]
    if not mine:
        return "not reached"
    wrong = sum(columns.state[k] is Ruling.FAIL for k in mine)
    open_ = sum(columns.state[k] is Ruling.OPEN for k in mine)
    passed = [k for k in mine if columns.state[k] not in (Ruling.FAIL, Ruling.OPEN)]
    told = [f"{len(mine)} of {piece.where.stop - piece.where.start} entries compared"]
    told += [f"{wrong} wrong"] if wrong else []
    told += [f"{open_} undecided"] if open_ else []
    told += [f"{len(passed)} certified{_to(columns, passed)}"] if passed else []
    return ", ".join(told)


def _to(columns: Columns, passed: list[int]) -> str:
    """Return to what the entries that passed are certified, relative to the largest of them."""
    largest = max(abs(columns.analytic[k]) for k in passed)
    worst = max(_off(columns, k) + columns.bound[k] for k in passed)
    return f" to {worst / largest:.1e}" if largest and np.isfinite(worst) else ""
