r"""Whether f jumps a little beside the point, as a loop does that stops once it has converged to a tolerance.

Such a forward is smooth but for jumps, as large as its tolerance, where it takes one turn more or less; its slope is
that of an unfinished iteration, and off from the true one by more than the jumps. On a lattice t_k along a line, the
sixth differences of a smooth f are tiny, and those over a jump are not:

.. math:: |\Delta^6 f(t_k)| \gg \operatorname{median}_j |\Delta^6 f(t_j)|

Between the polynomials that continue f from the left and from the right the place is found by halving; a jump is what
is left there when the interval has no length, as a kink is not.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.polynomial import Polynomial

from ._problem import Vector

_RADIUS, _POINTS, _ORDER = 0.25, 129, 6
_STANDS_OUT, _ROUNDING, _SLOPES = 8.0, 64.0, 8.0
_HALVINGS = 33


def jump_beside(value: Callable[[float], float]) -> float:
    """Return the size of one jump of `value` near 0, in both directions of its argument; 0 where none is found."""
    lattice = np.linspace(-_RADIUS, _RADIUS, _POINTS)
    with np.errstate(all="ignore"):
        values = np.array([value(t) for t in lattice])
    if not np.isfinite(values).all():
        return 0.0
    rounding = _ROUNDING * np.finfo(float).eps * float(np.abs(values).max())
    differences = np.abs(np.diff(values, _ORDER))
    start = int(np.argmax(differences))
    left, right = start + _ORDER // 2 - 1, start + _ORDER // 2 + 1
    inside = left + 1 >= _ORDER and right + _ORDER <= _POINTS
    if not inside or differences[start] <= _STANDS_OUT * float(np.median(differences)) + rounding:
        return 0.0
    near, far = _halved(value, lattice, values, left, right)
    steepest = float(np.abs(np.diff(values)).max()) / (lattice[1] - lattice[0])
    jump = abs(value(far) - value(near))
    return jump if jump > rounding + _SLOPES * steepest * (far - near) else 0.0


def _halved(
    value: Callable[[float], float], lattice: Vector, values: Vector, left: int, right: int
) -> tuple[float, float]:
    """Return the ends of a short interval in which `value` goes over from one polynomial to the other."""
    spacing, middle = lattice[1] - lattice[0], lattice[left + 1]
    before, after = (
        Polynomial.fit((lattice[part] - middle) / spacing, values[part], _ORDER - 1)
        for part in (slice(left + 1 - _ORDER, left + 1), slice(right, right + _ORDER))
    )
    near, far = float(lattice[left]), float(lattice[right])
    for _ in range(_HALVINGS):
        half = (near + far) / 2
        place, here = (half - middle) / spacing, value(half)
        near, far = (half, far) if abs(here - before(place)) < abs(here - after(place)) else (near, half)
    return near, far
