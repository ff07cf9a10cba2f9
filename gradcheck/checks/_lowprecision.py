r"""The gradient in the inputs' own precision, held against the one in float64 (GC112).

Differences of float32 or float16 values are worth little, so the *formula* is checked in float64; what is left to ask
of low precision is whether it computes the same formula:

.. math:: \|(g_{32} - g_{64}) \circ X\| \le 2\,(\|\nu_{32} \circ X\| + c\,\|g_{64} \circ X\|)

with X the natural sizes, nu_32 the rounding of g_32 and c eight times the unit roundoff. The rounding is what one ulp
of the inputs does to g_32, and what scaling the upstream does that a linear map would undo: cancellation inside the
backward shows there even where no ulp of the input moves anything. A gradient much smaller than the outputs, as in
saturation, is a difference of terms as large as they are, so a few ulps of u . f are granted as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..numerics import SINGLE, Precision, Vector, backward_noise, norm, roundoff
from ..report import Finding, Verdict
from ..subjects import OutOfBudget, Subject, is_low, location_of
from ._bench import Bench
from ._gradient import problem_of

Native = Callable[[int | None], Subject]
"""Adapts the subject in the inputs' own precision, with at most so many forward calls."""


def compare_with_double(native: Native, wide: Bench, upstream: Vector, rng: np.random.Generator) -> list[Finding]:
    """Return GC112 where the low-precision gradient differs by more than rounding from the float64 one.

    The calls of the `native` subject count like those of `wide`.
    """
    bench = _beside(native, wide)
    bench.value(bench.x)
    lowest = max((leaf.value.dtype for leaf in bench.subject.leaves), key=roundoff)
    rounded = upstream.astype(bench.dtype).astype(float)
    low, high = bench.gradient(bench.x, rounded), wide.gradient(wide.x, rounded)
    problem = problem_of(bench, _grid_of(lowest))
    noise = np.fmax(backward_noise(problem, rounded, low, rng), _scaling_noise(bench, rounded, low))
    off, allowed = np.abs(low - high) * problem.sizes, noise * problem.sizes
    outputs = bench.value(bench.x)
    rounding = roundoff(lowest) * (8 * norm(high * problem.sizes) + 32 * norm(rounded * outputs))
    if norm(off) <= 2 * (norm(allowed) + rounding):
        return []
    at = int(np.argmax(np.nan_to_num(off, nan=np.inf)))
    piece = next(p for p in bench.inputs if p.where.start <= at < p.where.stop)
    index = piece.index(at)
    return [
        Finding(
            "GC112",
            f"the gradient in {lowest} differs from the one in float64 by more than rounding: "
            f"{piece.path}{list(index) if index else ''} is {low[at]:.6g} instead of {high[at]:.6g}",
            Verdict.FAIL,
            piece.path,
            index,
            float(low[at]),
            float(high[at]),
            float(noise[at]),
            hint="look for cancellation, overflow or a constant of the wrong dtype in the low-precision backward",
            location=location_of(bench.subject.backward),
        )
    ]


def was_widened(bench: Bench) -> bool:
    """Whether some leaf has low precision, and the subject on `bench` was given float64 instead."""
    return not bench.native and any(is_low(leaf.value.dtype) for leaf in bench.subject.leaves)


def in_its_own_precision(native: Native, wide: Bench | None, most: int | None, refused: Exception) -> Bench | None:
    """Return a bench that asks the subject in the dtypes of its leaves; None where those are float64 anyway.

    `refused` is what it raised for float64, after what was spent on `wide`.
    """
    spent = (wide.forward_calls, wide.backward_calls) if wide is not None else (1, 0)
    if wide is not None and not was_widened(wide):
        return None
    try:
        subject = native(None if most is None else most - spent[0])
    except OutOfBudget:
        raise
    except Exception:
        return None
    if not any(is_low(leaf.value.dtype) for leaf in subject.leaves):
        return None
    bench = Bench(subject, most, native=f"for float64 it raised {type(refused).__name__}: {refused}")
    bench.forward_calls += spent[0]
    bench.backward_calls += spent[1]
    return bench


def _beside(native: Native, wide: Bench) -> Bench:
    """Return a bench for the subject in its own precision, on the budget of `wide`."""
    try:
        subject = native(None if wide.most is None else wide.most - wide.forward_calls)
    except OutOfBudget:
        wide.forward_calls = wide.most or wide.forward_calls
        raise
    wide.forward_calls += subject.spent[0]
    wide.backward_calls += subject.spent[1]
    return Bench(subject, meter=wide, native="to compare it with float64")


def _scaling_noise(bench: Bench, upstream: Vector, low: Vector) -> Vector:
    """Return four times how far B(c u)/c is from B(u) for a few c that are no powers of two."""
    noise = np.zeros_like(low)
    for factor in (1.1, 1.3, 1.7):
        scaled = (factor * upstream).astype(bench.dtype).astype(float)
        with np.errstate(all="ignore"):
            noise = np.fmax(noise, np.abs(bench.gradient(bench.x, scaled) / factor - low))
    return 4 * noise


def _grid_of(dtype: np.dtype[Any]) -> Precision:
    """Return constants whose grid is `dtype`: one ulp is then one of its own."""
    return replace(SINGLE, name=dtype.name, eps=roundoff(dtype))
