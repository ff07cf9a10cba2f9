"""The comparison in the precision that the subject really has, which shows only on the way.

By its dtype first. If the first look certifies nothing in float64, the forward is asked whether it rounds inside
(`_doubts`): a forward that rounds to float32 is compared again by the constants for float32, at a point of float32's
own grid; of sixteen bits no differences are taken. One that rounds in part (`_in_part`) is compared so entry by
entry; only what is not settled there is looked at in float64 as well, where stairs that are meant are right.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ...numerics import DOUBLE, SINGLE, Precision, Problem, Vector, precision_of, roundoff, with_coarse_backward
from ...subjects import OutOfBudget
from ..bench._bench import Bench
from ..comparison._compare import compare
from ..comparison._comparison import ENTRIES, Comparison, problem_of
from ..comparison._doubts import Doubt, coarse_backward, doubt_of
from ..comparison._outcome import Outcome, Tolerance
from ..health._vitals import Health
from ._in_part import rounds_in_part, rounds_in_sight, stands_from_afar
from ._second_opinion import second_opinion


@dataclass(frozen=True, slots=True)
class Judgement:
    """A comparison that has run, and the precision by which it was judged; ``outcome`` is None where none could be.

    ``doubt`` is what the forward was found to do to its digits.
    """

    precision: Precision | None
    comparison: Comparison | None = None
    outcome: Outcome | None = None
    doubt: Doubt | None = None

    @property
    def roundoff(self) -> float:
        """The unit roundoff of the coarsest format that the subject is known to compute in, inside."""
        found = (self.doubt and self.doubt.roundoff, self.precision and self.precision.backward)
        return max(one or 0.0 for one in found)


def precision_on(bench: Bench) -> Precision | None:
    """Return the constants for the outputs, and for the inputs where the subject was given those in low precision."""
    leaves = [leaf.value.dtype for leaf in bench.subject.leaves] if bench.native else []
    return precision_of(max([bench.dtype, *leaves], key=roundoff))


@dataclass(slots=True)
class Judge:
    """Runs comparisons of one subject at one point."""

    bench: Bench
    health: Health
    rng: np.random.Generator
    mode: str
    fixed_upstream: bool
    allowed: Tolerance | None
    direction: Vector | None = None
    coarse: float = field(init=False)

    def __post_init__(self) -> None:
        self.coarse = coarse_backward(self.bench, self.health, self.rng)

    def run(self) -> Judgement:
        """Compare in float64 if the outputs have that dtype, and in float32 if they or the forward have no more."""
        precision = precision_on(self.bench)
        if precision is not DOUBLE:
            return Judgement(None) if precision is None else self._in_single(None)
        judged = self._compared(problem_of(self.bench, self._coarsened(DOUBLE)), self.mode, doubted=True)
        if judged.doubt is not None and judged.doubt.in_part:
            if self._stands_in_single(judged.doubt):
                return self._in_single(judged.doubt)
            judged = self._compared(problem_of(self.bench, self._coarsened(DOUBLE)), self.mode)
        doubt, meant = judged.doubt, False
        if doubt is None and judged.comparison is not None and judged.outcome is not None:
            doubt = rounds_in_part(judged.comparison, judged.outcome)
            meant = not judged.outcome.accuses  # stairs may be, and a claim that leaves them out is right on each
        if doubt is None or doubt.finding is not None:
            return judged
        return Judgement(None, doubt=doubt) if meant or doubt.roundoff > SINGLE.eps else self._in_single(doubt)

    def _stands_in_single(self, doubt: Doubt) -> bool:
        """Whether no entry is wrong by float32's constants, and what those leave open holds from afar."""
        at_x = self.health
        judged = self._in_single(doubt, "entries")
        self.health = at_x  # that of float32's grid is of another point
        comparison, outcome = judged.comparison, judged.outcome
        if comparison is None or outcome is None or outcome.accuses or outcome.limit:
            return False
        return stands_from_afar(comparison, outcome)

    def coarsely(self, coarse: float) -> Judge:
        """Return one that takes the backward to round to a format with the unit roundoff `coarse`."""
        other = replace(self)
        other.coarse = max(coarse, self.coarse)
        return other

    def _coarsened(self, precision: Precision) -> Precision:
        return with_coarse_backward(precision, self.coarse) if self.coarse > precision.eps else precision

    def _in_single(self, doubt: Doubt | None, mode: str = "") -> Judgement:
        """Compare on the grid of float32, where a cast of the input to float32 changes nothing."""
        problem = problem_of(self.bench, self._coarsened(SINGLE))
        with np.errstate(over="ignore"):
            x = problem.x.astype(np.float32).astype(float)
        if not np.array_equal(x, problem.x) and np.isfinite(x).all():
            base, analytic = self.bench.value(x), self.bench.gradient(x, self.health.upstream)
            if np.isfinite(base).all() and np.isfinite(analytic).all():
                problem = problem.elsewhere(x)
                self.health = replace(self.health, base=base, analytic=analytic)
        return replace(self._compared(problem, mode or self.mode), doubt=doubt)

    def _in_sight(self, comparison: Comparison) -> Doubt | None:
        return rounds_in_sight(comparison) if comparison.problem.x.size <= ENTRIES else None

    def _compared(self, problem: Problem, mode: str, *, doubted: bool = False) -> Judgement:
        health = self.health
        comparison = Comparison(
            self.bench,
            problem,
            health.base,
            health.upstream,
            health.analytic,
            self.rng,
            self.fixed_upstream,
            self.allowed,
            self.direction,
        )
        if doubted:
            comparison.doubt = lambda: doubt_of(self.bench, health, self.rng) or self._in_sight(comparison)
        try:
            outcome = compare(comparison, mode)
            if outcome.leaves_the_domain:
                comparison = _with_steps_of_its_own(comparison)
                outcome = compare(comparison, mode)
        except OutOfBudget:
            outcome = comparison.cut_short()
        if outcome.doubt is None and not outcome.accuses:
            comparison, outcome = second_opinion(comparison, mode) or (comparison, outcome)
        return Judgement(problem.precision, comparison, outcome, outcome.doubt)


def _with_steps_of_its_own(comparison: Comparison) -> Comparison:
    """Return the same with steps in proportion to each entry, however small it is beside the others of its array.

    A share of what is typical leads from 1e-12 beyond the domain of a root or a logarithm.
    """
    problem = comparison.problem
    own = np.where(problem.x != 0, np.abs(problem.x), problem.sizes)
    found = Outcome(comparison.found.mode, comparison.found.scheme)
    return replace(comparison, problem=replace(problem, sizes=own), direction=None, doubt=None, found=found)
