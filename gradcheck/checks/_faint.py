"""What an upstream of the faint outputs alone accuses (`numerics._faint`), after all others have passed.

It may only accuse: where rounding or a kink is in the way of so small outputs, the verdict is that of the others.
"""

from __future__ import annotations

from dataclasses import replace

from ..numerics import stays_wrong, upstream_of_faint
from ..subjects import OutOfBudget
from ._gradient import Comparison
from ._outcome import Outcome

_SCHEME = "for the outputs that are far smaller than the others"


def accused_by_faint(comparison: Comparison, mode: str) -> tuple[Comparison, Outcome] | None:
    """Return a comparison of the faint outputs and what it came to, if that accuses an entry; else None."""
    if comparison.fixed_upstream or comparison.allowed is not None or comparison.bench.subject.derived:
        return None
    try:
        faint = _of_faint(comparison)
        outcome = None if faint is None else faint.run(mode)
    except OutOfBudget:
        return None
    if faint is None or outcome is None or not outcome.accuses:
        return None
    outcome.scheme += f"; {_SCHEME}"
    return faint, outcome


def _of_faint(comparison: Comparison) -> Comparison | None:
    problem, rng = comparison.problem, comparison.rng
    upstream = upstream_of_faint(problem, comparison.base, comparison.upstream, rng)
    if upstream is None:
        return None
    analytic = problem.pull(problem.x, upstream)
    if not stays_wrong(problem, upstream, analytic, rng):
        return None
    found = Outcome(comparison.found.mode, comparison.found.scheme)
    return replace(
        comparison, upstream=upstream, analytic=analytic, fixed_upstream=True, direction=None, doubt=None, found=found
    )
