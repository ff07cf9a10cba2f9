r"""Rounding noise, measured instead of assumed.

A smooth function sampled on a lattice of step s has q-th differences of order s^q, so on a lattice that is fine
enough they are pure noise:

.. math:: \sigma_q^2 = \frac{(q!)^2}{(2q)!}\,\overline{(\Delta^q \phi)^2}, \qquad \sigma = \max_{q=3,4,5}\sigma_q

(Hamming's difference table; J. Moré and S. Wild, "Estimating computational noise", 2011). The lattice must not be a
power of two, or the rounding errors of neighbouring points repeat; and where most neighbours coincide the function
moves in stairs, and the lattice must grow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import factorial

import numpy as np

from .._problem import Mask, Problem, Vector

Values = Callable[[Problem, Sequence[Vector]], Vector]

_AROUND, _AHEAD, _BEHIND = range(-3, 4), range(1, 8), range(-7, 0)
_ORDERS = (3, 4, 5)
_STAIRS = 0.6
_OF_ITS_OWN, _HIDES = 1e-3, 1e-3
_SCALINGS = (1.1, 1.3, 0.7, 2.9, 0.37, 5.3)
_OFF_THE_GRID = (1 + 5**0.5) / 2
"""Of a lattice around zero: on whole ulps of 1, which are none of zero, ``log(exp(x))`` rounds nowhere."""
_CACHED = 8192
"""Columns whose differences are taken while they are near."""

_RARE = 1e-2
"""Share of outputs that may look broken by chance, where there are thousands."""

_A_JUMP = 2.0**-20
"""Scatter, as a share of the values, that no lattice of a few hundred ulps shows by chance."""


def forward_noise(problem: Problem, base: Vector, rng: np.random.Generator, *, at_once: bool = False) -> Vector:
    """Return the noise of each output at the problem's point: shape of `base`, which is the value there.

    Costs seven evaluations, and seven more each time the lattice must grow; with `at_once` seven are one call for
    many points, whose noise it then is.
    """
    values = _values_of_many if at_once and problem.many is not None else _values
    low, high = problem.precision.lattice
    factor, tries = problem.precision.widen
    odd = 2 * rng.integers(low // 2, high // 2, problem.x.size) + 1
    step = odd * np.spacing(problem.sizes.astype(problem.precision.grid)).astype(float)
    step *= rng.choice([-1.0, 1.0], problem.x.size)
    step[problem.x == 0] *= _OFF_THE_GRID
    noise = problem.precision.eps * np.abs(base) / 2
    for _ in range(tries + 1):
        table = _sampled(problem, values, base, step, _AROUND)
        measured = _from_table(table)
        broken = _looks_broken(table, measured, problem.precision.eps)
        with np.errstate(all="ignore"):
            jumps = broken & (measured > _A_JUMP * np.abs(table).max(axis=0))
        if np.count_nonzero(broken) > _RARE * broken.size or jumps.any():
            measured = _from_one_side(problem, values, base, step, measured)
        noise = np.fmax(noise, measured)
        if not _in_stairs(table):
            break
        step = step * factor
    return np.where(np.isfinite(noise), noise, problem.precision.eps * np.abs(base))


def _sampled(problem: Problem, values: Values, base: Vector, step: Vector, offsets: range) -> Vector:
    points = [problem.point(k * step) for k in offsets if k]
    table = values(problem, points)
    return np.insert(table, offsets.index(0), base, axis=0) if 0 in offsets else table


def _values(problem: Problem, points: Sequence[Vector]) -> Vector:
    return np.array([problem.value(point) for point in points])


def _values_of_many(problem: Problem, points: Sequence[Vector]) -> Vector:
    assert problem.many is not None
    stack = np.array(points)
    found = problem.many({k: stack[:, block] for k, block in enumerate(problem.blocks)})
    return _values(problem, points) if found is None else found


def _looks_broken(table: Vector, sigma: Vector, eps: float) -> Mask:
    """Return where a kink or a jump inside the lattice may be what looks like noise."""
    with np.errstate(all="ignore"):
        return np.asarray((sigma > 0.01 * np.ptp(table, axis=0)) & (sigma > 8 * eps * np.abs(table).max(axis=0)))


def _from_one_side(problem: Problem, values: Values, base: Vector, step: Vector, both: Vector) -> Vector:
    """Return the noise seen from each side alone, the larger of the unbroken ones: noise shows from both.

    Without the point itself, where a kink or a jump may lie.
    """
    eps, smallest, unbroken = problem.precision.eps, both, np.full(both.size, -1.0)
    for side in (_AHEAD, _BEHIND):
        table = _sampled(problem, values, base, step, side)
        sigma = _from_table(table)
        smallest = np.fmin(smallest, sigma)
        unbroken = np.where(_looks_broken(table, sigma, eps), unbroken, np.fmax(unbroken, sigma))
    return np.where(unbroken >= 0, unbroken, smallest)


def _from_table(table: Vector) -> Vector:
    """Return the largest of sigma_3, sigma_4, sigma_5 of each column of `table`, shape (points, outputs)."""
    pieces = [scatter_of(table[:, k : k + _CACHED]) for k in range(0, max(table.shape[1], 1), _CACHED)]
    return np.concatenate(pieces)


def scatter_of(table: Vector) -> Vector:
    """Return the largest of sigma_3, sigma_4, sigma_5 of each column of a short `table`."""
    unit = np.max(np.abs(table), axis=0)
    unit = np.where((unit > 0) & np.isfinite(unit), unit, 1.0)  # squares neither overflow nor underflow
    sigmas = []
    for order in _ORDERS:
        weight = factorial(order) ** 2 / factorial(2 * order)
        with np.errstate(all="ignore"):
            sigmas.append(np.sqrt(weight * np.mean(np.diff(table / unit, order, axis=0) ** 2, axis=0)))
    return np.asarray(np.fmax.reduce(sigmas) * unit)


def _in_stairs(table: Vector) -> bool:
    """Whether most neighbouring values coincide although the function is not constant at zero."""
    live = np.any(table != 0, axis=0)
    return bool(live.any()) and float(np.mean(np.diff(table[:, live], axis=0) == 0)) > _STAIRS


def backward_noise(
    problem: Problem, upstream: Vector, analytic: Vector, rng: np.random.Generator, *, trust_the_point: bool = True
) -> Vector:
    """Return the noise of the analytic gradient, four times over.

    It is how far one ulp of the input moves it, to one side or the other, and how far B(c u)/c is from B(u): a
    backward that rounds its upstream to float32 shows there. Of the latter no more counts than a millionth of the
    block's largest entry; what is more is no rounding, and the business of the check for linearity. Where both sides
    agree with one another and not with the point between, that is no noise, but a value of its own for this point;
    unless few digits (`trust_the_point` false) let neighbours round alike by chance, as the mean of float32 does.
    """
    ulp = np.spacing(np.abs(problem.x).astype(problem.precision.grid)).astype(float)
    ulp *= rng.choice([-1.0, 1.0], ulp.size)
    with np.errstate(all="ignore"):
        one, other = (problem.pull(problem.point(d), upstream) - analytic for d in (ulp, -ulp))
        apart, off = np.abs(one - other), np.fmax(np.abs(one), np.abs(other))
        own = (apart < _OF_ITS_OWN * off) & trust_the_point
        noise = np.fmax(problem.precision.eps * np.abs(analytic), np.where(own, apart, off))
    noise = np.fmax(noise, _scaling_noise(problem, upstream, analytic))
    return 4 * np.where(np.isfinite(noise), noise, np.inf)


def _scaling_noise(problem: Problem, upstream: Vector, analytic: Vector) -> Vector:
    """Return the largest difference of each block: one scaling may leave a single entry unmoved by chance.

    Where that would hide entries far smaller than the largest, several scalings, which leave none that rounds, tell
    the noise of each.
    """
    noise, size = np.zeros_like(analytic), np.abs(analytic)
    off = _off_when_scaled(problem, upstream, analytic, _SCALINGS[0])
    for block in problem.blocks:
        largest = float(np.max(size[block], initial=0.0))
        noise[block] = min(float(np.max(off[block], initial=0.0)), 1e-6 * largest)
    hidden = noise > _HIDES * size
    if hidden.any() and not hidden.all():
        for scaling in _SCALINGS[1:]:
            off = np.fmax(off, _off_when_scaled(problem, upstream, analytic, scaling))
        noise[hidden] = np.minimum(noise, 4 * off)[hidden]
    return noise


def _off_when_scaled(problem: Problem, upstream: Vector, analytic: Vector, scaling: float) -> Vector:
    with np.errstate(all="ignore"):
        return np.abs(problem.pull(problem.x, scaling * upstream) / scaling - analytic)
