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

import numpy as np

from ..numerics import DOUBLE, SINGLE, Precision, Vector, backward_noise, norm
from ..report import Finding, Verdict
from ..subjects import OutOfBudget, Subject, location_of
from ._bench import Bench
from ._gradient import problem_of


class NativeBench(Bench):
    """A bench that hands out the values in the leaves' own dtypes."""

    def values(self, x: Vector) -> list[np.ndarray]:
        """Return fresh arrays, one per leaf, in the dtype of the leaf."""
        pairs = zip(Bench.values(self, x), self.subject.leaves, strict=True)
        return [value.astype(leaf.value.dtype) for value, leaf in pairs]


Native = Callable[[int | None], Subject]
"""Adapts the subject in the inputs' own precision, with at most so many forward calls."""


def compare_with_double(native: Native, wide: Bench, upstream: Vector, rng: np.random.Generator) -> list[Finding]:
    """Return GC112 where the low-precision gradient differs by more than rounding from the float64 one.

    The calls of the `native` subject count like those of `wide`.
    """
    bench = _beside(native, wide)
    bench.value(bench.x)
    lowest = min((leaf.value.dtype for leaf in bench.subject.leaves), key=lambda d: d.itemsize)
    rounded = upstream.astype(bench.dtype).astype(float)
    low, high = bench.gradient(bench.x, rounded), wide.gradient(wide.x, rounded)
    problem = problem_of(bench, _grid_of(lowest))
    noise = np.fmax(backward_noise(problem, rounded, low, rng), _scaling_noise(bench, rounded, low))
    off, allowed = np.abs(low - high) * problem.sizes, noise * problem.sizes
    outputs = bench.value(bench.x)
    roundoff = float(np.finfo(lowest).eps) * (8 * norm(high * problem.sizes) + 32 * norm(rounded * outputs))
    if norm(off) <= 2 * (norm(allowed) + roundoff):
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


def _beside(native: Native, wide: Bench) -> NativeBench:
    """Return a bench for the subject in its own precision, on the budget of `wide`."""
    try:
        subject = native(None if wide.most is None else wide.most - wide.forward_calls)
    except OutOfBudget:
        wide.forward_calls = wide.most or wide.forward_calls
        raise
    wide.forward_calls += subject.spent[0]
    wide.backward_calls += subject.spent[1]
    return NativeBench(subject, meter=wide)


def _scaling_noise(bench: Bench, upstream: Vector, low: Vector) -> Vector:
    """Return four times how far B(c u)/c is from B(u) for a few c that are no powers of two."""
    noise = np.zeros_like(low)
    for factor in (1.1, 1.3, 1.7):
        scaled = (factor * upstream).astype(bench.dtype).astype(float)
        noise = np.fmax(noise, np.abs(bench.gradient(bench.x, scaled) / factor - low))
    return 4 * noise


def _grid_of(dtype: np.dtype) -> Precision:
    """Return constants whose grid is `dtype`: one ulp is then one of its own."""
    if dtype == np.float32:
        return SINGLE
    return replace(DOUBLE, name=str(dtype), eps=float(np.finfo(dtype).eps))
