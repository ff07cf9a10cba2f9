"""The value of a function is the same where it is differentiated (GC106).

    f(x) = the output of the forward that a rule has of its own

Such a rule may be right about the derivative and compute something else: then training sees another loss than the
function returns. The value comes with every gradient, so that nothing more is called.
"""

from __future__ import annotations

import numpy as np

from ...numerics import Vector, roundoff
from ...report import Finding, Verdict
from ...subjects import location_of, rounding_of
from ..bench._bench import Bench
from ..bench._pieces import place_of
from ._vitals import Health, rounding_of_entries

_WIDTHS, _DUST = (2.0**-50, 2.0**-40, 2.0**-32, 2.0**-24), 16
"""How far second differences are taken that are rounding and nothing else, and how much more of them is granted."""

_GRAIN = 2.0**-44
"""What a sum with numbers as large as the inputs, the outputs or 1 may lose, as log(1 + exp(-40)) does."""


def report_other_value(bench: Bench, health: Health, mode: str = "gradient") -> None:
    """Report GC106 where the outputs that came with the last `mode` are not those of the function."""
    found = bench.subject.revalued
    if found is None or set(found) != {piece.path for piece in bench.outputs}:
        return
    values = np.concatenate([np.asarray(found[piece.path], dtype=float).ravel() for piece in bench.outputs])
    if values.size != health.base.size or not is_other_value(bench, health.base, values):
        return
    off = _off(health.base, values)
    if not _is_dust(bench, health.base, off):
        health.report(_other(bench, mode, health.base, values, int(np.argmax(off / _sizes(bench, health.base)))))


def is_other_value(bench: Bench, base: Vector, values: Vector) -> bool:
    """Whether `values` are off from `base` by more than rounding, that of the coarser of both."""
    coarse = max(bench.coarse, roundoff(bench.dtype), rounding_of(base), rounding_of(values))
    return bool(np.any(_off(base, values) > rounding_of_entries(coarse) * _sizes(bench, base)))


def _off(base: Vector, values: Vector) -> Vector:
    return np.nan_to_num(np.abs(values - base), nan=np.inf)


def _sizes(bench: Bench, base: Vector) -> Vector:
    """Return the largest magnitude of its own output for every entry; the least number where that is zero."""
    sizes = np.zeros_like(base)
    for piece in bench.outputs:
        sizes[piece.where] = np.max(np.abs(base[piece.where]), initial=float(np.finfo(float).tiny))
    return sizes


def _is_dust(bench: Bench, base: Vector, off: Vector) -> bool:
    """Whether two formulas agree no better, by the grain of what they add up, or by what each alone rounds nearby."""
    if np.all(off <= _GRAIN * max(1.0, np.max(np.abs(bench.x), initial=0.0), np.max(np.abs(base), initial=0.0))):
        return True
    rng, moved = np.random.default_rng(0), np.zeros_like(base)
    for width in np.repeat(_WIDTHS, 3):
        hair = width * np.abs(bench.x) * rng.uniform(-1, 1, bench.x.size)
        moved = np.fmax(moved, np.abs(bench.value(bench.x + hair) - 2 * base + bench.value(bench.x - hair)))
    return bool(np.all(off <= _DUST * _sizes(bench, moved)))


def _other(bench: Bench, mode: str, base: Vector, values: Vector, at: int) -> Finding:
    place = place_of(bench.outputs, at)
    return Finding(
        "GC106",
        f"the value is another where the {mode} is asked for: {place} is {values[at]:.6g} there, and {base[at]:.6g} "
        "without",
        Verdict.FAIL,
        *place,
        hint="the forward of a rule returns what the function returns: it is the value that training sees",
        location=location_of(bench.subject.backward),
    )
