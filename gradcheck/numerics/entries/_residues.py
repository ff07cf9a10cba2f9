r"""Outputs that are residues: what rounding left of terms that cancel, beside outputs of the same array that stayed.

Below the diagonal of an eliminated matrix stands a - (a/d) d, which is 0 or the last digit of a. Its gradient is the
rounding of a gradient, and there is nothing to hold it against: differences see zeros, or that digit. Such an output
is below 2^-41 of its array, here and a little away, and so is its gradient beside those of the others; and its values
are whole multiples of

.. math:: 2^{-62} \max_j |f_j|,

as what cancels among terms of that size is, and a number that is small by itself is not. Where all claims are below
2^-49 of the others, and what it moves by is too, the output may be anything: the inverse of A times A is 1, say.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._precision import DOUBLE
from .._problem import Mask, Vector
from ._entries import Lanes
from ._faint import whole_direction

_DEEPEST, _NOTHING, _GRID = 2.0**-41, 2.0**-49, 2.0**-62
_STEP = 2.0**-10


def without_residues(lanes: Lanes) -> Lanes:
    """Return `lanes`, with those of one output that is a residue left without an upstream and without a claim."""
    output = np.argmax(lanes.upstreams != 0, axis=1)
    scales, base = _scales(lanes)[output], lanes.base[output]
    silent = lanes.single & (lanes.row <= _NOTHING * lanes.beside)
    silent &= DOUBLE.eps * np.abs(base) <= _NOTHING * lanes.beside  # beside a large constant nothing could be seen
    faint = lanes.single & (lanes.row <= _DEEPEST * lanes.beside) & _is_residue(base, scales)
    if not (silent | faint).any():
        return lanes
    quiet, direction = silent | faint, _STEP * whole_direction(lanes.problem, np.random.default_rng(0))
    for side in (direction, -direction):  # a kink may lie at the point, and one side of it be flat
        with np.errstate(all="ignore"):
            moved = lanes.problem.value(lanes.problem.point(side))[output]
            still = silent & (np.abs(moved - base) <= _NOTHING * lanes.beside)
        quiet &= still | faint & _is_residue(moved, scales)
    if quiet.any() and not quiet.all():
        lanes.upstreams[quiet], lanes.analytic[quiet] = 0.0, 0.0
        return replace(lanes, residues=frozenset(output[quiet].tolist()))  # what was cached is of all of them
    return lanes


def _scales(lanes: Lanes) -> Vector:
    """Return the largest entry of the array that each output is in, as a power of two."""
    scales = np.zeros(lanes.base.size)
    for block in lanes.outputs:
        scales[block] = np.max(np.abs(lanes.base[block]), initial=0.0)
    return np.ldexp(np.sign(scales), np.frexp(scales)[1])


def _is_residue(values: Vector, scales: Vector) -> Mask:
    """Whether values are next to nothing in their array, and no finer than what cancels there."""
    share = np.full(values.size, np.inf)
    np.divide(np.abs(values), scales, out=share, where=scales > 0)
    return np.asarray((share <= _DEEPEST) & (share / _GRID == np.round(share / _GRID)))
