"""How a formula for one block of numbers becomes a function of any array.

A formula is written for a flat array, and applied to blocks that stay in the processor's cache: its intermediate
results never travel to memory, so that the more careful forms in this folder cost little more than the textbook's.

An exponential in float32 is already off by more than the last place. So `elementwise` carries out the formula in
double precision and rounds once, while `piecewise` is for what only compares, or rounds once anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec, cast

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_floats, quiet

BLOCK = 16384
"""Numbers in a block: 128 KiB in double precision."""

Options = ParamSpec("Options")
Formula = Callable[Concatenate[Floats, Options], Floats]
Function = Callable[Concatenate[ArrayLike, Options], Floats]


def elementwise(formula: Formula[Options]) -> Function[Options]:
    """Apply `formula` in double precision to real arrays of any shape and precision, without a warning."""

    def function(x: ArrayLike, *args: Options.args, **options: Options.kwargs) -> Floats:
        return _by_blocks(lambda block: formula(as_doubles(block), *args, **options), as_floats(x))

    return cast("Function[Options]", update_wrapper(function, formula))


def piecewise(formula: Formula[Options]) -> Function[Options]:
    """Apply `formula` in the precision of the input, likewise."""

    def function(x: ArrayLike, *args: Options.args, **options: Options.kwargs) -> Floats:
        return _by_blocks(lambda block: formula(block, *args, **options), as_floats(x))

    return cast("Function[Options]", update_wrapper(function, formula))


@quiet
def _by_blocks(formula: Callable[[Floats], Floats], x: Floats) -> Floats:
    flat, out = x.reshape(-1), np.empty(x.size, x.dtype)
    for start in range(0, max(x.size, 1), BLOCK):  # once for an empty array too: options are checked inside
        block = slice(start, start + BLOCK)
        out[block] = formula(flat[block])
    return out.reshape(x.shape)[()]
