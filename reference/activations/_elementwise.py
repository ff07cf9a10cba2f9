"""How a formula for one block of numbers becomes a function of any array.

A formula is written for a flat array, and applied to blocks that stay in the processor's cache: its intermediate
results never travel to memory, so that the more careful forms in this folder cost little more than the textbook's.

An exponential in float32 is already off by more than the last place. So `elementwise` carries out the formula in
double precision and rounds once, while `piecewise` is for what compares, and does little more: then arrays of
ordinary size are best not cut at all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec, cast

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_floats, quiet

BLOCK = 2**17
"""Numbers in a block, of which several stay in the cache of a processor."""

UNCUT = 2**22
"""Bytes up to which an array is piecewise taken in one block."""

Options = ParamSpec("Options")
Formula = Callable[Concatenate[Floats, Options], Floats]
Function = Callable[Concatenate[ArrayLike, Options], Floats]


def elementwise(formula: Formula[Options]) -> Function[Options]:
    """Apply `formula` in double precision to real arrays of any shape and precision, without a warning."""

    def function(x: ArrayLike, *args: Options.args, **options: Options.kwargs) -> Floats:
        return _by_blocks(lambda block: formula(as_doubles(block), *args, **options), as_floats(x), BLOCK)

    return cast("Function[Options]", update_wrapper(function, formula))


def piecewise(formula: Formula[Options]) -> Function[Options]:
    """Apply `formula` in the precision of the input, likewise."""

    def function(x: ArrayLike, *args: Options.args, **options: Options.kwargs) -> Floats:
        x = as_floats(x)
        size = x.size if x.nbytes <= UNCUT else BLOCK
        return _by_blocks(lambda block: formula(block, *args, **options), x, size)

    return cast("Function[Options]", update_wrapper(function, formula))


@quiet
def _by_blocks(formula: Callable[[Floats], Floats], x: Floats, size: int) -> Floats:
    flat = x.reshape(-1)
    if x.size <= size:
        return formula(flat).astype(x.dtype, copy=False).reshape(x.shape)[()]
    out = np.empty(x.size, x.dtype)
    for start in range(0, x.size, size):
        out[start : start + size] = formula(flat[start : start + size])
    return out.reshape(x.shape)[()]
