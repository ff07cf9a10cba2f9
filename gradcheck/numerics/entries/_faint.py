r"""Outputs that are faint: so much smaller than the others of their array that no upstream of all would show them.

With weights of one size an output contributes to J^T u what it moves, so one that is 10^7 times smaller than its
neighbours may be forgotten by a backward, and the gradient is still right to seven digits. Weights in proportion to
1/s_i, s_i the slope of output i along a random direction v, make the faint ones count alike,

.. math:: u_i = \frac{w_i}{s_i},\qquad s_i = \frac{|f_i(x + tv) - f_i(x)|}{t},\qquad u_i = 0 \text{ for all others},

with s_i to the next power of two, and the largest weight about 1. What only rounds is not faint: slopes at several
steps have to agree. Nor is what is below 2^-41 of the others: of a backward that computes in their scale, as the
difference of a sigmoid and a label does, no digits are left there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._problem import Mask, Problem, Vector, norm, probe_sizes
from .._upstreams import weights
from ..look._sight import out_of_sight

_STEPS = (2.0**-10, 2.0**-13, 2.0**-16)
_ALIKE, _HALF, _DEEPEST = 1.25, 0.5, 2.0**-41
_OFF, _STAYS = 1e-2, 0.1
_CLOSER = (2.0**-12, 2.0**-15, 2.0**-18)


def faint_outputs(values: Vector) -> Mask:
    """Return which of `values`, what outputs are worth, are out of sight beside the others, but not zero."""
    return np.asarray(out_of_sight(values, _typical(values)) & (values != 0))


def _typical(values: Vector) -> float:
    return norm(values) / float(np.sqrt(max(values.size, 1)))


def upstream_of_faint(problem: Problem, base: Vector, upstream: Vector, rng: np.random.Generator) -> Vector | None:
    """Return an upstream of the outputs that are faint beside the others in `upstream`; None where none are."""
    candidates = faint_outputs(upstream * base)
    if not candidates.any():
        return None
    direction = whole_direction(problem, rng)
    slopes = first = _slopes(problem, base, direction, _STEPS[0])
    worth = upstream * first
    candidates &= np.isfinite(first) & faint_outputs(worth) & (np.abs(worth) > _DEEPEST * _typical(worth))
    faint = candidates.copy()
    for step in _STEPS[1:]:
        if not faint.any():
            return None
        slopes = _slopes(problem, base, direction, step)
        with np.errstate(all="ignore"):
            faint &= np.abs(np.log(slopes / first)) < np.log(_ALIKE)
    if np.count_nonzero(faint) < _HALF * np.count_nonzero(candidates):
        return None
    level = np.round(np.log2(np.abs(slopes), where=faint, out=np.zeros(base.size)))
    return np.where(faint, weights(base.size, rng) * 2.0 ** (level[faint].min() - level), 0.0)


def stays_wrong(problem: Problem, upstream: Vector, analytic: Vector, direction: Vector) -> bool:
    """Whether centred differences along `direction` show the same slope at every step, and the same error in it.

    Of more than a hundredth. A function that is not linear from one step to the others tells nothing of the point.
    """
    rises, off = [], []
    for step in _CLOSER:
        right, left = problem.point(step * direction), problem.point(-step * direction)
        with np.errstate(all="ignore"):
            rises.append(float(upstream @ (problem.value(right) - problem.value(left))) / (2 * step))
            off.append(rises[-1] - float(analytic @ (right - left)) / (2 * step))
    scale = max(norm(analytic * direction), *map(abs, rises))
    return min(map(abs, off)) > _OFF * scale and _is_one(rises) and _is_one(off)


def _is_one(slopes: Sequence[float]) -> bool:
    """Whether all are the same number, which is not zero, to a tenth."""
    return max(slopes) - min(slopes) < _STAYS * min(map(abs, slopes))


def whole_direction(problem: Problem, rng: np.random.Generator) -> Vector:
    """Return a random direction of all coordinates, with steps alike in every input."""
    return weights(problem.x.size, rng) * probe_sizes(problem.x, problem.sizes, problem.blocks)


def _slopes(problem: Problem, base: Vector, direction: Vector, step: float) -> Vector:
    with np.errstate(all="ignore"):
        return (problem.value(problem.point(step * direction)) - base) / step
