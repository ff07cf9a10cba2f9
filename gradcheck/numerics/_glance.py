r"""The first look: one centred difference along a random direction, which may certify but never condemn.

.. math:: r = \frac{u\cdot(f(x+hv) - f(x-hv))}{2h} - \frac{\langle g, d\rangle}{2h}, \qquad g = J^T u

with d the realised displacement. Numerical error only enlarges r, unless it happens to cancel the wrong part of g;
so a residual below ``claim`` times the scale of the direction, sqrt(sum (g_j v_j)^2), certifies without any error
bound of its own, and everything else goes to the careful rule (`_rule`). The step is tiny, so that a million
ReLUs cross hardly a kink, and no smaller than rounding allows.

The coordinates are looked at in groups of similar magnitude: an entry 10^7 times smaller than its neighbours is
invisible beside them, and plain among its like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ._idle import idle_coordinates, slope_that_stays
from ._precision import Precision
from ._problem import Mask, Problem, Vector, norm, probe_sizes
from ._sight import spans_decades
from ._upstreams import weights

_KINKS_EXPECTED = 0.02
_DECADES = 1e3
_GROUPS = 5
_RUNS = 256
_TRIES = 5
_STAYS = 0.01
_PLAIN = 10.0
_CLOSER = 32


@dataclass(frozen=True, slots=True)
class Look:
    """What the first look saw of one group of coordinates.

    ``certified`` says that the residual is below ``limit``; both, like ``scale``, are in units of u . f per step.
    ``beside`` says that rounding allowed no more than to certify the group beside its larger neighbours.
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


@dataclass(frozen=True, slots=True)
class Glance:
    """Everything one upstream's first look saw."""

    upstream: Vector
    analytic: Vector
    looks: tuple[Look, ...]

    @property
    def certified(self) -> bool:
        """Whether every group was certified."""
        return all(look.certified for look in self.looks)

    @property
    def doubted(self) -> Look:
        """The first group that was not certified; the last where all were."""
        return next((look for look in self.looks if not look.certified), self.looks[-1])


def glance(
    problem: Problem,
    base: Vector,
    upstream: Vector,
    analytic: Vector,
    rng: np.random.Generator,
    *,
    fine: bool,
    beside: bool = False,
    direction: Vector | None = None,
) -> Glance:
    """Look once along a random direction per group of coordinates.

    `fine` is meant for small problems: coordinates grouped by magnitude, a tighter claim, and no certificate where
    any output bends like a kink. `beside` lets a group that is lost in the rounding of the outputs pass beside its
    larger neighbours; without it such a group is left to be judged entry by entry. `direction` is looked along
    instead of a random one.
    """
    sizes = probe_sizes(problem.x, problem.sizes, problem.blocks)
    contributions = np.abs(analytic) * sizes
    rounding = problem.precision.eps * norm(upstream * base)
    looks: list[Look] = []
    whole = norm(contributions)
    apart = direction is None and (fine or spans_decades(contributions, problem.blocks))
    for group in _groups(contributions, apart=apart):
        told = _drawn(problem, analytic, sizes, group, rng) if direction is None else _told(direction, analytic)
        look = _look(problem, base, upstream, analytic, group, told, rounding=rounding, whole=whole, fine=fine)
        looks.append(_beside(look, whole, sizes) if beside else look)
    if all(look.certified for look in looks):
        looks += _moves_idly(problem, base, upstream, analytic, weights(problem.x.size, rng) * sizes, fine=fine)
    return Glance(upstream, analytic, tuple(looks))


def _moves_idly(
    problem: Problem, base: Vector, upstream: Vector, analytic: Vector, direction: Vector, *, fine: bool
) -> list[Look]:
    """Return a look that is not certified, where coordinates of which the gradient is zero do have a slope."""
    idle = idle_coordinates(analytic, problem.blocks, fine=fine)
    if not idle.any():
        return []
    slope, step = slope_that_stays(problem, base, upstream, idle * direction)
    return [Look(idle, False, slope, 0.0, 0.0, idle * direction, step)] if slope else []


def look_at_rest(
    problem: Problem, base: Vector, seen: Glance, without: Iterable[int], rng: np.random.Generator
) -> Look:
    """Look once more along the upstream of `seen`, at all coordinates but those in `without`."""
    rest = np.ones(problem.x.size, dtype=bool)
    rest[list(without)] = False
    sizes = probe_sizes(problem.x, problem.sizes, problem.blocks)
    rounding = problem.precision.eps * norm(seen.upstream * base)
    whole = norm(np.abs(seen.analytic) * sizes * rest)
    told = _drawn(problem, seen.analytic, sizes, rest, rng)
    look = _look(problem, base, seen.upstream, seen.analytic, rest, told, rounding=rounding, whole=whole, fine=False)
    idle = _moves_idly(problem, base, seen.upstream, seen.analytic, told[0], fine=False) if look.certified else []
    return idle[0] if idle else look


