"""Random directions in which every input counts, and in which no factor common to one of them can hide."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._problem import Mask, Problem, Vector, norm
from .._upstreams import weights

_RUNS, _DRAWS = 256, 32


class Aim(NamedTuple):
    """A direction v in units of x, its scale sqrt(sum (g v)^2), and the slope |<g, v>|."""

    direction: Vector
    scale: float
    slope: float


def aim_along(direction: Vector, analytic: Vector) -> Aim:
    """Return the aim along a `direction` that is given."""
    return Aim(direction, norm(analytic * direction), abs(float(analytic @ direction)))


def random_aim(
    problem: Problem, analytic: Vector, sizes: Vector, group: Mask | None, rng: np.random.Generator
) -> Aim:
    """Return a random aim at the coordinates of `group`, all if None.

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
    return Aim(direction, norm(contributions), abs(float(contributions.sum())))


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
    least, whole = norm(contributions), float(contributions.sum())
    if whole >= least:
        return
    if -whole >= least:
        np.negative(direction, out=direction)
        np.negative(contributions, out=contributions)
        return
    starts = np.arange(0, direction.size, -(-direction.size // _RUNS))
    sums = np.add.reduceat(contributions, starts)
    drawn = 2.0 * rng.integers(0, 2, (_DRAWS, starts.size)) - 1
    enough = np.flatnonzero(np.abs(drawn @ sums) >= least)
    signs = drawn[enough[0]] if enough.size else np.where(sums < 0, -1.0, 1.0)
    flips = np.repeat(signs * (1.0 if signs @ sums >= 0 else -1.0), np.diff(np.append(starts, direction.size)))
    direction *= flips
    contributions *= flips
