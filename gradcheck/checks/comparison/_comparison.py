"""A comparison of the claimed gradient with differences: what is compared, and the rulings on its entries.

How a whole gradient is looked at, in which order, is `compare`'s to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ...numerics import (
    SOUND,
    Judged,
    Lanes,
    Mask,
    Precision,
    Problem,
    Ruling,
    Together,
    Vector,
    backward_noise,
    excuse_by_neighbors,
    forward_noise,
    judge_alike,
    judge_columns,
    judge_elementwise,
    natural_sizes,
    probe_sizes,
    weights,
    without_residues,
    wrong_together,
)
from ..bench._bench import Bench
from ._later import one_is_enough
from ._moved import limit_of_gradients
from ._outcome import BUDGET, Columns, Outcome, Tolerance

if TYPE_CHECKING:
    from ._doubts import Doubt

LOOKED = "centred differences along random directions"
FINE = 4096
ENTRIES = 512
_WRONG, FUTILE = 32, 24
"""Entries of one array that are found wrong, or left open one after the other, before the rest is left alone."""
_DEAR, _AN_ENTRY = 2000, 16
"""Forwards that the entries of an array may cost, and each of them, before one that is open ends it."""
_LIMITS = 4
ONE_HOT = 256


def problem_of(bench: Bench, precision: Precision) -> Problem:
    """Return the flat problem that the subject on `bench` poses."""
    blocks = bench.blocks
    sizes = natural_sizes(bench.x, blocks)
    apart = blocks == tuple(piece.where for piece in bench.inputs)  # real and imaginary parts share a block
    shapes = tuple(piece.shape for piece in bench.inputs) if apart else ()
    swap = bench.value_with if apart else None
    calls = (shapes, swap, bench.value_refined, bench.gradient_refined)
    at_once = (bench.values_of_many, bench.gradients_of_many) if apart and not bench.native else (None, None)
    return Problem(bench.x, bench.value, bench.gradient, blocks, sizes, precision, *calls, *at_once)


@dataclass(slots=True)
class Comparison:
    """One run of the comparison."""

    bench: Bench
    problem: Problem
    base: Vector
    upstream: Vector
    analytic: Vector
    rng: np.random.Generator
    fixed_upstream: bool = False
    allowed: Tolerance | None = None
    direction: Vector | None = None
    """Where the first look goes, if that is not drawn: along a direction that gave rise to doubt."""
    convicted: bool = False
    """Whether some entry has failed for good; those after it are asked fewer questions."""
    denied: bool = False
    """Whether some entry passed next to the point, while larger steps agree on another slope."""
    doubt: Callable[[], Doubt | None] | None = None
    """Asked before the careful rule: what it returns ends the run."""
    found: Outcome = field(default_factory=lambda: Outcome("projection", LOOKED))
    """What is known so far; it is what remains where the budget ends the run."""

    def is_doubted(self) -> bool:
        """Whether something else explains what the first look saw; the run then ends with it."""
        self.found.doubt = self.doubt() if self.doubt is not None else None
        return self.found.doubt is not None

    def cut_short(self) -> Outcome:
        """Return what was found until the budget ended the run."""
        self.found.limit = BUDGET
        return self.found

    @property
    def is_elementwise(self) -> bool:
        """Whether the slope of every entry can be told: a zero in the caller's own upstream hides its entry's."""
        fits = self.bench.subject.elementwise and self.base.size == self.problem.x.size
        return fits and bool(np.all(self.upstream != 0))

    @property
    def is_fine(self) -> bool:
        return max(self.problem.x.size, self.base.size) <= FINE

    def elementwise(self) -> Outcome:
        """Judge f and its derivative entry by entry, all entries moving together."""
        problem, rng = self.problem, self.rng
        slope = self.analytic / self.upstream
        sizes = probe_sizes(problem.x, problem.sizes, problem.blocks)
        direction = weights(problem.x.size, rng) * (problem.sizes if problem.x.size <= FINE else sizes)
        noise = forward_noise(problem, self.base, rng)

        def allowance() -> Vector:
            return backward_noise(problem, self.upstream, self.analytic, rng) / np.abs(self.upstream)

        def reclaimed() -> Vector | None:
            claim = problem.repull(problem.x, self.upstream) if problem.repull else None
            return None if claim is None else claim / self.upstream

        judged = judge_elementwise(problem, self.base, slope, noise, direction, allowance, reclaimed)
        if self.allowed is not None:
            self.allowed.decide(judged)
        self.denied |= bool(np.any(judged.denied))
        columns = Columns()
        for j in range(problem.x.size) if problem.x.size <= FINE else _notable(judged):
            numbers = (judged.analytic[j], judged.numeric[j], judged.bound[j], judged.hidden[j])
            columns.add(int(j), judged, int(j), Ruling(judged.ruling[j]), numbers)
        outcome = Outcome("entries", "centred differences, all entries of the elementwise function at once")
        outcome.columns = columns
        outcome.kinked = int(np.sum(judged.ruling == Ruling.KINK))
        return outcome

    def lanes(self, doubted: Sequence[Vector] = ()) -> Lanes:
        """Return every output as a lane, or a few random upstreams where there are many outputs.

        The upstreams that the first look `doubted` are lanes too: a backward that is right for every one-hot
        upstream need not be right for their sum.
        """
        if self.fixed_upstream:
            rows = self.upstream[None]
        elif self.base.size == 1 and self.bench.subject.linear:
            rows = np.ones((1, 1))
        elif self.base.size <= ONE_HOT:
            rows = np.array([*np.eye(self.base.size), *doubted])
        else:
            rows = np.array([self.upstream, self.bench.draw_upstream(self.base, self.rng), *doubted])
        outputs = tuple(piece.where for piece in self.bench.outputs)
        return without_residues(Lanes.of(self.problem, self.base, rows, self.rng, outputs))

    def columns(
        self, lanes: Lanes, positions: range | list[int], columns: Columns | None = None, *, patient: bool = True
    ) -> Columns:
        """Judge `positions` in `lanes`, into `columns`; the numbers shown are those of this comparison's upstream.

        Without patience no more of them than tell what the others are like.
        """
        columns = Columns() if columns is None else columns
        weight, begun = shown_upstream(lanes, self.upstream), len(columns.state)
        most = self.bench.forward_calls + _DEAR + _AN_ENTRY * len(positions)
        judge = judge_alike if self.bench.most is None else judge_columns  # calls in advance may be too many
        for j, judged in judge(lanes, positions):
            if self.allowed is not None:
                self.allowed.decide(judged)
            excuse_by_neighbors(lanes, j, judged, thorough=not self.convicted)
            self._excuse_limits(lanes, judged)
            self.convicted |= bool(np.any(judged.ruling == Ruling.FAIL))
            lanes.convicted = self.convicted
            self.denied |= bool(np.any(judged.denied))
            if np.any(judged.ruling == Ruling.KINK):
                lanes.kinked[j] = judged.ruling == Ruling.KINK
            voters = _voters(lanes, judged)
            lane = _worst_lane(judged, voters)
            with np.errstate(all="ignore"):
                size = np.abs(weight)
                sums = (weight @ judged.analytic, weight @ judged.numeric, size @ judged.bound, size @ judged.hidden)
            shown = (float(sums[0]), float(sums[1]), float(sums[2]), float(sums[3]))
            if not np.isfinite(shown[1]) or _faint(shown, judged, lane):
                shown = (judged.analytic[lane], judged.numeric[lane], judged.bound[lane], judged.hidden[lane])
            columns.add(j, judged, lane, _state(judged, voters), shown)
            states, dear = columns.state[begun:], self.bench.forward_calls > most
            if (self.convicted and one_is_enough()) or not (patient or _is_worth_more(states, dear=dear)):
                break
        return columns

    def judge_together(self, outcome: Outcome) -> None:
        """Hold the entries that were accepted at a kink against their sums, where none has failed on its own."""
        if outcome.lanes is not None and self.allowed is None and not self.convicted:
            outcome.together = self.wrong_together(outcome.lanes)

    def wrong_together(self, lanes: Lanes) -> Together | None:
        """Return the entries of `lanes` that were accepted at a kink and are wrong in sum; None where none are."""
        found = wrong_together(lanes)
        return None if found is None or self._is_a_limit(lanes, found.lane) else found

    def _is_a_limit(self, lanes: Lanes, lane: int) -> bool:
        upstream, claim = lanes.upstreams[lane], lanes.analytic[lane]
        return limit_of_gradients(self.problem, self.base, upstream, claim, self.rng) is not None

    def _excuse_limits(self, lanes: Lanes, judged: Judged) -> None:
        """Accept at a kink what is the gradient of a point a little beside it, in a few lanes."""
        if not self.convicted:
            for lane in np.flatnonzero((judged.ruling == Ruling.FAIL) & judged.kinked)[:_LIMITS].tolist():
                if self._is_a_limit(lanes, lane):
                    judged.ruling[lane] = Ruling.KINK


def shown_upstream(lanes: Lanes, upstream: Vector) -> Vector:
    """Return the weights that turn lanes into the gradient a report shows."""
    count, outputs = lanes.upstreams.shape
    shown = np.zeros(count)
    if 1 < outputs <= count:
        shown[:outputs] = upstream
    else:
        shown[0] = 1.0
    return shown


def _faint(shown: tuple[float, ...], judged: Judged, lane: int) -> bool:
    """Whether the summed numbers hide what the worst lane shows."""
    return judged.ruling[lane] == Ruling.FAIL and abs(shown[0] - shown[1]) <= 5 * shown[2]


_GRAVITY = (*SOUND, Ruling.KINK, Ruling.OPEN, Ruling.FAIL)


def _voters(lanes: Lanes, judged: Judged) -> Mask:
    """Return the lanes that decide: where every output has its own, sums of them may only fail."""
    if not lanes.complete:
        return np.ones(judged.ruling.size, dtype=bool)
    return np.asarray(lanes.single | (judged.ruling == Ruling.FAIL))


def _state(judged: Judged, voters: Mask) -> Ruling:
    return max((Ruling(r) for r in judged.ruling[voters]), key=_GRAVITY.index, default=Ruling.PASS)


def _worst_lane(judged: Judged, voters: Mask) -> int:
    """Return the lane of the gravest ruling, and among those the one furthest off for its bound."""
    state = _state(judged, voters)
    with np.errstate(all="ignore"):
        off = np.abs(judged.analytic - judged.numeric) / np.maximum(judged.scale, np.finfo(float).tiny)
    off = np.where((judged.ruling == state) & voters, np.nan_to_num(off, nan=0.0, posinf=0.0), -1.0)
    return int(np.argmax(off))


def _is_worth_more(states: Sequence[Ruling], *, dear: bool) -> bool:
    """Whether more entries of an array would tell more than these do.

    One that is open keeps the array from passing; the others are left where they are `dear`.
    """
    futile = len(states) >= FUTILE and set(states[-FUTILE:]) == {Ruling.OPEN}
    futile |= dear and Ruling.OPEN in states
    return states.count(Ruling.FAIL) < _WRONG and not futile


def _notable(judged: Judged, most: int = 4096) -> np.ndarray:
    """Return the positions worth listing of a large elementwise function: all that did not plainly pass."""
    notable = np.flatnonzero(~np.isin(judged.ruling, (Ruling.PASS, Ruling.ROW, Ruling.FLAT)))
    first = np.arange(min(16, judged.ruling.size))
    wrong = notable[judged.ruling[notable] == Ruling.FAIL]
    return np.unique(np.concatenate([first, wrong[:most], notable[:most]]))