def few_are_right(
    problem: Problem, base: Vector, upstream: Vector, analytic: Vector, few: Mask, rng: np.random.Generator
) -> bool:
    """Whether entries far smaller than those beside them are certified, in groups of like magnitude.

    By their own size, or beside the others where rounding allows no more, as in `glance`; those that are zero must
    have no slope.
    """
    sizes = probe_sizes(problem.x, problem.sizes, problem.blocks)
    contributions = np.abs(analytic) * sizes
    rounding, whole = problem.precision.eps * norm(upstream * base), norm(contributions)
    for group in _groups(contributions * few, apart=True):
        inside = few if group is None else few & group
        if inside.any():
            told = _drawn(problem, analytic, sizes, inside, rng)
            look = _look(problem, base, upstream, analytic, inside, told, rounding=rounding, whole=whole, fine=False)
            if not _beside(look, whole, sizes).certified:
                return False
    idle = few & (analytic == 0)
    return not (idle.any() and slope_that_stays(problem, base, upstream, idle * weights(idle.size, rng) * sizes)[0])


def _beside(look: Look, whole: float, sizes: Vector) -> Look:
    """Return `look`, certified beside its neighbours if rounding is all that kept it from more."""
    limit = abs(look.residual) + look.noise
    if look.certified or look.bent or abs(look.residual) > look.noise or limit > look.limit / look.scale * whole:
        return look
    return replace(
        look, certified=True, limit=limit, direction=np.where(look.direction != 0, look.direction, sizes), beside=True
    )


def _groups(contributions: Vector, *, apart: bool) -> Iterator[Mask | None]:
    """Yield groups of coordinates whose contributions are within a factor of 10^3, and the zeros apart."""
    largest = float(contributions.max(initial=0.0))
    zero = contributions == 0
    if not apart or not largest:
        yield None
        return
    with np.errstate(all="ignore"):
        bins = np.minimum(np.floor(np.log(largest / contributions) / np.log(_DECADES)), _GROUPS - 1)
    groups = [mask for k in range(_GROUPS) if (mask := (bins == k) & ~zero).any()]
    groups += [zero] if zero.any() else []
    yield from groups if len(groups) > 1 else [None]


def _look(
    problem: Problem,
    base: Vector,
    upstream: Vector,
    analytic: Vector,
    group: Mask | None,
    told: tuple[Vector, float, float],
    *,
    rounding: float,
    whole: float,
    fine: bool,
) -> Look:
    direction, scale, along = told
    judged_by = scale or whole  # entries that are zero by claim are judged beside their neighbours
    claim = problem.precision.glance[0 if fine else 1]
    if scale == 0.0 and whole == 0.0:
        return _all_zero(problem, base, direction, group)
    crowd, affordable = max(problem.x.size, base.size), judged_by * claim / 10
    look = Look(group, False, np.inf, claim * judged_by, judged_by, direction, 0.0)
    differences = _Differences(problem, base, upstream, analytic, along, fine, zero=scale == 0.0)
    if group is not None:
        return differences.of_a_group(look, first_step(problem.precision, crowd, 0.0, affordable))
    step = first_step(problem.precision, crowd, rounding, affordable)
    for factor in (1.0, 1 / _CLOSER, _CLOSER):
        before, look = look, differences.at(look, step * factor)
        wrong = fine and abs(look.residual) > 0.05 * max(along, scale) and not look.bent
        stays = abs(look.residual) > _PLAIN * look.noise and _stays(look, before)
        # a larger step could only bend it away
        seen = factor < 1 and abs(look.residual) > look.limit + 4 * look.noise
        if look.certified or wrong or seen or (stays and not fine):
            break
    return _sharper(before, look)


def _sharper(before: Look, look: Look) -> Look:
    """Return `before` where its larger step shows the same residual in less noise: that finds its entries."""
    if look.certified or before.bent or not before.step > look.step or before.noise >= look.noise:
        return look
    return before if _stays(look, before, 4 * look.noise) else look


def _stays(look: Look, before: Look, noise: float = 0.0) -> bool:
    """Whether two steps show the same residual, but for `noise`."""
    return abs(look.residual - before.residual) <= _STAYS * abs(before.residual) + noise


def first_step(precision: Precision, crowd: int, rounding: float, affordable: float) -> float:
    """Return the step that rounding asks for, as small as the number of possible kinks, `crowd`, advises."""
    smallest, largest = precision.steps
    step = min(max(_KINKS_EXPECTED / max(crowd, 1), smallest), largest)
    return float(np.clip(rounding / affordable if affordable else step, step, 128 * largest))


