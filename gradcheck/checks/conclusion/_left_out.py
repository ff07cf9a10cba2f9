"""What was left out of a check, and how sure that makes it: GC908.

=========================================================  ============
a parameter that nobody left a gradient for                inconclusive
an array that may be one, or may be a constant             a note
an input or parameter without a gradient that moves none   a note: zero
what the subject says of itself                            a note
=========================================================  ============
"""

from __future__ import annotations

from ...report import Finding, Verdict
from ..bench._bench import Bench


def left_out(bench: Bench) -> list[Finding]:
    """Return notes of what is or may be a parameter but has no gradient beside it, and of what needs none."""
    told = [Finding("GC908", sentence, Verdict.PASS) for sentence in bench.subject.left_out]
    return [*_undecided(bench), *_unchecked(bench), *_without_effect(bench), *told]


def _undecided(bench: Bench) -> list[Finding]:
    named = bench.subject.undecided
    return [
        Finding(
            "GC908",
            f"not decided, for no gradient was found of the parameter {name!r} of {bench.subject.name}",
            Verdict.INCONCLUSIVE,
            f"params[{name!r}]",
            hint=f"leave it in grads[{name!r}] or d{name} in every backward; params= and grads= tell of other places",
        )
        for name in named
    ]


def _unchecked(bench: Bench) -> list[Finding]:
    if not bench.subject.unchecked:
        return []
    named = ", ".join(bench.subject.unchecked)
    first = bench.subject.unchecked[0]
    return [
        Finding(
            "GC908",
            f"not checked, for no gradient was found beside it: {named} of {bench.subject.name}",
            Verdict.PASS,
            f"params[{first!r}]",
            hint=f"if it is a parameter, say where its gradient is: params={{{first!r}: 'd{first}'}}",
        )
    ]


def _without_effect(bench: Bench) -> list[Finding]:
    idle = [path for path, unmoved in bench.unmoved.items() if unmoved]
    title = f"no gradient came for {', '.join(idle)}, which moved no output: taken as zero"
    return [Finding("GC908", title, Verdict.PASS, idle[0])] if idle else []
