"""How formulas for the rows of a table become functions along any axis of an array.

The table is taken in blocks that stay in the processor's cache, as in `_elementwise`, and in double precision.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .._arrays import Floats, as_doubles
from .._blocks import blocks
from .._options import one_axis
from .._powers import Powers, powers

Formula = Callable[[Powers], Floats]


def by_rows(x: Floats, axis: int, *formulas: Formula) -> list[Floats]:
    """Return what each formula makes of the powers of the rows along `axis`, which comes last in all of them."""
    moved = np.moveaxis(x, one_axis(x, axis), -1)
    rows = moved.reshape(math.prod(moved.shape[:-1]), moved.shape[-1])
    made = [_room(formula, rows) for formula in formulas]
    for k in blocks(rows):
        parts = powers(rows[k])
        for out, formula in zip(made, formulas, strict=True):
            out[k] = formula(parts)
    return [out.reshape(*moved.shape[:-1], out.shape[1]) for out in made]


def shares(parts: Powers) -> Floats:
    """Return the softmax of rows."""
    result: Floats = parts.powers / parts.powers.sum(axis=-1, keepdims=True)
    return result


def _room(formula: Formula, rows: Floats) -> Floats:
    """Return an empty array for the results, which are as wide as those of no row."""
    return np.empty((len(rows), formula(powers(rows[:0])).shape[1]), as_doubles(rows[:0]).dtype)