@dataclass(frozen=True, slots=True)
class _Differences:
    """Centred differences along one direction, and what they certify; ``zero`` says that they are claimed to be."""

    problem: Problem
    base: Vector
    upstream: Vector
    analytic: Vector
    along: float
    fine: bool
    zero: bool

    def at(self, look: Look, step: float) -> Look:
        """Return `look` as one step shows it. What does not move does not round either."""
        problem, base, eps = self.problem, self.base, self.problem.precision.eps
        shift = step * look.direction
        right, left = problem.point(shift), problem.point(-shift)
        with np.errstate(all="ignore"):
            predicted = float(self.analytic @ (right - left)) / (2 * step)
            ahead, behind = problem.value(right), problem.value(left)
            difference = ahead - behind
            residual = float(self.upstream @ difference) / (2 * step) - predicted
            rounding = eps * norm((self.upstream * base)[(ahead != base) | (behind != base)])
            noise = 2 * rounding / step + 8 * eps * self.along
            bent = self.fine and _bends(base, ahead, behind, difference, eps)
        limit = min(look.limit, 8 * noise) if self.zero else look.limit
        certified = bool(abs(residual) + noise <= limit) and not bent
        return replace(look, certified=certified, residual=residual, step=step, noise=noise, bent=bent)

    def of_a_group(self, look: Look, step: float) -> Look:
        """Return `look` at the first step that certifies it: a larger one where rounding is in the way, or smaller.

        Where the step is then too large for one difference, half of it beside it tells the truncation of both. What
        bends at the first step is looked at much closer, as far as rounding allows: of a thousand outputs one stands
        still along a random direction, and bends as long as the step is not small beside that.
        """
        least, most = self.problem.precision.steps[0], 2.0**-5
        for k in range(_TRIES):
            look = self.at(look, step)
            if look.bent and k == 0 and _CLOSER * look.noise <= look.limit:
                look = self.at(look, step / _CLOSER)
                break
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
        return look

    def _extrapolated(self, coarse: Look, fine: Look) -> Look:
        """Return what is left without the term in h^2, if that is certified; `fine`, at half of the step, if not."""
        residual = fine.residual + (fine.residual - coarse.residual) / 3
        noise = (4 * fine.noise + coarse.noise) / 3
        if fine.certified or fine.bent or self.zero or not abs(residual) + noise <= fine.limit:
            return fine
        return replace(fine, certified=True, residual=residual, noise=noise)


def _bends(base: Vector, ahead: Vector, behind: Vector, difference: Vector, eps: float) -> bool:
    """Whether some output bends as sharply as it rises: a kink within the step, or a stationary point."""
    bend = np.abs(ahead - 2 * base + behind)
    rounding = 16 * eps * np.maximum(np.abs(ahead), np.abs(behind))
    return bool(np.any(bend > 1e-2 * np.abs(difference) + rounding))


def _all_zero(problem: Problem, base: Vector, direction: Vector, group: Mask | None) -> Look:
    """Certify a gradient that is zero everywhere only where nothing moves, at a small and at a large step."""
    for step in (problem.precision.first, problem.precision.steps[1]):
        for sign in (step, -step):
            if not np.array_equal(problem.value(problem.point(sign * direction)), base):
                return Look(group, False, np.inf, 0.0, 0.0, direction, step)
    return Look(group, True, 0.0, 0.0, 0.0, direction, step)


def _told(direction: Vector, analytic: Vector) -> tuple[Vector, float, float]:
    """Return `direction`, its scale sqrt(sum (g v)^2) and |<g, v>|."""
    return direction, norm(analytic * direction), abs(float(analytic @ direction))


def _drawn(
    problem: Problem, analytic: Vector, sizes: Vector, group: Mask | None, rng: np.random.Generator
) -> tuple[Vector, float, float]:
    """Return a random direction in units of x, its scale and |<g, v>|.

    Inputs whose gradient is small are stretched, so that each counts, and aligned, so that a factor common to all
    entries of one of them cannot hide.
    """
    direction = weights(problem.x.size, rng)
    direction *= sizes
    if group is not None:
        direction *= group
    contributions = analytic * direction
    if len(problem.blocks) > 1:
        _stretch(direction, contributions, problem.blocks)
    for block in problem.blocks:
        _align(direction[block], contributions[block], rng)
    return direction, norm(contributions), abs(float(contributions.sum()))


def _stretch(direction: Vector, contributions: Vector, blocks: tuple[slice, ...]) -> None:
    """Stretch each block of the direction, at most 2^8 times, towards the block that contributes most."""
    norms = [norm(contributions[block]) for block in blocks]
    for block, own in zip(blocks, norms, strict=True):
        if own:
            factor = 2.0 ** min(8, int(np.log2(max(norms) / own)))
            direction[block] *= factor
            contributions[block] *= factor


def _align(direction: Vector, contributions: Vector, rng: np.random.Generator) -> None:
    """Change signs, run of entries by run, until the contributions add up to their norm or more, and positively."""
    if not contributions.size:
        return
    least = norm(contributions)
    starts = np.arange(0, direction.size, -(-direction.size // _RUNS))
    sums = np.add.reduceat(contributions, starts)
    signs = np.ones(starts.size)
    for _ in range(32):
        if abs(float(signs @ sums)) >= least:
            break
        signs = rng.choice([-1.0, 1.0], starts.size)
    else:
        signs = np.where(sums < 0, -1.0, 1.0)
    flips = np.repeat(signs * (1.0 if signs @ sums >= 0 else -1.0), np.diff(np.append(starts, direction.size)))
    direction *= flips
    contributions *= flips
