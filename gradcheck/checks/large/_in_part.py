"""A large subject asked in part: without the data, as in training, and through one output alone.

One forward and one backward more where rules may tell what is asked for, and nothing for all others; the value that
came with the gradient costs nothing. Whatever is another then is left for the thorough examination to name.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from ...numerics import Vector
from ...subjects import Array, Evaluation
from ..bench._bench import Bench

_ROUNDING = 1e-6
"""Share of the largest entry of an array that rounding may take."""


def differs_in_part(
    bench: Bench,
    home: Sequence[Array],
    gradients: Sequence[Vector],
    base: Sequence[Vector],
    upstreams: Sequence[Array],
) -> bool:
    """Whether the value with `gradients` was another, or they are where not all inputs need one."""
    known = dict(zip((piece.path for piece in bench.outputs), base, strict=True))
    if not all(_is_alike(value, known[path]) for path, value in (bench.subject.revalued or {}).items()):
        return True
    for wanted in bench.subject.markings[:1]:
        with suppress(Exception):  # a forward may need the gradient of its data, and says so
            evaluation = bench.evaluate(home, wanted)
            if not all(path in known and _is_alike(out, known[path]) for path, out in evaluation.outputs.items()):
                return False
            given = [u for path, u in zip(known, upstreams, strict=True) if path in evaluation.outputs]
            pairs = zip(bench.pull(evaluation, given), gradients, strict=True)
            return not all(now is None or _is_alike(now, before) for now, before in pairs)
    return False


def through_used(
    bench: Bench, evaluation: Evaluation, upstreams: Sequence[Array]
) -> tuple[Evaluation, Sequence[Array]]:
    """Return the evaluation and the upstreams without the outputs for which they are zero, where that may matter."""
    pairs = zip(bench.outputs, upstreams, strict=True)
    used = {piece.path: upstream for piece, upstream in pairs if upstream.any()}
    if evaluation.through is None or len(used) in (0, len(upstreams)):
        return evaluation, upstreams
    return replace(evaluation, pull=evaluation.through(list(used))), list(used.values())


def _is_alike(now: Array, before: Vector) -> bool:
    largest = float(np.max(np.abs(before), initial=0.0))
    return bool(np.all(np.abs(np.ravel(now) - before) <= _ROUNDING * largest))
