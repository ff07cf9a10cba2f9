"""What a closer look accuses after everything has passed: at outputs and at inputs that the others drown.

*Faint outputs* get an upstream of theirs alone (`entries._faint`). A *drowned input* is far smaller than the others,
and a step in proportion to it moves the outputs by no more than they round, whatever its gradient; it is moved by a
share of the others' size instead.

A second opinion may only accuse: where rounding, a kink or a bend is in its way, the verdict is that of the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from ...numerics import Problem, Vector, norm, stays_wrong, upstream_of_faint, weights, whole_direction
from ...subjects import OutOfBudget
from ..comparison._compare import compare, compare_entries
from ..comparison._comparison import Comparison
from ..comparison._outcome import Outcome

_FAINT = "for the outputs that are far smaller than the others"
_DROWNED = "moved by a share of the other inputs' size"
_VISIBLE, _SMALL, _SHARE = 2.0**20, 2.0**-20, 2.0**-7
_DIRECTIONS, _SAMPLES = 2, 8

Accused = tuple[Comparison, Outcome]


def second_opinion(comparison: Comparison, mode: str) -> Accused | None:
    """Return a comparison that accuses an entry, and what it came to; None where none does."""
    if comparison.fixed_upstream or comparison.allowed is not None or comparison.bench.subject.derived:
        return None
    bench = comparison.bench
    refusal = bench.refusal
    try:
        return _of_faint(comparison, mode) or _of_drowned(comparison)
    except OutOfBudget:
        return None
    finally:
        bench.refusal = refusal  # what is refused at a point of ours is nobody's business


def _accused(
    comparison: Comparison, run: Callable[[Comparison], Outcome], scheme: str, **changed: object
) -> Accused | None:
    found = Outcome(comparison.found.mode, comparison.found.scheme)
    other = replace(comparison, direction=None, doubt=None, found=found, **changed)  # type: ignore[arg-type]
    outcome = run(other)
    if not outcome.accuses:
        return None
    outcome.scheme += f"; {scheme}"
    return other, outcome


def _of_faint(comparison: Comparison, mode: str) -> Accused | None:
    problem, rng = comparison.problem, comparison.rng
    upstream = upstream_of_faint(problem, comparison.base, comparison.upstream, rng)
    if upstream is None:
        return None
    analytic = problem.pull(problem.x, upstream)
    if not stays_wrong(problem, upstream, analytic, whole_direction(problem, rng)):
        return None
    changed = {"upstream": upstream, "analytic": analytic, "fixed_upstream": True}
    return _accused(comparison, lambda other: compare(other, mode), _FAINT, **changed)


def _of_drowned(comparison: Comparison) -> Accused | None:
    rng, upstream, analytic = comparison.rng, comparison.upstream, comparison.analytic
    for block, problem in _drowned(comparison.problem, norm(upstream * comparison.base), analytic):
        size = block.stop - block.start
        directions = np.zeros((_DIRECTIONS, problem.x.size))
        directions[:, block] = problem.sizes[block] * weights(_DIRECTIONS * size, rng).reshape(-1, size)
        if any(stays_wrong(problem, upstream, analytic, direction) for direction in directions):
            some = (block.start + rng.choice(size, min(_SAMPLES, size), replace=False)).tolist()
            found = _accused(comparison, partial(compare_entries, positions=some), _DROWNED, problem=problem)
            if found is not None:
                return found
    return None


def _drowned(problem: Problem, worth: float, analytic: Vector) -> Iterator[tuple[slice, Problem]]:
    """Yield inputs whose own steps are lost in the rounding of outputs worth `worth`, and one of larger steps."""
    largest = [float(np.max(problem.sizes[block], initial=0.0)) for block in problem.blocks]
    with np.errstate(all="ignore"):
        contributions = [norm((analytic * problem.sizes)[block]) for block in problem.blocks]
    for block, size, contribution in zip(problem.blocks, largest, contributions, strict=True):
        if 0 < size < _SMALL * max(largest) and contribution < _VISIBLE * problem.precision.eps * worth:
            sizes = problem.sizes.copy()
            sizes[block] = _SHARE * max(largest)
            yield block, replace(problem, sizes=sizes)
