r"""Finding the wrong entries by halving: O(k log n) evaluations for k of n.

The residual is linear in the direction, r(S) = sum over j in S of v_j ((J^T u)_j - g_j), so one test splits a set:
r(second half) = r(S) - r(first half). Halves are random, so that wrong entries standing side by side are parted
early; magnitudes are random, so that two of them do not cancel. The same halving over the outputs finds the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._problem import Problem, Vector, norm, probe_sizes
from ._upstreams import weights

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Residual:
    """Measures r(S) along one fixed random direction with one fixed step."""

    problem: Problem
    upstream: Vector
    analytic: Vector
    direction: Vector
    step: float
    rounding: float

    def __call__(self, subset: Indices) -> float:
        """Return the residual of the coordinates in `subset`; two evaluations."""
        shift = np.zeros(self.problem.x.size)
        shift[subset] = self.step * self.direction[subset]
        right, left = self.problem.point(shift), self.problem.point(-shift)
        with np.errstate(all="ignore"):
            difference = self.problem.value(right) - self.problem.value(left)
            moved = (right - left)[subset]
            return float(self.upstream @ difference - self.analytic[subset] @ moved) / (2 * self.step)

    def blur(self, subset: Indices) -> float:
        """Return the residual below which a subset counts as right."""
        along = norm(self.analytic[subset] * self.direction[subset])
        return 16 * self.rounding / self.step + 1e-7 * along


def residual_of(
    problem: Problem, base: Vector, upstream: Vector, analytic: Vector, rng: np.random.Generator
) -> Residual:
    """Return a measure of residuals whose step balances rounding against kinks."""
    direction = weights(problem.x.size, rng) * probe_sizes(problem.x, problem.sizes, problem.blocks)
    rounding = problem.precision.eps * norm(upstream * base)
    step = float(np.clip(0.02 / max(problem.x.size, base.size), 2.0**-24, 2.0**-17))
    return Residual(problem, upstream, analytic, direction, step, rounding)


def wrong_coordinates(
    measure: Callable[[Indices], float],
    blur: Callable[[Indices], float],
    size: int,
    rng: np.random.Generator,
    budget: int = 200,
) -> Iterator[int]:
    """Yield the coordinates that carry the residual, the largest share first, until `budget` tests are spent."""
    everything = rng.permutation(size)
    agenda = [(measure(everything), everything)]
    while agenda and budget > 0:
        agenda.sort(key=lambda item: abs(item[0]) if np.isfinite(item[0]) else np.inf)
        residual, subset = agenda.pop()
        if abs(residual) <= blur(subset):
            continue
        if subset.size == 1:
            yield int(subset[0])
            continue
        half = subset[: subset.size // 2]
        first = measure(half)
        budget -= 1
        agenda += [(first, half), (residual - first, subset[subset.size // 2 :])]
