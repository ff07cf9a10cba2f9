r"""Whether f jumps a little beside the point, as a loop does that stops once it has converged to a tolerance.

Such a forward is smooth but for jumps, as large as its tolerance, where it takes one turn more or less; its slope is
that of an unfinished iteration, and off from the true one by more than the jumps. On a lattice t_k along a line, the
sixth differences of a smooth f are tiny, and those over a jump are not:

.. math:: |\Delta^6 f(t_k)| \gg \operatorname{median}_j |\Delta^6 f(t_j)|

Between the polynomials that continue f from the left and from the right the place is found by halving; a jump is what
is left there when the interval has no length, as a kink is not. All that a loop returns jumps where it stops earlier,
but one entry shows the place better than others.

Who asks for jumps of a least size alone needs fewer points: the largest difference over a jump is ten times as large.
Where every difference of a coarser lattice is below five of the least, none is there.

Nor are many needed to see that f drifts: the error of an iteration grows until it is lost in a jump. Along a half of
the line it would grow by what the claimed slope is off; where that is more than a jump may be, and more than all
differences together could make up for, it is the error of none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from .._problem import Vector

Cells = NDArray[np.float64]

_RADIUS, _POINTS, _ORDER = 0.25, 129, 6
_OVER_A_JUMP = float(comb(_ORDER - 1, _ORDER // 2))
"""How many times the jump is the largest difference over it."""

_STRIDES, _BETWEEN = (4, 2, 1), 0.5
"""Strides of the lattices, the coarsest first, and the share of the largest difference over a jump below which there
is none."""

_SLOPE, _MAKES_UP = np.array([-1, 9, -45, 0, 45, -9, 1]) / 60, 0.5
"""Weights of the slope in the middle of seven points, one apart, and what a difference makes up for: a 32nd by jumps,
a quarter where it bends the slope."""

_STANDS_OUT, _ROUNDING, _SLOPES = 8.0, 64.0, 8.0
_HALVINGS, _PLACES = 40, 3
"""How often the interval of a place is halved: a slope goes on by 1e-14 there; for less x may have no digits."""


@dataclass(frozen=True, slots=True)
class Jumps:
    """How far each entry jumps, 0 where no jump is found, and up to which size a jump may have been ``hidden``.

    ``drift`` is how far each goes astray of its claim without a jump that makes up for it.
    """

    sizes: Vector
    hidden: Vector
    drift: Vector


def jumps_beside(
    value: Callable[[float], Vector],
    least: Vector | float = 0.0,
    claimed: Vector | float = np.nan,
    most: Vector | float = np.inf,
) -> Jumps:
    """Return how far each entry of `value` jumps near 0, to either side.

    Jumps below `least` may be left out, and so may all where an entry drifts by more than `most` from what its
    `claimed` slope says.
    """
    lattice = np.linspace(-_RADIUS, _RADIUS, _POINTS)
    known: dict[float, Vector] = {}
    for stride in _STRIDES:
        values = _values(value, lattice[::stride], known)
        if not np.isfinite(values).all():
            return Jumps(*(np.full(values.shape[1], number) for number in (0.0, np.inf, 0.0)))
        differences = np.abs(np.diff(values, _ORDER, axis=0))
        bound = differences.max(axis=0) / (_BETWEEN * _OVER_A_JUMP)
        drift = _drift(values, differences, claimed)
        if np.all(bound < least) or np.any(drift > most):
            return Jumps(np.zeros_like(bound), bound, drift)
    return Jumps(*_jumps(value, lattice, values, differences), drift)


def _values(value: Callable[[float], Vector], lattice: Vector, known: dict[float, Vector]) -> Cells:
    """Return `value` on the lattice; what is `known` is not asked again."""
    with np.errstate(all="ignore"):
        known |= {t: value(t) for t in lattice.tolist() if t not in known}
    return np.array([known[t] for t in lattice.tolist()])


def _spacing(lattice: Vector) -> float:
    return float(lattice[1] - lattice[0])


def _drift(values: Cells, differences: Cells, claimed: Vector | float) -> Vector:
    """Return how far each entry goes astray on a half of the lattice, less what all `differences` make up for."""
    half = len(values) // 2
    slope = _SLOPE @ values[half - _ORDER // 2 : half + _ORDER // 2 + 1]
    off = np.nan_to_num(np.abs(half * slope - _RADIUS * np.asarray(claimed)), nan=0.0)
    return np.asarray(np.maximum(off - _MAKES_UP * differences.sum(axis=0), 0.0))


def _jumps(
    value: Callable[[float], Vector], lattice: Vector, values: Cells, differences: Cells
) -> tuple[Vector, Vector]:
    """Return the jumps at the few places that stand out among the `values` of a lattice, and what may be hidden."""
    found = np.zeros(values.shape[1])
    rounding = _ROUNDING * np.finfo(float).eps * np.abs(values).max(axis=0)
    steepest = np.abs(np.diff(values, axis=0)).max(axis=0) / _spacing(lattice)
    usual = _STANDS_OUT * np.median(differences, axis=0)
    for left, k in _places(differences, usual + rounding):
        near, far = _halved(value, k, lattice, values[:, k], left)
        jump = np.abs(value(far) - value(near))
        found = np.maximum(found, np.where(jump > rounding + _SLOPES * steepest * (far - near), jump, 0.0))
    return found, np.where(usual > rounding, usual / _OVER_A_JUMP, 0.0)


def _places(differences: Cells, usual: Vector) -> list[tuple[int, int]]:
    """Return the few places of the lattice that stand out most, and the entry in which they do."""
    with np.errstate(all="ignore"):
        excess = np.nan_to_num(differences / usual, nan=0.0)
    found: list[tuple[int, int]] = []
    while len(found) < _PLACES and excess.max(initial=0.0) > 1.0:
        start, k = np.unravel_index(int(np.argmax(excess)), excess.shape)
        left = int(start) + _ORDER // 2 - 1
        if left + 1 >= _ORDER and left + 2 + _ORDER <= _POINTS:
            found.append((left, int(k)))
        excess[max(int(start) - _ORDER, 0) : int(start) + _ORDER + 1] = 0.0
    return found


def _halved(
    value: Callable[[float], Vector], k: int, lattice: Vector, values: Vector, left: int
) -> tuple[float, float]:
    """Return the ends of a short interval in which entry `k` goes over from one polynomial to the other."""
    spacing, middle, right = _spacing(lattice), lattice[left + 1], left + 2
    before, after = (
        Polynomial.fit((lattice[part] - middle) / spacing, values[part], _ORDER - 1)
        for part in (slice(left + 1 - _ORDER, left + 1), slice(right, right + _ORDER))
    )
    near, far = float(lattice[left]), float(lattice[right])
    for _ in range(_HALVINGS):
        half = (near + far) / 2
        place, here = (half - middle) / spacing, value(half)[k]
        near, far = (half, far) if abs(here - before(place)) < abs(here - after(place)) else (near, half)
    return near, far
