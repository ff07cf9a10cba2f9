r"""Laws of projections, which keep weights short.

.. math:: P(P(w)) = P(w), \qquad |P(w) - P(v)| \le |w - v|
"""

from __future__ import annotations

import numpy as np

from .._case import Case
from .._expect import Violation, expect, largest
from .._registry import declares
from ..adapters.regularizer import Array, Regularizer
from ..strategies import STRUCTURES
from .regularizer import EPS, ULPS

MODEST = tuple(name for name in STRUCTURES if name != "huge")
"""Beside weights of 1e49 the 1 that a simplex adds up to is no more: what is subtracted has to leave something."""

HALVINGS = 12
"""Of the line between two sets of weights: a jump is then thousands of times as long as what is left of it."""


@declares("GC630", "projecting twice is projecting once", "regularizer", needs=("projection",), claims=("R-MAXNORM",))
def idempotent(project: Regularizer, case: Case) -> None:
    """P(P(w)) = P(w): what lies in the allowed set stays.

    To rounding: a vector that was scaled to the limit may exceed it by a unit of the last place, and what was
    subtracted from large weights has lost their digits.

    The usual mistake is to divide by the norm in every case, or to clip with the limit's square.
    """
    w = project.weights(case, scales=(1.0, 10.0, 0.01, 1e3), structures=MODEST)
    once = project(w)
    expect(project(once.copy()), "P(P(w))").close_to(once, scale=largest(w) + largest(once), ulps=ULPS)


@declares(
    "GC631",
    "short weights stay, bit for bit",
    "regularizer",
    needs=("projection", "limit"),
    effort=0.5,
    claims=("R-MAXNORM",),
)
def inside_kept(project: Regularizer, case: Case) -> None:
    """Weights whose norm is far below the limit come back as they are.

    The constraint is felt only at its border.

    The usual mistake is a rescaling of all vectors to the limit.
    """
    w = project.weights(case)
    if not w.any():
        case.idle("every weight was 0")
    short = w * (0.4 * project.strength / np.linalg.norm(w))
    expect(project(short.copy()), "P(w) for short w").identical(short)


@declares(
    "GC632", "nothing is longer than the limit", "regularizer", needs=("projection", "limit"), claims=("R-MAXNORM",)
)
def within_limit(project: Regularizer, case: Case) -> None:
    """After the projection no vector of weights into a unit is longer than the limit, and the long ones reach it.

    Which axis is a unit's is told from the result: along one of them, or over all, the norms obey. Weight clipping
    limits each weight alone: declare it separable.

    The usual mistake is the norm over the wrong axis, so that whole units are scaled together.
    """
    w = project.weights(case, scales=(10.0, 1.0, 1e3))
    out, limit = project(w), project.strength
    axes = [None] if out.ndim == 1 else [0, 1, None]
    pairs = [tuple(np.asarray(np.linalg.norm(v, axis=axis)) for v in (w, out)) for axis in axes]
    if project.traits.separable:
        pairs = [(np.abs(w), np.abs(out))]
    room = limit * ULPS * EPS * w.size
    least = min(float(np.max(after)) for _, after in pairs)
    expect(least, "the largest norm after the projection").at_most(limit, allowed=room)
    if all((before <= limit).all() for before, _ in pairs):
        case.idle("no vector was too long")
    if not any(_reaches(before, after, limit, room) for before, after in pairs):
        raise Violation("vectors that were too long do not have the length of the limit afterwards")


def _reaches(before: Array, after: Array, limit: float, room: float) -> bool:
    """Say whether every norm obeys, and those that were too long are at the limit."""
    target = np.where(before > limit, limit, before)
    return bool((np.abs(after - target) <= room).all())


@declares(
    "GC633",
    "a projection does not drive weights apart",
    "regularizer",
    needs=("map",),
    effort=0.5,
    claims=("R-MAXNORM",),
)
def non_expansive(project: Regularizer, case: Case) -> None:
    """Two sets of weights are at most as far apart after the projection as before: |P(w) - P(v)| <= |w - v|.

    The nearest point of a convex set has this property, and only then does gradient descent with it converge. A
    map that is proximal by its name, as a soft threshold is, has it, too.

    The usual mistake is a rescaling that is not the nearest point, or a threshold at which the map jumps.
    """
    w = project.weights(case, scales=(1.0, 10.0, 0.1), structures=MODEST)
    v = project.weights(case, "v", w.shape, scales=(1.0, 10.0, 0.1), structures=MODEST)
    size = np.linalg.norm(w) + np.linalg.norm(v)
    for near, far in ((w, v), _driven_apart(project, w, v)):
        before, after = np.linalg.norm(near - far), np.linalg.norm(project(near) - project(far))
        expect(after, "the distance afterwards").at_most(before, allowed=ULPS * EPS * w.size * size)


def _driven_apart(project: Regularizer, w: Array, v: Array) -> tuple[Array, Array]:
    """Return two of the weights between `w` and `v` that are driven apart most, by halving: beside a jump, if any."""
    for _ in range(HALVINGS):
        middle = (w + v) / 2
        first, second = (np.linalg.norm(project(one) - project(middle)) for one in (w, v))
        w, v = (w, middle) if first >= second else (middle, v)
    return w, v


@declares(
    "GC634", "keeps the direction", "regularizer", needs=("projection", "ball"), effort=0.5, claims=("R-MAXNORM",)
)
def direction_kept(project: Regularizer, case: Case) -> None:
    """No weight changes its sign or grows: each unit's vector is shortened along itself.

    What a unit looks for is in the direction of its weights.

    The usual mistake is to clip the entries one by one, which turns the vector; where that is meant, declare it
    separable.
    """
    w = project.weights(case, scales=(10.0, 1.0, 100.0))
    out = project(w)
    factor = np.divide(out, w, out=np.ones_like(w), where=w != 0)
    expect(factor, "the factor of a weight").at_least(0.0)
    expect(factor, "the factor of a weight").at_most(1.0, allowed=ULPS * EPS)
    if w.ndim < 2 or min(w.shape) < 2 or not (factor < 1).any():
        case.idle("the vectors had one entry, or none was too long")
    spreads = [_spread(factor, w != 0, axis) for axis in (0, 1)]
    expect(min(spreads), "the spread of the factors within a vector").at_most(0.0, allowed=ULPS * EPS)


def _spread(factor: Array, there: Array, axis: int) -> float:
    """Return how far the factors within one vector lie apart, entries of 0 left out."""
    high = np.where(there, factor, -np.inf).max(axis=axis)
    low = np.where(there, factor, np.inf).min(axis=axis)
    return float(np.where(there.any(axis=axis), high - low, 0.0).max())
