"""When a lane may be called wrong: nothing else is left that could explain its residual.

z must exceed five times every bound, with a bend that falls with the step (none does beyond a kink, a pole, or a
whole wave), on a ladder that has settled; no other step may contradict it, from afar least of all; fresh steps must
show the same residual; and so must the same steps with more digits, where the function can be evaluated with more:
rounding, however regular, is then another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

import numpy as np

from .._problem import Mask, Vector
from ..excuses import _stairs as stairs
from ..ladder._case import Case
from ..ladder._ladder import Estimate, Ladder, Rung, richardson
from . import _kinks as kinks

_SMOOTH = 1e-3
_FAR_SMALLER = 2.0**-10
_ALL_NOISE = 1e-5
_THE_SAME = 1e-6
_WIDER = 4.0
_SEEN_WITH_MORE_DIGITS = 8 * float(np.finfo(np.longdouble).eps)
_CLOSER, _THOROUGH, _BRIEF = 32.0, 7, 3
_SMALL, _JUST_SEEN = 1e-3, (64.0, 12.0)
"""Share of the slope below which a residual is asked for at the closest steps: in noises of f over the residual."""
_RECLAIMED = 64
_THOUSANDS_OF_ULPS = 2.0**-40
_NEARER, _BESIDE = 0.25, 0.8
"""Shares of a step that denies a residual at which that is asked again: where f stands still, and elsewhere."""
_FRESH = (0.7, 1.37, 0.53, 1.83, 0.89)


def suspect(case: Case, ladder: Ladder, nu: Vector) -> Mask:
    """Return the lanes whose residual nothing seen so far can explain."""
    estimate = ladder.best()
    with np.errstate(all="ignore"):
        z, slope = np.abs(estimate.residual), np.abs(case.analytic + estimate.residual)
        floor = estimate.noise / 2 + 1e-3 * np.maximum(np.abs(case.analytic), slope)
        settled = (estimate.drift <= 0.5 * estimate.drift_before) | (estimate.drift <= floor)
        settled &= (estimate.truncation <= 0.25 * slope) | (estimate.truncation <= floor)
        excused = may_round(case, ladder, estimate) + stairs.hidden_error(case, ladder, estimate)
        far = z > 5 * (estimate.truncation + excused + nu)
        far &= (z > 2 * estimate.kink) & settled
    far &= z > case.least
    far &= ~bent(ladder, estimate, np.zeros(nu.size)) & ~runs_away(case, ladder, estimate)
    noise, size = np.maximum(case.noise, case.unseen), ladder.finest.size
    far &= ~((noise > _ALL_NOISE * size) & (size > 0))  # a large x, whose ulps are whole waves apart
    far &= ~stairs.settle_at_once(case, ladder) if far.any() else far
    return far & ~contradicted(case, ladder, nu, far) if far.any() else far


def may_round(case: Case, ladder: Ladder, estimate: Estimate) -> Vector:
    """Return the noise of the best residuals, what the measured one may have missed included."""
    return np.maximum(estimate.noise, 4 * case.unseen / ladder.steps_of(estimate))


def bent(ladder: Ladder, estimate: Estimate, least: Vector) -> Mask:
    """Whether a kink lies inside the very triple that a lane is judged by."""
    found = np.zeros(least.size, dtype=bool)
    for k in range(2, len(ladder.rungs)):
        here = estimate.triple == k
        if here.any():
            found |= here & kinks.bends_like_a_kink(ladder, least, k)
    return found


def runs_away(case: Case, ladder: Ladder, estimate: Estimate) -> Mask:
    """Whether the slope grows with every smaller step, beyond noise or as regularly as noise never would.

    The steps then lie beyond a pole, where f is flat and the slope goes like 1/h^2, or f has a cusp. Beside a large
    claim such slopes look settled.
    """
    found = np.zeros(case.analytic.size, dtype=bool)
    for k in np.unique(estimate.triple):
        rungs = ladder.rungs[int(k) - 2 : int(k) + 1]
        with np.errstate(all="ignore"):
            coarse, middle, fine = (case.analytic + rung.residual for rung in rungs)
            before, now = middle / coarse, fine / middle
            seen = np.abs(fine) > 12 * ladder.noise_at(rungs[-1]) / rungs[-1].step
            grows = (np.abs(before) > 2) & (np.abs(now) > 2) & seen
            grows |= (before > 8) & (now > 8) & (np.abs(np.log(now / before)) < 0.5)
        found[(estimate.triple == k) & grows] = True
    return found


def contradicted(case: Case, ladder: Ladder, nu: Vector, lanes: Mask) -> Mask:
    """In which of `lanes` another triple, sharp enough to see the residual and free of kinks, sees another one.

    A wrong gradient shows the same residual at every step. Stairs too fine for the noise to be seen do not.
    """
    estimate = ladder.best()
    found, z = np.zeros(nu.size, dtype=bool), np.abs(estimate.residual)
    smooth = estimate.kink < _SMOOTH * z
    with np.errstate(all="ignore"):
        for other in ladder.triples():
            sharp = (other.error + nu < z / 5) & (other.kink < z / 2)
            apart = np.abs(other.residual - estimate.residual)
            found |= sharp & (apart > z / 2)
            across = np.where(
                (other.triple < estimate.triple) & smooth, other.kink, 0.0
            )  # what a kink left behind did
            found |= (other.kink < z / 2) & (apart > 5 * (other.error + estimate.error + nu) + across)
        for k in range(1, len(ladder.rungs)):
            found |= (k <= estimate.triple - 2) & ladder.neighbors_agree(k, z / 2)
    found &= lanes
    return found & ~stairs.are_meant(case, ladder, found)


def confirmed(case: Case, ladder: Ladder, suspects: Mask) -> Mask:
    """Whether steps that nothing was tuned to show the same residual."""
    estimate, found = ladder.best(), np.zeros(suspects.size, dtype=bool)
    for k in np.unique(estimate.triple[suspects]):
        here = suspects & (estimate.triple == k)
        found[here] = _seen_again(case, ladder, int(k), estimate.residual)[here]
    return found


def stand_near_the_point(case: Case, ladder: Ladder, suspects: Mask) -> Mask:
    """Whether the residual is the same at steps in proportion to a coordinate far smaller than its unit.

    The unit is that of the array: beside entries of 1e6 one of 1e-10 is moved far beyond whatever is near it.
    """
    found = np.ones(suspects.size, dtype=bool)
    share = np.broadcast_to(np.abs(case.at) / np.abs(case.unit), suspects.shape)
    small = suspects & (share > 0) & (share < _FAR_SMALLER)
    if not small.any():
        return found
    decade = np.zeros(suspects.size)
    decade[small] = np.floor(np.log2(share[small]) / 4)
    for k in np.unique(decade[small]):
        here = small & (decade == k)
        steps = (case.precision.first * 16.0**k / 4**j for j in range(3))
        coarse, middle, fine = (case.sample(step) for step in steps)
        with np.errstate(all="ignore"):
            seen, before = richardson(middle, fine), richardson(coarse, middle)
            settled = np.abs(seen - before) < np.abs(ladder.best().residual) / 4
            other = settled & (np.abs(seen - ladder.best().residual) > np.abs(ladder.best().residual) / 2)
        found[here & other] = False
    return found


def stand_in_close_up(case: Case, ladder: Ladder, suspects: Mask) -> Mask:
    """Whether the residual is there at ever smaller steps, as far down as noise lets it be seen.

    A ripple of short waves, a fine sawtooth, or stairs that are meant settle at large steps to a slope that is not
    theirs. The finer rungs of the ladder itself are asked first, and in the end the closest steps that noise allows:
    between the knots next to x in a fine table and what is lost in noise there is room for few.
    """
    found, before, settled = suspects.copy(), ladder.rungs[0], ladder.best().triple
    finer = ((rung, settled < k) for k, rung in enumerate(ladder.rungs))
    closer = _close_up(case, ladder, found, partial(_is_in_sight, case, ladder, found))
    closest = map(case.sample, _edge_of_sight(case, ladder, found))
    for rung, below in chain(finer, ((rung, suspects) for rung in chain(closer, closest))):
        denied = found & below & _is_gone(case, ladder, suspects, rung, before)
        for where, share in ((denied & rung.still, _NEARER), (denied & ~rung.still, _BESIDE)):
            if where.any():  # so does another step; a stair may be no wider than one of our strides
                found &= ~(where & _is_gone(case, ladder, suspects, case.sample(rung.step * share), before))
        before = rung
    return found


def _is_gone(case: Case, ladder: Ladder, suspects: Mask, rung: Rung, before: Rung) -> Mask:
    """Whether `rung` does not show the residual, or shows a kink in its place."""
    z = np.abs(ladder.best().residual)
    with np.errstate(all="ignore"):
        bends = (np.abs(rung.bend) > z) & (np.abs(rung.bend) > np.abs(before.bend) / 2)
        gone = suspects & ((np.abs(rung.residual) <= z / 2) | bends)
        seen = 4 * _noise(case, ladder, rung) / rung.step < z / _clearly(case, ladder)
        return np.asarray(gone & (seen | _is_flat(case, rung, gone & ~seen, z)))


def _noise(case: Case, ladder: Ladder, rung: Rung | None) -> Vector:
    """Return the noise of what moves at all, at `rung` or in general."""
    if case.own_noise is not None:
        return case.own_noise()
    return case.noise if rung is None else ladder.noise_at(rung)


def _is_in_sight(case: Case, ladder: Ladder, found: Mask, step: float) -> bool:
    """Whether a step could show that any residual is gone: above its noise, or where f is seen to stand still."""
    with np.errstate(all="ignore"):
        z = np.abs(ladder.best().residual)
        sharp = 4 * _noise(case, ladder, None) / step < z / _clearly(case, ladder)
    return bool((found & (sharp | (case.analytic == 0))).any()) or case.refined(ladder.finest.step) is not None


def _close_up(
    case: Case, ladder: Ladder, found: Mask, in_sight: Callable[[float], bool] = lambda _: True
) -> Iterator[Rung]:
    """Yield rungs far below the ladder while any lane is left in `found`; further for the first failures.

    The last two are as small as x allows: beside a large x short waves show there and nowhere else.
    """
    count = _BRIEF if case.brief else _THOROUGH
    steps = [ladder.finest.step / _CLOSER**k for k in range(1, count + 1)]
    steps = [step for step in steps if step > 8 * case.least_step]
    last = () if case.brief else (4 * case.least_step, case.least_step)
    for step in (*steps, *(step for step in last if 0 < step < ladder.finest.step)):
        if not found.any():
            break
        if in_sight(step):
            yield case.sample(step)


def _edge_of_sight(case: Case, ladder: Ladder, found: Mask) -> Iterator[float]:
    """Yield steps at which noise just lets a residual be seen that is a small share of the slope: of the smallest."""
    small = found & (_share_of_slope(case, ladder) < _SMALL)
    if case.brief or not small.any():
        return
    with np.errstate(all="ignore"):
        edge = float(np.max((_noise(case, ladder, None) / np.abs(ladder.best().residual))[small]))
    for step in (times * edge for times in _JUST_SEEN):
        if found.any() and 8 * case.least_step < step < ladder.finest.step:
            yield step


def _clearly(case: Case, ladder: Ladder) -> Vector:
    """Return how many times its noise a residual counts for to be seen gone: few where it is a small share."""
    return np.where(_share_of_slope(case, ladder) < _SMALL, 2.0, 5.0)


def _share_of_slope(case: Case, ladder: Ladder) -> Vector:
    residual = ladder.best().residual
    with np.errstate(all="ignore"):
        return np.abs(residual) / np.maximum(np.abs(case.analytic), np.abs(case.analytic + residual))


def stay_outside_in_close_up(case: Case, ladder: Ladder, suspects: Mask) -> Mask:
    """Whether the claim lies outside the one-sided slopes at ever smaller steps, too, as far down as these are seen.

    The teeth of a fine saw look like one blunt kink from afar.
    """
    inside, found, before = np.zeros(suspects.size, dtype=bool), suspects.copy(), np.full(suspects.size, np.inf)
    for rung in _close_up(case, ladder, found):
        with np.errstate(all="ignore"):
            low, high = np.minimum(rung.left, rung.right), np.maximum(rung.left, rung.right)
            sharp = 4 * ladder.noise_at(rung) / rung.step < (high - low) / 5
            now = sharp & (low <= case.analytic) & (case.analytic <= high)
            now &= high - low < _WIDER * before  # at a jump they part like 1/h, and hold everything between them
        found &= ~(inside & now)
        inside, before = now, high - low
    return found


def _is_flat(case: Case, rung: Rung, suspects: Mask, slope: Vector) -> Mask:
    """Whether f stands still at this step, and does so with more digits, too: then that is no rounding.

    Unless a `slope` would be lost at this step with more digits as well. Where no more are to be had, a claim that f
    is flat is not refuted while it stands still where the slope would move it by thousands of ulps.
    """
    still = suspects & rung.still & (slope * rung.step > _SEEN_WITH_MORE_DIGITS * rung.size)
    fine = case.refined(rung.step) if still.any() else None
    if fine is not None:
        return np.asarray(still & fine.still)
    return np.asarray(still & (case.analytic == 0) & (slope * rung.step > _THOUSANDS_OF_ULPS * rung.size))


def survive_more_digits(case: Case, ladder: Ladder, suspects: Mask) -> Mask:
    """Whether the residual is the same where f, and its gradient, have more digits than float64, if they can have."""
    return _survive_in_forward(case, ladder, suspects) & _survive_in_backward(case, ladder, suspects)


def _survive_in_backward(case: Case, ladder: Ladder, suspects: Mask) -> Mask:
    """Whether the claim is as wrong with more digits; a backward may have lost its own without any ulp showing it."""
    residual, found = ladder.best().residual, np.ones(suspects.size, dtype=bool)
    for lane in np.flatnonzero(suspects)[:_RECLAIMED]:
        claim = case.reclaimed(int(lane))
        if claim is not None and abs(residual[lane] - (claim - case.analytic[lane])) <= abs(residual[lane]) / 2:
            found[lane] = False
    return found


def _survive_in_forward(case: Case, ladder: Ladder, suspects: Mask) -> Mask:
    estimate, found = ladder.best(), np.ones(suspects.size, dtype=bool)
    for k in np.unique(estimate.triple[suspects]):
        coarse, fine = (case.refined(ladder.rungs[j].step) for j in (int(k) - 1, int(k)))
        if coarse is None or fine is None:
            return found
        with np.errstate(all="ignore"):
            apart = np.abs(richardson(coarse, fine) - estimate.residual)
            rounding = apart > np.abs(estimate.residual) / 2
        found[(estimate.triple == k) & rounding] = False
    return found & ~_settle_elsewhere(case, ladder, found) if case.repeats > 1 else found


def _settle_elsewhere(case: Case, ladder: Ladder, suspects: Mask) -> Mask:
    """Whether larger steps agree, with more digits, on another residual: the small ones are between stairs again."""
    other, z = np.zeros(suspects.size, dtype=bool), np.abs(ladder.best().residual)
    if not suspects.any():
        return other
    fine = [rung for rung in map(case.refined, (rung.step for rung in ladder.rungs)) if rung is not None]
    for coarse, middle, finest in zip(fine, fine[1:], fine[2:], strict=False):
        with np.errstate(all="ignore"):
            before, now = richardson(coarse, middle), richardson(middle, finest)
            settled = (np.abs(now - before) < z / 10) & (np.abs(coarse.bend) < z / 4)  # no kink was left behind
            other |= settled & (np.abs(now - ladder.best().residual) > z / 2)
    return other & ~_is_the_same_with_more_digits(case, ladder, z)


def _is_the_same_with_more_digits(case: Case, ladder: Ladder, z: Vector) -> Mask:
    """Whether the finest step shows the very same with more digits: then it is no rounding that it shows."""
    fine = case.refined(ladder.finest.step)
    if fine is None:
        return np.zeros(z.size, dtype=bool)
    with np.errstate(all="ignore"):
        return np.asarray(np.abs(fine.residual - ladder.finest.residual) <= _THE_SAME * z)


def _seen_again(case: Case, ladder: Ladder, k: int, residual: Vector) -> Mask:
    """Whether fresh steps around those of triple `k` show `residual`, and a much finer one does not deny it.

    Noise that hides from the lattice, such as coarse stairs, scatters the fresh residuals as much as the first.
    """
    rungs, z = ladder.rungs, np.abs(residual)
    far = case.sample(max(rungs[k].step / 16, case.least_step))
    with np.errstate(all="ignore"):
        same = ~((np.abs(far.residual) <= z / 2) & (4 * ladder.noise_at(far) / far.step < z / 2))
        for factor in _FRESH[: case.repeats]:
            if not same.any():
                break
            coarse, fine = (case.sample(factor * rungs[j].step) for j in (k - 1, k))
            same &= np.abs(richardson(coarse, fine) - residual) <= z / 5
    return same
