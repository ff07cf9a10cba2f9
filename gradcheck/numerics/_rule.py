"""The decision: pass, fail or undecided, for every lane along one direction.

With z = |R| the best residual, E its bound, nu the noise of the analytic value a, s the scale of the entry:

* **pass** if z <= E + nu and E + nu <= claim * s / 2: then |a - truth| <= claim * s. Both E and nu are inside
  the cap, so that an inflated bound passes nothing.
* **fail** if z > 5 (E + nu) and nothing else can explain it: no kink within the step, the ladder has settled, the
  function moves at all at the finest steps, and fresh steps show the same residual.
* otherwise look closer, until rounding or the budget ends it.

At a kink the hull of the one-sided slopes decides (`_kinks`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from . import _kinks as kinks
from ._ladder import Estimate, Ladder, Rung
from ._precision import Precision
from ._problem import Mask, Vector

_RUNGS = 17
_UPWARD = 3


class Ruling(IntEnum):
    """How one lane ended."""

    OPEN = 0
    PASS = 1
    ROW = 2
    """Certified against the scale of its row, not its own."""
    KINK = 3
    """At a kink, inside the hull."""
    FAIL = 4


@dataclass(slots=True)
class Judged:
    """What was decided per lane; ``analytic``, ``numeric``, ``bound`` and ``scale`` are derivatives.

    ``limit`` says what kept an open lane undecided; ``rungs`` is the ladder, its slopes still per direction.
    """

    ruling: NDArray[np.int8]
    analytic: Vector
    numeric: Vector
    bound: Vector
    scale: Vector
    limit: list[str]
    unit: Vector | float
    rungs: list[Rung]
    kinked: Mask
    """Lanes that were judged by the hull of their one-sided slopes."""

    def replaced(self, lanes: Mask, other: Judged) -> Judged:
        """Return these rulings with those of `lanes` taken from `other`, which judged them alone."""
        fields = ("ruling", "analytic", "numeric", "bound", "scale", "kinked")
        values = [getattr(self, name).copy() for name in fields]
        for name, value in zip(fields, values, strict=True):
            value[lanes] = getattr(other, name)
        limit = list(self.limit)
        for lane, text in zip(np.flatnonzero(lanes), other.limit, strict=True):
            limit[lane] = text
        *numbers, kinked = values
        return Judged(*numbers, limit, self.unit, self.rungs, kinked)


@dataclass(slots=True)
class Case:
    """One direction to judge: its lanes' analytic slopes, their noises, and the scale of their rows.

    ``allowance`` gives the noise of the analytic slopes; it costs backward calls, so it is asked for only where
    the few ulps of ``rounding`` do not settle a lane. ``unit`` is the length of the direction: slopes divided by it
    are derivatives.
    """

    analytic: Vector
    noise: Vector
    row: Vector
    precision: Precision
    sample: Callable[[float], Rung]
    allowance: Callable[[], Vector]
    least_step: float = 0.0
    unit: Vector | float = 1.0

    @property
    def rounding(self) -> Vector:
        """A few ulps of the analytic slope."""
        return 4 * self.precision.eps * np.abs(self.analytic)


def judge(case: Case, rungs: int = _RUNGS) -> Judged:
    """Return the ruling of every lane of `case`, after at most `rungs` steps."""
    return _Judge(case, rungs).run()


class _Judge:
    def __init__(self, case: Case, rungs: int) -> None:
        self.case, self.most = case, rungs
        self.ladder = Ladder(case.sample, case.noise, case.precision.eps)
        self.ruling = np.zeros(case.analytic.size, dtype=np.int8)
        self.nu = case.rounding
        self.nu_known = False
        self.kinked = np.zeros(case.analytic.size, dtype=bool)
        self.upward = 0

    def run(self) -> Judged:
        case, first = self.case, self.case.precision.first
        for k in range(3):
            self.ladder.climb(first / 4**k)
        while True:
            self._settle()
            step = self._next_step()
            if step is None:
                break
            self.ladder.climb(step)
        if self.most >= _RUNGS:
            self._last_resort()
        estimate = self.ladder.best()
        numeric = np.where(np.isfinite(estimate.residual), case.analytic + estimate.residual, np.nan)
        limit = self._limits(estimate)
        bound, scale = estimate.error + self.nu, self._scale(estimate)
        numbers = [case.analytic / case.unit, numeric / case.unit]
        numbers += [bound / np.abs(case.unit), scale / np.abs(case.unit)]
        return Judged(self.ruling, *numbers, limit, case.unit, self.ladder.rungs, self.kinked)

    # -- the rule ----------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Pass and fail what can be passed and failed with the rungs so far."""
        for _ in range(2):
            estimate = self.ladder.best()
            open_ = self.ruling == Ruling.OPEN
            self.ruling[open_ & self._passes(estimate)] = Ruling.PASS
            self.ruling[open_ & self._silent()] = Ruling.PASS
            suspects = (self.ruling == Ruling.OPEN) & self._suspect(estimate)
            if self.nu_known or not (suspects.any() or self._nu_may_help(estimate).any()):
                break
            self.nu, self.nu_known = np.maximum(self.nu, self.case.allowance()), True
        if suspects.any() and self.nu_known:
            self.ruling[suspects & self._confirmed(estimate, suspects)] = Ruling.FAIL

    def _scale(self, estimate: Estimate) -> Vector:
        a = self.case.analytic
        truth = np.abs(a + np.where(np.isfinite(estimate.residual), estimate.residual, 0))
        return np.maximum(np.maximum(np.abs(a), truth), 1e-3 * self.case.row)

    def _passes(self, estimate: Estimate, scale: Vector | None = None) -> Mask:
        scale = self._scale(estimate) if scale is None else scale
        error, cap = estimate.error + self.nu, self.case.precision.claim * scale
        with np.errstate(all="ignore"):
            close = (np.abs(estimate.residual) <= error) & (error <= cap / 2)
        return close & ~self._bent(estimate, cap)

    def _bent(self, estimate: Estimate, least: Vector) -> Mask:
        """Whether a kink lies inside the very triple that a lane would pass on."""
        bent = np.zeros(least.size, dtype=bool)
        for k in np.unique(estimate.triple):
            here = estimate.triple == k
            bent[here] = kinks.bends_like_a_kink(self.ladder, least, int(k))[here]
        return bent

    def _silent(self) -> Mask:
        """Whether the analytic slope is zero and the function is bitwise constant at every step."""
        still = [(rung.left == 0) & (rung.right == 0) for rung in self.ladder.rungs]
        return (self.case.analytic == 0) & np.all(still, axis=0)

    def _nu_may_help(self, estimate: Estimate) -> Mask:
        with np.errstate(all="ignore"):
            near = np.abs(estimate.residual) > estimate.error + self.nu
        return (self.ruling == Ruling.OPEN) & near

    def _suspect(self, estimate: Estimate) -> Mask:
        with np.errstate(all="ignore"):
            z, slope = np.abs(estimate.residual), np.abs(self.case.analytic + estimate.residual)
            floor = estimate.noise / 2 + 1e-3 * np.abs(self.case.analytic)
            settled = (estimate.drift <= 0.5 * estimate.drift_before) | (estimate.drift <= floor)
            settled &= (estimate.truncation <= 0.25 * slope) | (estimate.truncation <= floor)
            far = z > 5 * (estimate.error + self._stair_error(estimate) + self.nu)
            return far & (z > 2 * estimate.kink) & settled

    def _stair_error(self, estimate: Estimate) -> Vector:
        """Return what may hide between two stairs: eight ulps where the finest steps move nothing."""
        fine = self.ladder.rungs[-2:]
        still = np.all([(r.left == 0) & (r.right == 0) for r in fine], axis=0)
        steps = np.array([r.step for r in self.ladder.rungs])[estimate.triple]
        sizes = [r.size[np.isfinite(r.size)] for r in fine]
        size = max(float(s.max(initial=0.0)) for s in sizes)
        return np.where(still, 32 * self.case.precision.eps * size / steps, 0.0)

    def _confirmed(self, estimate: Estimate, suspects: Mask) -> Mask:
        """Whether steps that nothing was tuned to show the same residual."""
        confirmed = np.zeros(suspects.size, dtype=bool)
        for k in np.unique(estimate.triple[suspects]):
            here = suspects & (estimate.triple == k)
            confirmed[here] = self._seen_again(int(k), estimate.residual)[here]
        return confirmed

    def _seen_again(self, k: int, residual: Vector) -> Mask:
        rungs, sample = self.ladder.rungs, self.case.sample
        coarse, fine = sample(0.7 * rungs[k - 1].step), sample(0.7 * rungs[k].step)
        far = sample(max(rungs[k].step / 16, self.case.least_step))
        z = np.abs(residual)
        with np.errstate(all="ignore"):
            weight = (coarse.step / fine.step) ** 2 - 1
            again = fine.residual + (fine.residual - coarse.residual) / weight
            same = (np.abs(again - residual) <= z / 2) & (np.abs(again) > z / 2)
            gone = (np.abs(far.residual) <= z / 2) & (4 * self.ladder.noise_at(far) / far.step < z / 2)
        return same & ~gone

    # -- the next step -----------------------------------------------------------------------------------------

    def _next_step(self) -> float | None:
        """Return the next step to try, or None where no open lane can gain."""
        open_ = self.ruling == Ruling.OPEN
        if not open_.any() or len(self.ladder.rungs) >= self.most:
            return None
        estimate, finest = self.ladder.best(), self.ladder.finest
        kinked = open_ & kinks.bends_like_a_kink(self.ladder, self._least(estimate))
        step = self._below_the_kink(kinked)
        if step is None:
            step = self._smooth_step(open_ & ~kinked, estimate)
        if step is None or step < self.case.least_step:
            return None
        return step if step > finest.step or step < finest.step else None

    def _least(self, estimate: Estimate) -> Vector:
        return self.case.precision.claim * self._scale(estimate)

    def _below_the_kink(self, kinked: Mask) -> float | None:
        if not kinked.any():
            return None
        delta = kinks.distance(self.ladder)[kinked]
        if np.isfinite(delta).any():
            return float(np.nanmax(delta)) / 2
        if kinks.at_the_floor(self.ladder)[kinked].all():
            return None
        return self.ladder.finest.step / 16

    def _smooth_step(self, open_: Mask, estimate: Estimate) -> float | None:
        """Return a smaller step where truncation limits, a larger one where noise limits the coarsest triple."""
        if not open_.any():
            return None
        finite = np.isfinite(estimate.error)
        if (open_ & ~finite).any() and not np.isfinite(self.ladder.finest.residual[open_]).all():
            return self.ladder.finest.step / 64
        noisy = finite & (estimate.noise >= estimate.truncation)
        if (open_ & ~noisy).any():
            return self.ladder.finest.step / 4
        if (estimate.triple[open_] == 2).any() and self.upward < _UPWARD:
            self.upward += 1
            return self.ladder.rungs[0].step * 4
        return None

    # -- when the ladder is exhausted ----------------------------------------------------------------------------

    def _last_resort(self) -> None:
        """Certify against the row's scale, or judge by the hull at a kink."""
        open_ = self.ruling == Ruling.OPEN
        if not open_.any():
            return
        estimate = self.ladder.best()
        row = np.maximum(self._scale(estimate), self.case.row)
        self.ruling[open_ & self._passes(estimate, row)] = Ruling.ROW
        kinked = (self.ruling == Ruling.OPEN) & kinks.bends_like_a_kink(self.ladder, self._least(estimate))
        if kinked.any():
            self._judge_by_hull(kinked)

    def _judge_by_hull(self, kinked: Mask) -> None:
        edges = kinks.hull(self.ladder, self.nu)
        away = edges.outside(self.case.analytic)
        self.ruling[kinked & edges.valid & (away <= edges.blur)] = Ruling.KINK
        self.ruling[kinked & edges.valid & (away > 5 * edges.blur)] = Ruling.FAIL
        self.kinked = kinked & edges.valid

    def _limits(self, estimate: Estimate) -> list[str]:
        """Return what kept each open lane undecided: ``kink``, ``non-finite``, ``noise`` or ``truncation``."""
        noisy = estimate.noise + self.nu >= estimate.truncation
        limits = np.where(noisy, "noise", "truncation").astype(object)
        limits[kinks.bends_like_a_kink(self.ladder, self._least(estimate))] = "kink"
        limits[~np.isfinite(estimate.error)] = "non-finite"
        limits[self.ruling != Ruling.OPEN] = ""
        return list(limits)
