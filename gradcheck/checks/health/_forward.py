"""The forward: the same on a second call (GC904), finite (GC902), no view of its input (GC118)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...numerics import Vector
from ...report import Finding, Verdict
from ...subjects import Array, Evaluation
from ..bench._bench import Bench
from ..bench._pieces import place_of
from ._vitals import Health, Watch, held, is_repeated, report_writes, rounding_of_sums, wrote


def examine_forward(bench: Bench, health: Health) -> tuple[Evaluation, Watch]:
    """Call the forward at the point; return the evaluation for the backward to go on with, and what to watch."""
    values = bench.values(bench.x)
    evaluation = bench.evaluate(values)
    health.base = bench.flat_outputs(evaluation)
    handed = {piece.path: value for piece, value in zip(bench.inputs, bench.values(bench.x), strict=True)}
    now = report_writes(bench, health, handed, values, "forward")
    if bench.subject.spoiled is not None:
        health.report(wrote(bench, "forward", bench.subject.spoiled, bench.subject.spoiled))
    report_alias(health, bench, evaluation, values)
    if not np.isfinite(health.base).all():
        health.report(_not_finite(bench, health.base), fatal=True)
    elif is_repeated(bench, health):
        evaluation, values = _again(bench, health, evaluation)
        now = held(bench, values)
    return evaluation, Watch(values, now)


def _again(bench: Bench, health: Health, first: Evaluation) -> tuple[Evaluation, list[Array]]:
    """Call once more; the backward goes on with this call, whose arguments are the last that a layer has seen."""
    values = bench.values(bench.x)
    evaluation = bench.evaluate(values)
    found = random_forward(bench, health.base, bench.flat_outputs(evaluation))
    if found is not None:
        health.report(found, fatal=True)
    elif any(_is_one_memory(first.outputs[path], out) for path, out in evaluation.outputs.items()):
        health.report(overwritten(bench))
    return evaluation, values


def _is_one_memory(one: object, other: object) -> bool:
    return isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and np.may_share_memory(one, other)


def overwritten(bench: Bench) -> Finding:
    """Return GC118: a later call has put outputs into the memory of an earlier one's."""
    path = bench.outputs[0].path
    return Finding(
        "GC118",
        f"a second call writes into what the first returned: {path} is the same memory every time",
        Verdict.PASS,
        path,
        hint="return fresh memory, unless a buffer that the next call overwrites is what you promise",
    )


def random_forward(bench: Bench, first: Vector, second: Vector) -> Finding | None:
    """Return GC904 where the outputs of two calls with equal inputs differ by more than rounding.

    What sums in no fixed order leave is measured as the noise of the forward, like all rounding.
    """
    differ, sizes = np.abs(second - first), np.zeros_like(first)
    for piece in bench.outputs:
        sizes[piece.where] = np.max(np.abs(first[piece.where]), initial=0.0)
    if np.all(differ <= rounding_of_sums(bench) * sizes):
        return None
    at = int(np.argmax(differ))
    place = place_of(bench.outputs, at)
    return Finding(
        "GC904",
        f"the forward is random: two calls with equal inputs differ at {place}, {first[at]:.6g} and {second[at]:.6g}",
        Verdict.INCONCLUSIVE,
        *place,
        hint="fix the randomness for each call: draw the mask outside, or seed a generator inside forward",
    )


def report_alias(health: Health, bench: Bench, evaluation: Evaluation, values: Sequence[Array]) -> None:
    """Note GC118 for every output that is a view of an input."""
    for path, out in evaluation.outputs.items():
        for piece, value in zip(bench.inputs, values, strict=False):
            if isinstance(out, np.ndarray) and np.may_share_memory(out, value) and np.shares_memory(out, value):
                health.report(
                    Finding(
                        "GC118",
                        f"{path} shares memory with {piece.path}: writing into one changes the other",
                        Verdict.PASS,
                        path,
                        hint="return a copy, unless a view is what you promise",
                    )
                )


def _not_finite(bench: Bench, base: Vector) -> Finding:
    at = int(np.flatnonzero(~np.isfinite(base))[0])
    place = place_of(bench.outputs, at)
    return Finding(
        "GC902",
        f"the forward is not finite here: {place} is {base[at]}",
        Verdict.INCONCLUSIVE,
        *place,
        hint="check at a point inside the domain, or make the forward stable there",
    )
