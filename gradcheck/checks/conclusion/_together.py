"""The finding about entries on a kink that are admissible one by one, and wrong in sum (`wrong_together`)."""

from __future__ import annotations

import numpy as np

from ...numerics import Together
from ...report import Finding, Verdict
from ...subjects import location_of
from ..bench._bench import Bench
from ..bench._pieces import Piece

_SHOWN = 6


def together_finding(bench: Bench, together: Together) -> Finding:
    """Return what is wrong: which entries were moved together, what the gradient promises, and what happens."""
    pieces = [piece for piece in bench.inputs if concerns(together, piece)]
    paths = " and ".join(piece.path for piece in pieces)
    return Finding(
        "GC102" if pieces[0].path.startswith("params") else "GC101",
        f"the gradient of {bench.subject.name} with respect to {paths} is wrong where entries meet at a kink: "
        f"each is admissible, their sum is not",
        Verdict.FAIL,
        pieces[0].path,
        None,
        together.analytic,
        together.numeric,
        together.bound,
        cause=_cause(together),
        hint="where entries tie, give the whole upstream to one of them, or split it: the shares must add up to it",
        location=location_of(bench.subject.backward),
        detail=(f"moved {_how(together)}: {_named(bench, together)}",),
    )


def concerns(together: Together, piece: Piece) -> bool:
    """Whether entries of `piece` are among those that are wrong in sum."""
    return any(piece.where.start <= j < piece.where.stop for j in together.coordinates)


def _how(together: Together) -> str:
    moved = together.direction[list(together.coordinates)]
    return "together, all by the same" if np.all(moved == moved[0]) else "together, each by its own size and sign"


def _named(bench: Bench, together: Together) -> str:
    names = [
        piece.path + "[" + ", ".join(map(str, piece.index(j))) + "]"
        for piece in bench.inputs
        for j in together.coordinates
        if piece.where.start <= j < piece.where.stop
    ]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _cause(together: Together) -> str | None:
    """Return what the two sums say about the shares of a tie."""
    if together.analytic == 0:
        return "a tie gets no gradient at all: a strict comparison on both sides"
    ratio = together.analytic / together.numeric if together.numeric else 0.0
    if abs(ratio - round(ratio)) < 1e-6 and 2 <= round(ratio) <= len(together.coordinates):
        return f"a tie gets {round(ratio)} times its gradient: each of the tied entries gets all of it"
    return None
