"""The backward: writes into nothing (GC105), not even into what the forward has returned."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from ...subjects import Evaluation, is_same
from ..bench._bench import Bench
from ._elsewhere import other_values
from ._in_part import examine_in_part
from ._linearity import examine_linearity
from ._revalued import report_other_value
from ._second_call import report_second_call
from ._vitals import Health, Watch, is_repeated, report_writes, wrote


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
    report_other_value(bench, health)
    report_writes(bench, health, watch.held, watch.values, "backward")
    for path, before in returned.items():
        if not is_same(evaluation.outputs[path], before):
            health.report(wrote(bench, "backward", f"{path}, which the forward has returned", path))
    if bench.subject.written is not None:
        health.report(wrote(bench, "backward", bench.subject.written, bench.subject.written))
    for piece, given, kept in zip(bench.outputs, upstreams, bench.upstreams(health.upstream), strict=True):
        if not np.array_equal(given, kept):
            health.report(wrote(bench, "backward", f"the upstream of {piece.path}", piece.path))
    if np.isfinite(health.analytic).all():
        _ask_for_more(bench, health, evaluation, rng)


def _ask_for_more(bench: Bench, health: Health, evaluation: Evaluation, rng: np.random.Generator) -> None:
    """See whether the backward says the same again, and what it says for other upstreams."""
    subject = bench.subject
    if subject.derived or subject.pure:
        bench.here = evaluation  # a second call would run the same program on the same numbers
    elif is_repeated(bench, health):
        report_second_call(bench, health)
        bench.apart = health.fit  # what came after another forward is what comes after its own
    if health.fit and not (subject.linear or subject.derived):
        examine_linearity(bench, health, evaluation, rng)
        examine_in_part(bench, health, evaluation)


def _call_in_between(bench: Bench) -> None:
    """Where a cache is handed over, another forward in between must not matter."""
    if bench.subject.outlives and not (bench.subject.linear or bench.subject.derived):
        with suppress(Exception):
            bench.evaluate(other_values(bench))
