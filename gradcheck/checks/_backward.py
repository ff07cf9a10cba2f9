"""The backward: writes into nothing (GC105), and says the same on a second call (GC106, GC107, GC111)."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from ..numerics import Vector, norm
from ..report import Finding, Verdict
from ..subjects import Evaluation, location_of
from ._bench import Bench
from ._elsewhere import other_values
from ._linearity import examine_linearity
from ._vitals import RANDOM, Health, Watch, cancelled, is_repeated, leaf_sizes, piece_of, report_writes, show, wrote

_RESTLESS, _REPEATED = 1e-6, 1e-12


def examine_backward(
    bench: Bench, health: Health, evaluation: Evaluation, watch: Watch, rng: np.random.Generator
) -> None:
    """Pull the first upstream back through `evaluation`, and see whether the backward can be trusted with more.

    `watch` is what the forward of `evaluation` was given.
    """
    upstreams = bench.upstreams(health.upstream)
    _call_in_between(bench)
    returned = {path: np.array(out) for path, out in evaluation.outputs.items() if isinstance(out, np.ndarray)}
    health.analytic = bench.flat_gradient(bench.pull(evaluation, upstreams))
    report_writes(bench, health, watch.held, watch.values, "backward")
    for path, before in returned.items():
        if not np.array_equal(evaluation.outputs[path], before, equal_nan=before.dtype.kind in "fc"):
            health.report(wrote(bench, "backward", f"{path}, which the forward has returned", path))
    if bench.subject.written is not None:
        health.report(wrote(bench, "backward", bench.subject.written, bench.subject.written))
    for piece, given, kept in zip(bench.outputs, upstreams, bench.upstreams(health.upstream), strict=True):
        if not np.array_equal(given, kept):
            health.report(wrote(bench, "backward", f"the upstream of {piece.path}", piece.path))
    if not np.isfinite(health.analytic).all():
        return
    if bench.subject.derived:
        bench.here = evaluation
        return
    if is_repeated(bench, health):
        _report_second_call(bench, health)
    if health.fit and not bench.subject.linear:
        examine_linearity(bench, health, evaluation, rng)


def report_another(bench: Bench, health: Health, direction: Vector, slope: float) -> None:
    """Report GC111 where the gradient is another than it was in the first call, along `direction` of that `slope`."""
    now, size = float(health.analytic @ direction), norm(health.analytic * direction)
    healthy = all(finding.severity is Verdict.PASS for finding in health.findings)
    if not healthy or not abs(now - slope) > _RESTLESS * max(size, abs(slope)):
        return
    health.report(
        Finding(
            "GC111",
            f"the gradient differs from call to call: along a random direction it is {slope:.6g}, then {now:.6g}",
            Verdict.FAIL,
            hint=RANDOM,
            location=location_of(bench.subject.backward),
        ),
        fatal=True,
    )


def _call_in_between(bench: Bench) -> None:
    """Where a cache is handed over, another forward in between must not matter."""
    if bench.subject.outlives and not (bench.subject.linear or bench.subject.derived):
        with suppress(Exception):
            bench.evaluate(other_values(bench))


def _gradient_after_others(bench: Bench, health: Health) -> Vector:
    with suppress(Exception):
        bench.evaluate(other_values(bench))
    return bench.gradient(bench.x, health.upstream)


def _report_second_call(bench: Bench, health: Health) -> None:
    """Report a gradient that is another on the second call, which comes after one at other inputs."""
    again = _gradient_after_others(bench, health)
    differ = np.abs(again - health.analytic)
    if not np.any(differ > _REPEATED * leaf_sizes(bench, health.analytic) + cancelled(bench, health)):
        return  # threads add up in any order
    at = int(np.argmax(differ))
    piece = piece_of(bench.inputs, at)
    third = _gradient_after_others(bench, health)
    first_step, second_step = again - health.analytic, third - again
    scale = 1e-6 * float(np.max(np.abs(first_step)))
    if float(np.max(np.abs(second_step - first_step))) <= scale:
        code = "GC107"
        said = "grows by the same amount with every call: it accumulates"
        hint = "assign instead of +=, or clear the gradient at the start of backward (a zero_grad method is called)"
    elif float(np.max(np.abs(third - again))) <= scale:
        code, said = "GC106", "differs on the second call"
        hint = "backward depends on what an earlier call left behind; save what it needs in every forward"
    else:
        code, said = "GC111", "differs from call to call"
        hint = RANDOM
    index = piece.index(at)
    health.report(
        Finding(
            code,
            f"the gradient of {piece.path} {said}: {piece.path}{show(index)} is "
            f"{health.analytic[at]:.6g}, then {again[at]:.6g}, then {third[at]:.6g}",
            Verdict.FAIL,
            piece.path,
            index,
            hint=hint,
            location=location_of(bench.subject.backward),
        ),
        fatal=True,
    )
