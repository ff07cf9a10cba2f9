r"""Whether a part of f is rounded to float32 inside, while the rest has all digits.

On a lattice t_k along a line, so fine that f is straight, all first differences of an output are equal,

.. math:: \Delta f(t_k) = \operatorname{median}_j \Delta f(t_j),

but where a rounded value inside goes over to its neighbour: there the output jumps by some ulp of float32. How often
that is depends on how many values are rounded, so finer and finer lattices are tried. Each must show both, straight
pieces and jumps: noise has no straight pieces, and what is smooth, however fine its ripples are, has no jumps.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ._problem import Vector

_SPACINGS = tuple(2.0**-k for k in (*range(20, 30), 31, 33, 36, 39))
_POINTS = 25
_STRAIGHT, _ROUNDING, _CURVED = 14, 16.0, 1e-4
_STANDS_OUT, _JUMPS = 8.0, 3
_SMALLEST, _LARGEST = 2.0**-34, 2.0**-18
"""How large jumps are, beside the outputs: those that float64 makes where large terms cancel are smaller."""
_SEEN = 64.0
"""Ulps of float64, of the largest output, below which a jump is rounding: 1 + erf(-5) has the stairs of the 1."""


def is_partly_rounded(value: Callable[[float], Vector]) -> bool:
    """Whether outputs ``value(t)`` of one scale jump here and there beside t = 0, and are straight between."""
    return any(_jumps_between_straight_pieces(value, spacing) for spacing in _SPACINGS)


def _jumps_between_straight_pieces(value: Callable[[float], Vector], spacing: float) -> bool:
    with np.errstate(all="ignore"):
        values = np.array([value(k * spacing) for k in range(_POINTS)])
    if not np.isfinite(values).all():
        return False
    differences, sizes = np.diff(values, axis=0), np.abs(values).max(axis=0)
    usual = np.median(differences, axis=0)
    rounding = _ROUNDING * np.finfo(float).eps * sizes + _CURVED * np.abs(usual)
    off = np.abs(differences - usual)
    straight, jumps = off <= rounding, (off > _STANDS_OUT * rounding) & (off <= _LARGEST * sizes.max(initial=0.0))
    told = (straight.sum(axis=0) >= _STRAIGHT) & (straight | jumps).all(axis=0)
    told &= ~(jumps[2:] & jumps[1:-1] & jumps[:-2]).any(axis=0)  # past a kink all are others, past a jump few are
    least = np.maximum(_SMALLEST * sizes, _SEEN * np.finfo(float).eps * sizes.max(initial=0.0))
    told &= np.max(off, axis=0, initial=0.0) >= least
    return bool(jumps[:, told].sum() >= _JUMPS)
