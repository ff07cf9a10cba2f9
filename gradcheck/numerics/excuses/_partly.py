r"""Whether a part of f is rounded to float32 inside, while the rest has all digits.

On a lattice t_k along a line, so fine that f is straight, all first differences of an output are equal,

.. math:: \Delta f(t_k) = \operatorname{median}_j \Delta f(t_j),

but where a rounded value inside goes over to its neighbour: there the output jumps by some ulp of float32. How often
that is depends on how many values are rounded, so finer and finer lattices are tried, each inside of the last, while
that was bent by as much as a jump. One must show both, straight pieces and jumps: noise has no straight pieces, and
what is smooth, however fine its ripples are, has no jumps. Past a kink all differences are others, and alike; where
as many in a row are jumps of a rounded value, they are unlike, and whole multiples of one of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .._problem import Mask, Vector

_SPACINGS = tuple(2.0**-k for k in (*range(20, 30), 31, 33, 36, 39))
_POINTS = 25
_STRAIGHT, _ROUNDING, _CURVED = 14, 16.0, 1e-4
_STANDS_OUT, _JUMPS = 8.0, 3
_MULTIPLES = 8.0
"""How many times the smallest jump the largest may be."""
_SMALLEST, _LARGEST = 2.0**-34, 2.0**-18
"""How large jumps are, beside the outputs: those that float64 makes where large terms cancel are smaller."""
_SEEN = 64.0
"""Ulps of float64, of the largest output, below which a jump is rounding: 1 + erf(-5) has the stairs of the 1."""


def jump_of_a_rounded_part(value: Callable[[float], Vector]) -> float:
    """Return by how much outputs ``value(t)`` of one scale jump beside t = 0, straight between; 0 if they do not."""
    jump: float | None = None
    for spacing in _SPACINGS:
        jump = _jump_between_straight_pieces(value, spacing)
        if jump or jump is None:
            break
    return jump or 0.0


def _jump_between_straight_pieces(value: Callable[[float], Vector], spacing: float) -> float | None:
    """Return by how much outputs jump, 0 if not as a rounded part does; None where nothing bends by as much."""
    with np.errstate(all="ignore"):
        values = np.array([value(k * spacing) for k in range(_POINTS)])
    if not np.isfinite(values).all():
        return 0.0
    differences, sizes = np.diff(values, axis=0), np.abs(values).max(axis=0)
    usual = np.median(differences, axis=0)
    rounding = _ROUNDING * np.finfo(float).eps * sizes + _CURVED * np.abs(usual)
    change = differences - usual
    off = np.abs(change)
    straight, jumps = off <= rounding, (off > _STANDS_OUT * rounding) & (off <= _LARGEST * sizes.max(initial=0.0))
    told = (straight.sum(axis=0) >= _STRAIGHT) & (straight | jumps).all(axis=0)
    told &= ~_in_a_row(jumps).any(axis=0) | _are_of_a_lattice(change, jumps, rounding)
    least = np.maximum(_SMALLEST * sizes, _SEEN * np.finfo(float).eps * sizes.max(initial=0.0))
    enough = np.max(off, axis=0, initial=0.0) >= least
    if not enough.any():
        return None
    told &= enough
    return float(np.max(off, where=jumps & told, initial=0.0)) if jumps[:, told].sum() >= _JUMPS else 0.0


def _in_a_row(jumps: Mask) -> Mask:
    """Where three jumps begin: past a kink all differences are others, past a jump few are."""
    return jumps[2:] & jumps[1:-1] & jumps[:-2]


def _are_of_a_lattice(change: Vector, jumps: Mask, rounding: Vector) -> Mask:
    """Whether jumps are whole multiples of the smallest, as those of one rounded value, and none alike in a row."""
    quantum = np.min(np.abs(change), axis=0, initial=np.inf, where=jumps)
    with np.errstate(all="ignore"):
        multiple = np.round(change / quantum)
        whole = (np.abs(change - multiple * quantum) <= 2 * rounding) & (np.abs(multiple) <= _MULTIPLES)
    alike = (multiple[2:] == multiple[1:-1]) & (multiple[1:-1] == multiple[:-2])
    return np.asarray((whole | ~jumps).all(axis=0) & ~(_in_a_row(jumps) & alike).any(axis=0))
