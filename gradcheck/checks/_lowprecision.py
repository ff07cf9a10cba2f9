"""The gradient in the inputs' own precision, held against the one in float64 (GC112).

Differences of float32 or float16 values are worth little, so the *formula* is checked in float64; what is left to ask
of low precision is whether it computes the same formula, up to the rounding that `_roundoff` grants.

Values that leave the range of their format are no fault of the gradient, nor are random numbers of another width,
which are others: then a difference is noted, and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..numerics import Vector, largest, roundoff
from ..report import Finding, Verdict
from ..subjects import OutOfBudget, Subject, is_low, location_of
from ._bench import Bench
from ._roundoff import Pairs, Rounding
from ._vitals import Health, piece_of, show

_MARGIN = 16.0

Native = Callable[[int | None], Subject]
"""Adapts the subject in the inputs' own precision, with at most so many forward calls."""


def was_widened(bench: Bench) -> bool:
    """Whether some leaf has low precision, and the subject on `bench` was given float64 instead."""
    return not bench.native and any(is_low(leaf.value.dtype) for leaf in bench.subject.leaves)


def compare_with_double(native: Native, wide: Bench, health: Health, rng: np.random.Generator) -> list[Finding]:
    """Return GC112 where the low-precision gradient differs by more than rounding from the float64 one.

    The calls of the `native` subject count like those of `wide`, whose state of health is known.
    """
    bench = _beside(native, wide)
    bench.value(bench.x)
    format_ = max((leaf.value.dtype for leaf in bench.subject.leaves), key=roundoff)
    pairs = Pairs(bench, wide, format_, health, rng)
    if pairs.agree_at_once():
        return []
    rounding = pairs.rounding()
    if rounding.lost:
        return [_loses_digits(bench, pairs, rounding)]
    if not (rounding.exceeded or rounding.factor or rounding.underflows):
        return []
    if rounding.underflows or _leaves_the_range(format_, health, pairs.high, bench):
        return [_out_of_range(format_)]
    if bench.subject.draws() != wide.subject.draws():
        return [_drawn_anew(format_)]
    return [_differs(bench, pairs, rounding)]


def _differs(bench: Bench, pairs: Pairs, rounding: Rounding) -> Finding:
    title = f"the gradient in {pairs.format} differs from the one in float64 by more than rounding: "
    if rounding.factor:
        title += f"that of {rounding.path} is {rounding.factor:.3g} times as large"
    hint = "look for cancellation, overflow or a constant of the wrong dtype in the low-precision backward"
    return _at_the_worst_entry(bench, pairs, rounding, title, hint, Verdict.FAIL)


def _loses_digits(bench: Bench, pairs: Pairs, rounding: Rounding) -> Finding:
    title = f"in {pairs.format} more than half of the gradient's digits are lost, though by rounding alone: "
    hint = "where the digits matter, compute the ill-conditioned part in float64"
    return _at_the_worst_entry(bench, pairs, rounding, title, hint, Verdict.PASS)


def _at_the_worst_entry(
    bench: Bench, pairs: Pairs, rounding: Rounding, title: str, hint: str, severity: Verdict
) -> Finding:
    off = np.abs(pairs.low - pairs.high)
    at = int(np.argmax(np.nan_to_num(off * pairs.sizes, nan=np.inf)))
    piece = piece_of(bench.inputs, at)
    index, low, high = piece.index(at), float(pairs.low[at]), float(pairs.high[at])
    if not rounding.factor:
        title += f"{piece.path}{show(index)} is {low:.6g} instead of {high:.6g}"
    return Finding(
        "GC112",
        title,
        severity,
        piece.path,
        index,
        low,
        high,
        float(rounding.noise[at]),
        hint=hint,
        location=location_of(bench.subject.backward),
    )


# -- the range -------------------------------------------------------------------------------------------------------


def _leaves_the_range(format_: np.dtype[Any], health: Health, high: Vector, bench: Bench) -> bool:
    """Whether some input, output or gradient is all but too large or too small for `format_`."""
    most = largest(format_) / _MARGIN
    least = 1 / most
    leaves = [values[piece.where] for piece in bench.inputs for values in (bench.x, high)]
    sizes = [float(np.max(np.abs(v), initial=0.0)) for v in (*leaves, health.base)]
    return any(size and not least <= size <= most for size in sizes)


def _out_of_range(format_: np.dtype[Any]) -> Finding:
    return Finding(
        "GC112",
        f"the values leave the range of {format_}, so its gradient could not be compared with the one in float64",
        Verdict.PASS,
        hint=f"check in {format_} at inputs whose outputs and gradients it can hold",
    )


def _drawn_anew(format_: np.dtype[Any]) -> Finding:
    return Finding(
        "GC112",
        f"the random numbers drawn in {format_} are others than those in float64, so that the gradients in "
        "both could not be compared",
        Verdict.PASS,
        hint="draw in the same dtype for all inputs, or outside of the function",
    )


# -- the subject in its own precision --------------------------------------------------------------------------------


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
