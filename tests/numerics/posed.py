"""Problems for the numerics: a function, its gradient (right or not), and a point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from gradcheck.numerics import DOUBLE, Lanes, Precision, Problem, natural_sizes

Function = Callable[[np.ndarray], np.ndarray]


@dataclass
class Counted:
    """A function that counts its calls."""

    function: Function
    calls: int = field(default=0)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        self.calls += 1
        return self.function(x)


def pose(
    x: np.ndarray,
    value: Function,
    pull: Callable[[np.ndarray, np.ndarray], np.ndarray],
    *cuts: int,
    precision: Precision = DOUBLE,
    shapes: tuple[tuple[int, ...], ...] = (),
) -> Problem:
    """Return the problem at `x`, whose blocks end at `cuts`; the function may leave its domain without a warning."""

    def quiet(at: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return value(at)

    edges = [0, *cuts, x.size]
    blocks = tuple(slice(a, b) for a, b in pairwise(edges))
    return Problem(x, quiet, pull, blocks, natural_sizes(x, blocks), precision, shapes)


def elementwise(x: np.ndarray, value: Function, slope: Function, *, precision: Precision = DOUBLE) -> Problem:
    """Return the problem of a function that acts entry by entry."""
    return pose(x, value, lambda at, u: u * slope(at), precision=precision)


def one_hot(problem: Problem, seed: int = 0) -> Lanes:
    """Return every output as a lane."""
    base = problem.value(problem.x)
    return Lanes.of(problem, base, np.eye(base.size), np.random.default_rng(seed))
