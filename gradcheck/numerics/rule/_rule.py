"""The decision: pass, fail or undecided, for every lane along one direction.

With z = |R| the best residual, E its bound, nu the noise of the analytic value a, s the scale of the entry:

* **pass** if z <= E + nu and E + nu <= aim * s / 2: then |a - truth| <= aim * s. Both E and nu are inside
  the cap, so that an inflated bound passes nothing. The numbers of that moment count: steps that other lanes ask for
  may sharpen the bound, but nobody holds this lane to it. Or if z + E + nu is a hundredth of that.
* where the ladder ends above the aim, it passes with the coarser `claim`.
* where f is flat, a zero, |a| <= 16 eps max(f'' x^2, |f|), x being the unit, passes beside s = min(f'' x^2, |f|).
  That of a constant passes as well (`_constant`).
* **fail** if z > 5 (E + nu) and nothing else can explain it (`_accuse`).
* otherwise look closer (`_steps`), until rounding ends it.

At a kink the hull of the one-sided slopes decides (`_kinks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from .._precision import Precision
from .._problem import Mask, Vector
from ..excuses import _stairs as stairs
from ..excuses._casts import are_of_a_cast
from ..excuses._from_afar import denied_from_afar
from ..ladder._case import Case
from ..ladder._ladder import Estimate, Ladder
from . import _kinks as kinks
from ._accuse import (
    bent,
    confirmed,
    contradicted,
    may_round,
    stand_in_close_up,
    stand_near_the_point,
    stay_outside_in_close_up,
    survive_more_digits,
    suspect,
)
from ._constant import stands_still
from ._judged import Judged, Ruling
from ._steps import next_step

_RUNGS = 17
_REMEMBERED = 4096
"""Lanes up to which all steps are remembered."""
_NEAR_A_KINK = 1e-3
_FAR_BELOW = 1e-2
_ON_A_STAIR, _LEAST_ULPS = 3, 256
"""Steps that must stand still on a stair; the least step, in ulps."""
_AMONG_ULPS = 2.0**10
"""Ulps of x, in steps closer than which what lies between x and f rounds: nothing is accused by those alone."""
_FEW_ULPS = 16
"""Of the terms of a gradient, which is as much as they leave where they cancel."""
_BALANCED = 16
"""Times the noise of its last step that the truncation of a triple may be, where the best step balances the two."""
_FALLING = 3
"""Slopes in a row that fall with the step."""


def judge(case: Case, rungs: int = _RUNGS, start: Sequence[float] = ()) -> Judged:
    """Return the ruling of every lane of `case`, after at most `rungs` steps; the first are those in `start`."""
    return _Judge(case, rungs, start).run()


def first_steps(precision: Precision) -> tuple[float, ...]:
    """Return the steps with which a ladder begins."""
    return tuple(precision.first / 4**k for k in range(3))


class _Judge:
    def __init__(self, case: Case, rungs: int, start: Sequence[float]) -> None:
        if case.analytic.size <= _REMEMBERED:  # what confirms a failure is asked at the same steps time and again
            case = replace(case, sample=cache(case.sample))
        self.case, self.most = case, rungs
        self.start = start or first_steps(case.precision)
        self.ladder = Ladder(case.sample, case.noise, case.precision.eps, case.bends, case.unseen)
        self.ruling = np.zeros(case.analytic.size, dtype=np.int8)
        self.nu = case.rounding
        self.nu_known = np.zeros(case.analytic.size, dtype=bool)
        self.looked_wide = False
        self.kinked = np.zeros(case.analytic.size, dtype=bool)
        self.passable = np.zeros(case.analytic.size, dtype=bool)
        """Lanes that the claim alone would have passed at some step."""
        self.climbs = np.zeros(case.analytic.size, dtype=bool)
        """Lanes that move in stairs which are meant: what differences see from afar certifies nothing."""
        self.residual, self.error = np.full((2, case.analytic.size), np.nan)
        """What the lanes that have passed passed with."""

    def run(self) -> Judged:
        case = self.case
        for begin in self.start:
            self.ladder.climb(begin)
        while True:
            self._settle()
            open_ = self.ruling == Ruling.OPEN
            if not open_.any() or len(self.ladder.rungs) >= self.most:
                break
            step = next_step(case, self.ladder, open_)
            if step is None or (case.allowance is None and self._drowns(step, open_)):
                break
            self.ladder.climb(step)
        self._look_between_stairs()
        self._acquit()
        if self.most >= _RUNGS:
            self._pass(self._passes(self.ladder.best(), np.maximum(case.precision.claim, case.settles)))
            if case.allowance is not None:  # who may not fail a lane does not pass it beside another either
                self._last_resort()
        denied = self._denied()
        estimate, passed = self.ladder.best(), np.isfinite(self.residual)
        residual = np.where(passed, self.residual, estimate.residual)
        error = np.where(passed, self.error, estimate.error + self.nu)
        numeric = np.where(np.isfinite(residual), case.analytic + residual, np.nan)
        length = np.abs(case.unit)
        return Judged(
            ruling=self.ruling,
            analytic=case.analytic / case.unit,
            numeric=numeric / case.unit,
            bound=error / length,
            hidden=np.maximum(2 * (np.abs(residual) + error), case.precision.aim * np.abs(case.analytic)) / length,
            scale=case.scale(estimate) / length,
            limit=[] if case.allowance is None else self._limits(estimate),
            unit=case.unit,
            rungs=self.ladder.rungs,
            kinked=self.kinked,
            denied=denied,
        )

    def _look_between_stairs(self) -> None:
        """Where a zero is claimed and the finest step still moves f, look from much nearer: it may be on a stair."""
        case, finest = self.case, self.ladder.finest
        least = max(case.least_step, _LEAST_ULPS * case.precision.eps)
        step = float(np.sqrt(least * finest.step))
        claims_nothing = (self.ruling == Ruling.OPEN) & (case.analytic == 0) & ~finest.still
        kinked = kinks.ends_in_a_kink(self.ladder, case.cap(self.ladder.best()))
        claims_nothing &= ~(kinked & kinks.is_straight(self.ladder))
        if claims_nothing.any() and step / 16 > least:
            for k in range(_ON_A_STAIR):
                self.ladder.climb(step / 4**k)
            self._settle()

    def _drowns(self, step: float, open_: Mask) -> bool:
        """Whether rounding alone, at `step`, would be more than the bound of each open lane: none could pass by it.

        A lane that may only pass has no other use for it.
        """
        estimate, finest = self.ladder.best(), self.ladder.finest
        with np.errstate(all="ignore"):
            bound = (estimate.error + estimate.kink)[open_]
            return step < finest.step and bool(np.all(4 * self.ladder.noise_at(finest)[open_] / step > bound))

    def _denied(self) -> Mask:
        """Return what has passed against the word of larger steps; who may only pass does not pass it.

        Stairs that are meant, on which a zero is right, are no matter of steps.
        """
        case, silent = self.case, (self.ruling == Ruling.PASS) & np.isnan(self.residual)
        passed = ~np.isin(self.ruling, (Ruling.OPEN, Ruling.FAIL)) & ~silent
        denied = passed & denied_from_afar(case, self.ladder.rungs)
        if case.allowance is None:
            self.ruling[denied] = Ruling.OPEN
        return np.asarray(denied)

    # -- the rule ----------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Pass and fail what can be passed and failed with the rungs so far."""
        for _ in range(2):
            estimate = self.ladder.best()
            open_ = self.ruling == Ruling.OPEN
            self.passable |= self._passes(estimate, self.case.precision.claim)
            self._pass(self._passes(estimate, self.case.precision.aim) | self._is_close(estimate))
            self.ruling[self._silent(open_)] = Ruling.PASS
            if self.case.allowance is None:
                return
            suspects = (self.ruling == Ruling.OPEN) & suspect(self.case, self.ladder, self.nu)
            suspects &= ~self._was_within_the_claim(estimate)
            if not self._learn_nu(suspects | self._nu_may_help(estimate)):
                break
        if suspects.any() and self.case.repeats:
            suspects &= self._stand_at_large_steps()
            suspects &= confirmed(self.case, self.ladder, suspects)
            suspects &= stand_near_the_point(self.case, self.ladder, suspects)
            suspects &= stand_in_close_up(self.case, self.ladder, suspects)
            suspects &= ~are_of_a_cast(self.case, self.ladder, suspects)
            suspects &= survive_more_digits(self.case, self.ladder, suspects)
        self.ruling[suspects] = Ruling.FAIL

    def _learn_nu(self, lanes: Mask) -> bool:
        """Ask for the noise of what is claimed of `lanes`; return whether there was anything to ask."""
        unknown = lanes & ~self.nu_known
        if unknown.any() and self.case.allowance is not None:
            found = self.case.allowance(unknown)
            self.nu_known |= unknown | ~np.isnan(found)
            self.nu = np.fmax(self.nu, found)
        return bool(unknown.any())

    def _pass(self, passes: Mask) -> None:
        """Let the open lanes of `passes` pass with the numbers of this moment."""
        estimate, passes = self.ladder.best(), passes & (self.ruling == Ruling.OPEN)
        self.climbs |= stairs.are_taken_for_noise(self.case, self.ladder, passes & ~self.climbs)
        passes &= ~self.climbs
        self.ruling[passes] = Ruling.PASS
        error = np.fmax(estimate.error + self.nu, np.abs(estimate.residual))
        self.residual[passes], self.error[passes] = estimate.residual[passes], error[passes]

    def _stand_at_large_steps(self) -> Mask:
        """Look from afar, once, before anything fails; return what is still suspect."""
        case, ladder = self.case, self.ladder
        if not self.looked_wide:
            self.looked_wide = True
            flat = suspect(case, ladder, self.nu) & ladder.finest.still
            for _ in range(6 if flat.any() else 3):
                ladder.look_from_afar()
        found = suspect(case, ladder, self.nu)
        found &= ~stairs.follow_the_claim(case, ladder, found)
        return np.asarray(found & ~self._was_within_the_claim(ladder.best()))

    def _acquit(self) -> None:
        """Take back failures that rungs climbed since contradict."""
        failed = self.ruling == Ruling.FAIL
        if failed.any():
            estimate = self.ladder.best()
            agrees = failed & (np.abs(estimate.residual) <= estimate.error + self.nu)
            self.ruling[agrees] = Ruling.OPEN
            failed = self.ruling == Ruling.FAIL
            doubt = contradicted(self.case, self.ladder, self.nu, failed)
            doubt |= stairs.follow_the_claim(self.case, self.ladder, failed)
            self.ruling[failed & doubt] = Ruling.OPEN

    def _passes(self, estimate: Estimate, share: Vector | float, scale: Vector | None = None) -> Mask:
        """Whether the residual lies within its bound, and the bound within `share` of the scale."""
        scale = self.case.scale(estimate) if scale is None else scale
        error, cap = estimate.error + self.nu, share * scale
        with np.errstate(all="ignore"):
            z = np.abs(estimate.residual)
            close = (z <= error) & (error <= cap / 2)
            close |= z + error <= _FAR_BELOW * cap  # whatever the reason for z, the certificate holds
        return np.asarray(close & ~bent(self.ladder, estimate, cap) & ~self.climbs)

    def _is_close(self, estimate: Estimate) -> Mask:
        """Whether a lane that a coarser bound would have passed is within the aim, residual and all.

        The sharper bound knows nothing of what the backward lost unnoticed.
        """
        with np.errstate(all="ignore"):
            most = np.abs(estimate.residual) + estimate.error + self.nu
            return np.asarray(self.passable & (most <= self.case.precision.aim * self.case.scale(estimate) / 2))

    def _was_within_the_claim(self, estimate: Estimate) -> Mask:
        """Whether a lane that a coarser bound would have passed is still too near for a failure: it stays open."""
        with np.errstate(all="ignore"):
            near = np.abs(estimate.residual) <= self.case.cap(estimate) / 2
        return np.asarray(self.passable & near)

    def _silent(self, lanes: Mask) -> Mask:
        """Which of `lanes` have an analytic slope of zero, and are bitwise constant at every step.

        Of a function that climbs high stairs, flat at the three finest steps is enough, if more digits show the same.
        """
        still = np.array([rung.still for rung in self.ladder.rungs])
        zero, flat = lanes & (self.case.analytic == 0), still.all(axis=0)
        stairs_only = zero & ~flat & still[-_ON_A_STAIR:].all(axis=0) & self._climbs_high_stairs(still)
        if stairs_only.any():
            changed = stairs.change_with_more_digits(self.case, self.ladder)
            flat |= stairs_only if changed is None else stairs_only & ~changed
        return np.asarray(zero & flat)

    def _climbs_high_stairs(self, still: Mask) -> Mask:
        sizes = np.array([rung.size for rung in self.ladder.rungs])
        with np.errstate(all="ignore"):
            moves = np.array([np.abs(rung.residual) * 2 * rung.step for rung in self.ladder.rungs])
            return np.asarray(np.min(np.where(still, np.inf, moves), axis=0) > 2.0**-20 * np.max(sizes, axis=0))

    def _nu_may_help(self, estimate: Estimate) -> Mask:
        with np.errstate(all="ignore"):
            near = np.abs(estimate.residual) > estimate.error + self.nu
        return np.asarray((self.ruling == Ruling.OPEN) & near)

    # -- when the ladder is exhausted ----------------------------------------------------------------------------

    def _last_resort(self) -> None:
        """Certify beside the largest entry, or judge by the hull at a kink."""
        open_ = self.ruling == Ruling.OPEN
        if not open_.any():
            return
        estimate = self.ladder.best()
        self.ruling[open_ & self._stationary(estimate)] = Ruling.FLAT
        self.ruling[(self.ruling == Ruling.OPEN) & stands_still(self.case, self.ladder)] = Ruling.FLAT
        least, claim = self.case.cap(estimate), self.case.precision.claim
        self.ruling[(self.ruling == Ruling.OPEN) & self._passes_near_a_kink(estimate)] = Ruling.NEAR
        kinked = (self.ruling == Ruling.OPEN) & kinks.ends_in_a_kink(self.ladder, least)
        near = (self.ruling == Ruling.OPEN) & ~kinked & self._saw_a_kink(least)
        if kinked.any() or near.any():
            self._judge_by_hull(kinked, near, estimate, least)
        beside = np.maximum(self.case.scale(estimate), self.case.beside)
        self.ruling[(self.ruling == Ruling.OPEN) & self._passes(estimate, claim, beside)] = Ruling.ROW
        self.ruling[self._blurred(estimate, beside, self.ruling == Ruling.OPEN)] = Ruling.ROW
        self._pass_farther_out(beside)

    def _pass_farther_out(self, scale: Vector) -> None:
        """Pass beside others by larger steps what the smallest bound, lost in rounding, agrees with.

        Where f goes like |h|^3, what its bend lacks of a straight line falls like h^2. That is no kink, but counts as
        one in the choice of the step.
        """
        best = self.ladder.best()
        agrees = (self.ruling == Ruling.OPEN) & (np.abs(best.residual) <= best.error + self.nu)
        for seen in self.ladder.triples() if agrees.any() else ():
            passes = agrees & self.ladder.straightens(int(seen.triple[0])) & (self.ruling == Ruling.OPEN)
            passes &= self._passes(seen, self.case.precision.aim, scale)
            passes &= ~stairs.are_taken_for_noise(self.case, self.ladder, passes)
            self.ruling[passes] = Ruling.ROW
            self.residual[passes], self.error[passes] = seen.residual[passes], (seen.error + self.nu)[passes]

    def _stationary(self, estimate: Estimate) -> Mask:
        """Whether a zero is claimed where f is flat: nothing is left of it beside what f does far away.

        Where the size of x is the step, that is f'' h = 2 (f(h) - f(0)) / h, as far as f itself is as large: rounding
        hides no less of a slope than a share of f.
        """
        rungs = self.ladder.rungs
        rise = np.array([np.maximum(np.abs(rung.left), np.abs(rung.right)) for rung in rungs])
        away = np.fmax(rise[0], np.fmin(2 * rise[0] / rungs[0].step, rungs[-1].size))
        found = self._is_zero_but_for_rounding(rise)
        found &= self._passes(estimate, self.case.precision.claim, away)
        for lane in np.flatnonzero(found):
            used = rungs[: estimate.triple[lane] + 1]  # closer, rounding may be all that moves
            seen = rise[: len(used), lane][[not rung.still[lane] for rung in used]]
            # with the step, as no slope but zero does; between two stairs nothing falls, it stands still
            found[lane] = seen.size >= _FALLING and bool(np.all(seen[1 - _FALLING :] <= seen[-_FALLING:-1] / 2))
        return np.asarray(found)

    def _is_zero_but_for_rounding(self, rise: Vector) -> Mask:
        """Whether a claim may be all that rounding has left of a zero, a few ulps of f'' or of f, with |x| the unit.

        The number next to an optimum x is off by eps |x|, where the slope is eps |x| f''; and terms as large as f
        leave eps |f| of one another. f'' is the least that any step shows: farther off f may explode, and closer
        rounding is all that moves.
        """
        with np.errstate(all="ignore"):
            bends = 2 * rise / np.array([[rung.step] for rung in self.ladder.rungs])
        curvature = np.min(np.where(rise > 0, bends, np.inf), axis=0)
        curvature[~np.isfinite(curvature)] = 0.0
        most = _FEW_ULPS * self.case.precision.eps * np.maximum(curvature, self.ladder.finest.size)
        return np.asarray(np.abs(self.case.analytic) <= most)

    def _blurred(self, estimate: Estimate, scale: Vector, lanes: Mask) -> Mask:
        """In which of `lanes` steps contradict one another, so that z itself is blur, small beside the largest."""
        with np.errstate(all="ignore"):
            most = np.abs(estimate.residual) + estimate.error + self.nu
            small = lanes & ~self.climbs & (most <= self.case.precision.claim * scale / 2)
        return contradicted(self.case, self.ladder, self.nu, small) if small.any() else small

    def _passes_near_a_kink(self, estimate: Estimate) -> Mask:
        """Whether a kink was left behind, and what is seen below it agrees to three digits; what is off does not."""
        seen = self._saw_a_kink(self.case.cap(estimate)) & self._passes(estimate, _NEAR_A_KINK)
        return seen & ~suspect(self.case, self.ladder, self.nu)

    def _saw_a_kink(self, least: Vector) -> Mask:
        seen = [kinks.bends_like_a_kink(self.ladder, least, k) for k in range(1, len(self.ladder.rungs))]
        return np.asarray(np.any(seen, axis=0))

    def _judge_by_hull(self, kinked: Mask, near: Mask, estimate: Estimate, least: Vector) -> None:
        """Judge what is at a kink by its hull; what is very near one must agree with the side it is on as well."""
        edges = kinks.hull(self.ladder, self.nu, least)
        away = edges.outside(self.case.analytic)
        if self._learn_nu((kinked | near) & edges.valid & (away > edges.blur)):
            edges = kinks.hull(self.ladder, self.nu, least)
            away = edges.outside(self.case.analytic)
        self.ruling[kinked & edges.valid & (away <= edges.blur)] = Ruling.KINK
        wrong = kinked & edges.valid & (away > 5 * edges.blur) & self.case.single
        if wrong.any():
            surely = kinks.hull(self.ladder, self.nu, least, _AMONG_ULPS * self.case.precision.eps)
            wrong &= surely.valid & (surely.outside(self.case.analytic) > 5 * surely.blur)
            wrong &= stay_outside_in_close_up(self.case, self.ladder, wrong)
            self.ruling[wrong & survive_more_digits(self.case, self.ladder, wrong)] = Ruling.FAIL
        with np.errstate(all="ignore"):
            error = estimate.error + self.nu
            near = near & (np.abs(estimate.residual) <= error) & (error <= 0.2 * (edges.high - edges.low))
        self.ruling[near & edges.valid & (away <= edges.blur)] = Ruling.KINK
        self.kinked = (kinked | near) & edges.valid

    def _limits(self, estimate: Estimate) -> list[str]:
        """Return what kept each open lane undecided: ``kink``, ``non-finite``, ``noise`` or ``truncation``.

        Of a smooth function rounding is what ends the ladder, at about the step where both are alike.
        """
        noise = may_round(self.case, self.ladder, estimate) + self.nu
        noisy = _BALANCED * noise >= estimate.truncation
        limits = np.where(noisy, "noise", "truncation").astype(object)
        limits[kinks.ends_in_a_kink(self.ladder, self.case.cap(estimate))] = "kink"
        limits[~np.isfinite(estimate.error)] = "non-finite"
        limits[self.ruling != Ruling.OPEN] = ""
        return list(limits)
