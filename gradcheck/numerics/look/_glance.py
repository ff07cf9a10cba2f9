"""The first look: a centred difference along a random direction (`_look`), which may certify but never condemn.

Everything that it does not certify goes to the careful rule (`_rule`). The coordinates are looked at in groups of
similar magnitude: an entry 10^7 times smaller than its neighbours is invisible beside them, and plain among its like.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from .._problem import Mask, Problem, Vector, norm, probe_sizes
from .._upstreams import weights
from ._aim import aim_along, random_aim
from ._idle import idle_coordinates, slope_that_stays
from ._look import Look, look_along
from ._sight import spans_decades

_DECADES = 1e3
_GROUPS = 5
_EVEN, _BAND = 100.0, 16.0
_FINER = 2.0**-10
"""Share of its limit to which zeros are certified by far steps, and no further: f may round by more than itself."""
_COARSE = 1e-2
"""Resolution of a look above which entries that go far less than others are looked at apart."""


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
    whole = norm(contributions)
    apart = direction is None and (fine or spans_decades(contributions, problem.blocks))

    def looked(group: Mask | None) -> Look:
        if direction is None:
            aim = random_aim(problem, analytic, sizes, group, rng)
        else:
            aim = aim_along(direction, analytic)
        see = partial(look_along, problem, base, upstream, analytic, group, rounding=rounding, whole=whole)
        look = see(aim, fine=fine)
        further = _further(problem, analytic, sizes, look) if direction is None and look.drowned else None
        if further is not None:
            seen = see(random_aim(problem, analytic, further, group, rng), fine=True, mixed=True)
            look = seen if seen.certified else look
        return _beside(look, whole, sizes) if beside else look

    looks = [looked(group) for group in _groups(contributions, apart=apart)]
    if direction is None and not fine and all(look.certified for look in looks):
        looks = [part for look in looks for part in _by_bands(look, looked, problem, analytic, sizes)]
    if all(look.certified for look in looks):
        direction = weights(problem.x.size, rng) * sizes
        looks = _asked_idly(problem, base, upstream, analytic, direction, looks, fine=fine)
    return Glance(upstream, analytic, tuple(looks))


def idle_beside(
    problem: Problem, base: Vector, seen: Glance, settled: Glance, rng: np.random.Generator, *, fine: bool
) -> Glance:
    """Return `settled`, and a look that is not certified where zeros among what `seen` certified do have a slope.

    `glance` asks so where all of it is certified; what was judged entry by entry instead has been asked.
    """
    sizes = probe_sizes(problem.x, problem.sizes, problem.blocks)
    direction = weights(problem.x.size, rng) * sizes
    for look in seen.looks:
        if not look.certified and look.group is not None:
            direction[look.group] = 0.0
    looks = _asked_idly(problem, base, seen.upstream, seen.analytic, direction, settled.looks, fine=fine)
    return replace(settled, looks=tuple(looks))


def _further(problem: Problem, analytic: Vector, sizes: Vector, look: Look) -> Vector | None:
    """Return sizes of which none is below what is typical of its block, if that moves any of `look` far further.

    Where all outputs round alike, the taps of a long filter span forty decades, and steps in proportion are lost. A
    zero that is claimed among them would be as lost, and no look that is certified tells: then there are none.
    """
    further = sizes.copy()
    for block in problem.blocks:
        part = further[block]
        np.maximum(part, norm(part) / np.sqrt(max(part.size, 1)), out=part)
    least = further > _EVEN * sizes
    return further if np.any(least & (look.direction != 0)) and np.all(analytic[least] != 0) else None


def _asked_idly(
    problem: Problem,
    base: Vector,
    upstream: Vector,
    analytic: Vector,
    direction: Vector,
    looks: Sequence[Look],
    *,
    fine: bool,
) -> list[Look]:
    """Return `looks`, and one that is not certified where coordinates of which the gradient is zero do have a slope.

    Where they have none, it is certain to within what far steps would have shown, not beside the others alone.
    """
    idle = idle_coordinates(analytic, problem.blocks, fine=fine)
    along = idle * direction
    if not along.any():
        return list(looks)
    slope, step, hidden = slope_that_stays(problem, base, upstream, along)
    if slope:
        return [*looks, Look(idle, False, slope, 0.0, 0.0, along, step)]
    return [_within(look, hidden, along) for look in looks]


def _within(look: Look, hidden: float, along: Vector) -> Look:
    """Return `look`, with its limit lowered to `hidden` if all that it looked at was moved `along`."""
    if look.group is None or not hidden < look.limit or not np.all(along[look.group]):
        return look
    limit = max(hidden, _FINER * look.limit)
    return replace(look, limit=limit, direction=np.where(look.group, along, 0.0))


def look_at_rest(problem: Problem, base: Vector, seen: Glance, without: ArrayLike, rng: np.random.Generator) -> Look:
    """Look once more along the upstream of `seen`, at all coordinates but those in `without`."""
    rest = np.ones(problem.x.size, dtype=bool)
    rest[np.asarray(without, dtype=np.intp)] = False
    sizes = probe_sizes(problem.x, problem.sizes, problem.blocks)
    upstream, analytic = seen.upstream, seen.analytic
    rounding, whole = problem.precision.eps * norm(upstream * base), norm(np.abs(analytic) * sizes * rest)
    aim = random_aim(problem, analytic, sizes, rest, rng)
    look = look_along(problem, base, upstream, analytic, rest, aim, rounding=rounding, whole=whole, fine=False)
    if not look.certified:
        return look
    return _asked_idly(problem, base, upstream, analytic, aim.direction, [look], fine=False)[-1]


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
    idle = few & (analytic == 0)
    for group in _groups(contributions * few, apart=True):
        inside = (few if group is None else few & group) & ~idle
        if inside.any():
            aim = random_aim(problem, analytic, sizes, inside, rng)
            look = look_along(
                problem, base, upstream, analytic, inside, aim, rounding=rounding, whole=whole, fine=False
            )
            if not _beside(look, whole, sizes).certified:
                return False
    return not (idle.any() and slope_that_stays(problem, base, upstream, idle * weights(idle.size, rng) * sizes)[0])


def _beside(look: Look, whole: float, sizes: Vector) -> Look:
    """Return `look`, certified beside its neighbours if rounding is all that kept it from more."""
    if look.certified or look.bent:
        return look
    limit = abs(look.residual) + look.noise
    is_rounding = abs(look.residual) <= look.noise and limit * look.scale <= look.limit * whole
    if not is_rounding:  # nor is NaN
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


def _by_bands(
    look: Look, looked: Callable[[Mask | None], Look], problem: Problem, analytic: Vector, sizes: Vector
) -> Iterator[Look]:
    """Yield `look`, or looks at parts of its group, where it would hardly show an error of some entries."""
    seen = (look.resolution(block, analytic) for block in problem.blocks)
    coarse = look.group is None or bool(np.any(analytic[look.group]))
    if coarse and any(resolution is not None and resolution > _COARSE for resolution in seen):
        yield from map(looked, _bands(sizes, problem.blocks, look.group))
    else:
        yield look


def _bands(sizes: Vector, blocks: tuple[slice, ...], group: Mask | None) -> Iterator[Mask | None]:
    """Yield the parts of `group` whose steps are of like size: an error shows in proportion to its entry's step."""
    band = np.zeros(sizes.size, dtype=np.intp)
    for block in blocks:
        part = sizes[block]
        if part.size and part.max() > _EVEN * part.min():
            band[block] = np.log(part.max() / part) / np.log(_BAND)
    if not band.any():
        yield group
        return
    parts = (band == k if group is None else (band == k) & group for k in np.unique(band))
    yield from (part for part in parts if part.any())
