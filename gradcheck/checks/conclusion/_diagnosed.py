"""The bench as diagnosis sees it: arrays in, arrays out, whatever fails refused, no more calls than are left over.

Diagnosis comes after the verdict and cannot change it. Of a limited budget it takes half of what is left, so that
the parts of the check that come later are not starved.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Sequence
from functools import partial
from types import FunctionType

import numpy as np

from ...diagnosis import Box, Diagnosis, Refused, Source, diagnose, is_arithmetic
from ...numerics import DOUBLE
from ...subjects import Array, Evaluation, heads_of, is_same, may_skip_bounds
from ..bench._pieces import Piece
from ..comparison._comparison import Comparison

_MOST = 2000
_FEW = 24


def diagnosed(comparison: Comparison, piece: Piece, wrong: Sequence[int]) -> Diagnosis | None:
    """Return what explains the wrong gradient of `piece`; None where there are too few digits, or is no budget."""
    bench = comparison.bench
    parted = any(p.path.endswith((".real", ".imag")) for p in (*bench.inputs, *bench.outputs))
    if parted or bench.native or comparison.problem.precision.name != DOUBLE.name or bench.coarse:
        return None
    if comparison.fixed_upstream or comparison.allowed is not None:
        return None
    try:
        return diagnose(_box(comparison, wrong), bench.inputs.index(piece))
    except Refused:
        return None


def _box(comparison: Comparison, wrong: Sequence[int]) -> Box:
    bench = comparison.bench
    left = None if bench.most is None else (bench.most - bench.forward_calls) // 2
    calls = _Calls(comparison, _MOST if left is None else min(left, _MOST))
    values = bench.values(comparison.problem.x)
    resizable = not (bench.subject.remote or may_skip_bounds(bench.subject.code))
    if bench.subject.elementwise and values[0].size > _FEW and resizable:
        spread = np.linspace(0, values[0].size - 1, _FEW // 2).astype(int)
        chosen = np.unique([*spread, *list(wrong)[: _FEW // 2]])
        values = [values[0].ravel()[chosen]]
    names = tuple(p.path.split("'")[1] if "'" in p.path else p.path for p in bench.inputs)
    is_input = tuple(p.path.startswith("inputs") for p in bench.inputs)
    heads = heads_of(bench.subject)
    return Box(names, is_input, tuple(values), calls.run, calls.pull, calls.source(), heads, resizable)


class _Calls:
    """Forward and backward of the subject, counted, and refused where anything is not as it should be."""

    def __init__(self, comparison: Comparison, most: int) -> None:
        self._bench, self._left = comparison.bench, most
        self._kept: Evaluation | None = None
        self._last: tuple[list[Array], tuple[Evaluation, list[Array]]] | None = None
        self._steady: bool | None = None

    def run(self, values: Sequence[Array]) -> list[Array]:
        return self._evaluated(values)[1]

    def pull(self, values: Sequence[Array], upstreams: Sequence[Array]) -> list[Array]:
        evaluation, outputs = self._again(values)
        if any(u.shape != out.shape for u, out in zip(upstreams, outputs, strict=True)):
            raise Refused
        gradients = self._pulled(evaluation, upstreams)
        if [g.shape for g in gradients] != [v.shape for v in values]:
            raise Refused
        if self._steady is None:  # whether one evaluation stands a second backward
            self._steady = self._bench.subject.outlives and all(
                is_same(g, h) for g, h in zip(gradients, self._pulled(evaluation, upstreams), strict=True)
            )
            self._last = None
        return gradients

    def _pulled(self, evaluation: Evaluation, upstreams: Sequence[Array]) -> list[Array]:
        try:
            returned = list(self._bench.pull(evaluation, [u.copy() for u in upstreams]))
            return [np.array(g, dtype=float) for g in returned]
        except Exception as error:
            raise Refused from error

    def _again(self, values: Sequence[Array]) -> tuple[Evaluation, list[Array]]:
        """Return the last evaluation once more where it was at these values and stays valid, else a new one."""
        if self._steady and self._last is not None and all(map(np.array_equal, self._last[0], values)):
            return self._last[1]
        found = self._evaluated(values)
        self._last = ([v.copy() for v in values], found)
        return found

    def source(self) -> Source | None:
        """Return the source of the backward, if it is a plain function that only calculates."""
        backward = self._bench.subject.backward
        if not isinstance(backward, FunctionType) or backward.__closure__ or backward.__defaults__:
            return None
        try:
            lines, start = inspect.getsourcelines(backward)
        except (OSError, TypeError):
            return None
        text = textwrap.dedent("".join(lines))
        if not is_arithmetic(text, backward.__globals__):
            return None
        return Source(text, start, partial(self._edited, backward))

    def _edited(self, backward: FunctionType, text: str) -> Callable[..., list[Array]]:
        """Return a ``pull`` that runs `text` in place of `backward`, on the cache of the last call if told to."""
        space = dict(backward.__globals__)
        try:
            exec(compile(text, "<one edit>", "exec"), space)  # arithmetic alone, by `is_arithmetic`
        except Exception as error:
            raise Refused from error
        edited = space[backward.__name__]

        def pull(values: Sequence[Array], upstreams: Sequence[Array], *, reuse: bool) -> list[Array]:
            evaluation = self._cached(values, reuse=reuse)
            try:
                with self._bench.subject.claiming(edited):
                    returned = self._bench.pull(evaluation, [u.copy() for u in upstreams])
                return [np.array(g, dtype=float) for g in returned]
            except Exception as error:
                raise Refused from error

        return pull

    def _cached(self, values: Sequence[Array], *, reuse: bool) -> Evaluation:
        """Return an evaluation at `values`, the first of them once more if that is asked for and stays valid."""
        if not reuse or not self._bench.subject.outlives:
            return self._evaluated(values)[0]
        if self._kept is None:
            self._kept = self._evaluated(values)[0]
        return self._kept

    def _evaluated(self, values: Sequence[Array]) -> tuple[Evaluation, list[Array]]:
        if self._left <= 0:
            raise Refused
        self._left -= 1
        try:
            evaluation = self._bench.evaluate([np.array(v) for v in values])
            outputs = [np.array(out, dtype=float) for out in evaluation.outputs.values()]
        except Exception as error:
            raise Refused from error
        return evaluation, outputs
