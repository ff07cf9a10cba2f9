r"""Whether f jumps at x along a direction: it goes as far in a step as in one a thousand times longer.

.. math:: |u\cdot(f(x + h d) - f(x))| > \tfrac12 |u\cdot(f(x + 2^{10} h d) - f(x))|

Along a kink the values go down with the step, by the thousand where slopes are finite and by 32 beside a square root.
Gradients on the far side of a jump are no limits of gradients of the near one: where f = x for g >= 0 and 0 below,
df/dx at g = 0 is 1.
"""

from __future__ import annotations

import numpy as np

from .._problem import Problem, Vector

_CLOSE, _ULPS, _FURTHER = 2.0**-40, 8.0, 2.0**10
_ROUNDING = 16.0


def closest(problem: Problem) -> float:
    """Return the shortest step, in units of the coordinates, that digits leave room for."""
    return max(_CLOSE, _ULPS * problem.precision.eps)


def jumps(problem: Problem, base: Vector, upstream: Vector, direction: Vector) -> bool:
    """Whether `upstream` times f jumps at x along `direction`, which is as long as the coordinates are large."""
    step = closest(problem)
    with np.errstate(all="ignore"):
        near, far = (
            abs(float(upstream @ (problem.value(problem.point(length * direction)) - base)))
            for length in (step, _FURTHER * step)
        )
        rounding = _ROUNDING * problem.precision.eps * float(np.abs(upstream) @ np.abs(base))
    return near > max(far / 2, rounding)
