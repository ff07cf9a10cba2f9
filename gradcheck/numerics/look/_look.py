r"""One centred difference along one direction, and what it certifies.

.. math:: r = \frac{u\cdot(f(x+hv) - f(x-hv))}{2h} - \frac{\langle g, d\rangle}{2h}, \qquad g = J^T u

with d the realised displacement. Numerical error only enlarges r, unless it happens to cancel the wrong part of g;
so a residual below ``claim`` times the scale of the direction, sqrt(sum (g_j v_j)^2), certifies without any error
bound of its own. The step is tiny, so that a million ReLUs cross hardly a kink, and no smaller than rounding allows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .._precision import Precision
from .._problem import Mask, Problem, Vector, norm
from ._aim import Aim

_KINKS_EXPECTED = 0.02
_TRIES = 5
_STAYS = 0.01
_PLAIN = 10.0
_CLOSER = 32
_SHORTER, _FALLS = 4, 0.6
_ULPS, _MOST_ULPS = 16.0, 4096.0
"""Ulps of itself by which an output bends that rounds once or twice, and the most that are taken for rounding."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the first look saw of one group of coordinates.

    ``certified`` says that the residual is below ``limit``; both, like ``scale``, are in units of u . f per step.
    ``bend`` is the most ulps of itself by which an output bends rather than rises. ``beside`` says that rounding
    allowed no more than to certify the group beside its larger neighbours.
    """

    group: Mask | None
    certified: bool
    residual: float
    limit: float
    scale: float
    direction: Vector
    step: float
    noise: float = 0.0
    bent: bool = False
    bend: float = 0.0
    beside: bool = False

    @property
    def idle(self) -> bool:
        """Whether these coordinates are said not to matter, and do: nothing beside them measures their slope."""
        return not self.certified and self.scale == 0.0 and self.residual != 0.0 and self.limit == 0.0

    @property
    def plain(self) -> bool:
        """Whether neither rounding nor a kink can be what kept it from a certificate."""
        return not (self.certified or self.bent) and abs(self.residual) > _PLAIN * self.noise

    @property
    def drowned(self) -> bool:
        """Whether rounding is all that kept it from a certificate."""
        return not self.certified and abs(self.residual) <= self.noise and 2 * self.noise > self.limit

    @property
    def silent(self) -> bool:
        """Whether the gradient is zero everywhere, and no output moves at all."""
        return self.certified and self.limit == 0.0

    def resolution(self, block: slice, analytic: Vector) -> float | None:
        """Return the smallest error of one entry of `block` that would have shown, relative to a typical entry.

        An error e_j contributes e_j v_j to a residual that was seen to be below the limit, so it shows least where v
        is smallest. None where the block has no entry in the group, or the gradient of all of them is zero.
        """
        direction, part = np.abs(self.direction[block]), analytic[block]
        inside = direction > 0
        typical = norm(part) / float(np.sqrt(max(part.size, 1)))
        return float(2 * self.limit / (direction[inside].min() * typical)) if typical and inside.any() else None


def look_along(
    problem: Problem,
    base: Vector,
    upstream: Vector,
    analytic: Vector,
    group: Mask | None,
    aim: Aim,
    *,
    rounding: float,
    whole: float,
    fine: bool,
    mixed: bool = False,
) -> Look:
    """Return what the coordinates of `group` (all if None) show along `aim`.

    ``rounding`` is that of u . f, and ``whole`` the scale of all coordinates together. ``mixed`` says that an output
    may round by what is typical of all, as those of a Fourier transform do, and so bend.
    """
    judged_by = aim.scale or whole  # entries that are zero by claim are judged beside their neighbours
    claim = problem.precision.glance[0 if fine else 1]
    if judged_by == 0.0:
        return _all_zero(problem, base, aim.direction, group)
    crowd, affordable = max(problem.x.size, base.size), judged_by * claim / 10
    look = Look(group, False, np.inf, claim * judged_by, judged_by, aim.direction, 0.0)
    reached = np.zeros(base.size, dtype=bool)
    rounds = norm(base) / float(np.sqrt(max(base.size, 1))) if mixed else 0.0
    differences = _Differences(
        problem, base, upstream, analytic, aim.slope, fine, zero=aim.scale == 0.0, reached=reached, rounds=rounds
    )
    if group is not None:
        return differences.of_a_group(look, first_step(problem.precision, crowd, 0.0, affordable))
    step = first_step(problem.precision, crowd, rounding, affordable)
    for factor in (1.0, 1 / _CLOSER, _CLOSER):
        before, look = look, differences.at(look, step * factor)
        wrong = fine and abs(look.residual) > 0.05 * max(aim.slope, aim.scale) and not look.bent
        stays = abs(look.residual) > _PLAIN * look.noise and _stays(look, before)
        # a larger step could only bend it away
        seen = factor < 1 and abs(look.residual) > look.limit + 4 * look.noise
        if look.certified or wrong or seen or (stays and not fine):
            break
    return before if _vanishes(before, look) else _sharper(before, look)


def _vanishes(before: Look, look: Look) -> bool:
    """Whether a residual is gone at the shorter step that no curvature takes along so fast.

    Then f has another slope next to the point than a little farther off, as a part has that rounds to float32.
    """
    shorter = look.certified and look.step < before.step and not before.bent
    return shorter and abs(before.residual) > before.noise + 2 * _CLOSER**2 * look.limit


def _sharper(before: Look, look: Look) -> Look:
    """Return `before` where its larger step shows the same residual in less noise: that finds its entries."""
    if look.certified or before.bent or not before.step > look.step or before.noise >= look.noise:
        return look
    return before if _stays(look, before, 4 * look.noise) else look


def _stays(look: Look, before: Look, noise: float = 0.0) -> bool:
    """Whether two steps show the same residual, but for `noise`."""
    return abs(look.residual - before.residual) < _STAYS * abs(before.residual) + noise


def first_step(precision: Precision, crowd: int, rounding: float, affordable: float) -> float:
    """Return the step that rounding asks for, as small as the number of possible kinks, `crowd`, advises."""
    smallest, largest = precision.steps
    step = min(max(_KINKS_EXPECTED / max(crowd, 1), smallest), largest)
    return float(np.clip(rounding / affordable if affordable else step, step, 128 * largest))


@dataclass(frozen=True, slots=True)
class _Differences:
    """Centred differences along one direction, and what they certify; ``zero`` says that they are claimed to be.

    ``reached`` are the outputs that any step so far has moved: what does not move does not round either. Outputs
    smaller than ``rounds`` round as one of that size, and all of them by ``ulps`` when they bend.
    """

    problem: Problem
    base: Vector
    upstream: Vector
    analytic: Vector
    slope: float
    fine: bool
    zero: bool
    reached: Mask
    rounds: float
    ulps: float = _ULPS

    def at(self, look: Look, step: float) -> Look:
        """Return `look` as one step shows it."""
        problem, base, eps = self.problem, self.base, self.problem.precision.eps
        shift = step * look.direction
        right, left = problem.point(shift), problem.point(-shift)
        with np.errstate(all="ignore"):
            predicted = float(self.analytic @ (right - left)) / (2 * step)
            ahead, behind = problem.value(right), problem.value(left)
            difference = ahead - behind
            residual = float(self.upstream @ difference) / (2 * step) - predicted
            np.logical_or(self.reached, (ahead != base) | (behind != base), out=self.reached)
            noise = self._noise(step)
            apart = self.fine or look.group is not None
            bend = _bend(base, ahead, behind, difference, self.rounds) / eps if apart else 0.0
        limit = min(look.limit, 8 * noise) if self.zero else look.limit
        bent = self.fine and bend > self.ulps
        certified = bool(abs(residual) + noise <= limit) and not bent
        return replace(look, certified=certified, residual=residual, step=step, noise=noise, bent=bent, bend=bend)

    def _noise(self, step: float) -> float:
        """Return the rounding of the outputs that moved; of all, where a slope is claimed and nothing moved.

        Then that slope may be lost in any of them: beside a sum of 10^5 terms one of 10^-20 stands still.
        """
        eps, rounds = self.problem.precision.eps, self.upstream * self.base
        lost = not self.zero and not self.reached.any()
        rounding = 2 * eps * (self.ulps / _ULPS) * norm(rounds if lost else rounds[self.reached])
        return rounding / step + 8 * eps * self.slope

    def of_a_group(self, look: Look, step: float) -> Look:
        """Return `look` at the first step that certifies it: a larger one where rounding is in the way, or smaller.

        Where the step is then too large for one difference, half of it beside it tells the truncation of both. What
        bends at the first step is looked at much closer, as far as rounding allows: of a thousand outputs one stands
        still along a random direction, and bends as long as the step is not small beside that.
        """
        least, most = self.problem.precision.steps[0], 2.0**-5
        look = first = self.at(look, step)
        if look.bent and _CLOSER * look.noise <= look.limit:
            return self.at(look, step / _CLOSER)
        rounder = self._rounder(look) if look.bend > self.ulps and not look.certified else None
        if rounder is not None:
            return rounder.of_a_group(look, step)
        for _ in range(_TRIES):
            look = self.at(look, step) if step != look.step else look
            if look.certified or look.bent:
                break
            if look.noise > look.limit / 4:
                enlarged = step * max(8 * look.noise / look.limit, 8.0) if look.limit else most
                step = most if step < most <= enlarged else enlarged  # the largest step shows what no other does
            else:
                coarse, look = look, self._extrapolated(look, self.at(look, step / 2))
                step *= 0.125
                if look.plain and _stays(look, coarse):
                    break
            if look.certified or look.bent or not least <= step <= most:
                break
        return look if look.certified or self.zero or first.bent else self._before_it_bends(look, first, most)

    def _rounder(self, look: Look) -> _Differences | None:
        """Return the same with more ulps for each output, where that is all that bends.

        The bend past a kink falls with the step; that of rounding stays. A sharp softmax rounds by its argument.
        """
        shorter = self.at(look, look.step / _SHORTER)
        ulps = 2 * max(look.bend, shorter.bend)
        return replace(self, ulps=ulps) if look.bend <= 2 * shorter.bend and ulps <= _MOST_ULPS else None

    def _before_it_bends(self, seen: Look, first: Look, most: float) -> Look:
        """Return what a smaller step than `most` shows in its noise, where the residual falls with it: curvature.

        An error stays. So a group that is lost in rounding at the `first` step, and in curvature at large ones, is
        looked at with the largest step between; as it was `seen`, if it is not lost at the first. Rounding never
        makes a residual grow with the step: where it has grown, there is nothing to be seen beyond.
        """
        curves = abs(seen.residual) > abs(first.residual) + self._noise(first.step)
        look = seen if curves or seen.step >= most else self.at(seen, most)
        drowned = replace(first, noise=self._noise(first.step))
        if abs(drowned.residual) > drowned.noise:
            return seen
        while look.bent or abs(look.residual) > look.noise:
            before, step = look, look.step / _SHORTER
            if step <= drowned.step:
                return drowned
            look = self.at(look, step)
            if not (before.bent or look.bent or abs(look.residual) <= _FALLS * abs(before.residual)):
                break
        return look

    def _extrapolated(self, coarse: Look, fine: Look) -> Look:
        """Return what is left without the term in h^2, if that is certified; `fine`, at half of the step, if not."""
        residual = fine.residual + (fine.residual - coarse.residual) / 3
        noise = (4 * fine.noise + coarse.noise) / 3
        if fine.certified or fine.bent or self.zero or not abs(residual) + noise <= fine.limit:
            return fine
        return replace(fine, certified=True, residual=residual, noise=noise)


def _bend(base: Vector, ahead: Vector, behind: Vector, difference: Vector, rounds: float) -> float:
    """Return how far an output bends that does so as sharply as it rises, at most, as a share of its size.

    That is a kink within the step, a stationary point, or rounding.
    """
    bend = np.abs(ahead - 2 * base + behind) - 1e-2 * np.abs(difference)
    sizes = np.maximum(np.maximum(np.abs(ahead), np.abs(behind)), rounds)
    bends = bend > 0
    return float(np.max(bend[bends] / sizes[bends], initial=0.0))


def _all_zero(problem: Problem, base: Vector, direction: Vector, group: Mask | None) -> Look:
    """Certify a gradient that is zero everywhere only where nothing moves, at a small and at a large step."""
    for step in (problem.precision.first, problem.precision.steps[1]):
        for sign in (step, -step):
            if not np.array_equal(problem.value(problem.point(sign * direction)), base):
                return Look(group, False, np.inf, 0.0, 0.0, direction, step)
    return Look(group, True, 0.0, 0.0, 0.0, direction, step)
