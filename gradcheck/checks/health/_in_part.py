"""The gradient as training asks for it: of some inputs alone, through some outputs alone (GC104).

A rule is told which inputs need a gradient, and gets nothing for an output that is not made use of. The others'
gradients are the same then, and those through each output add up:

    B(u) = B(u₀, nothing) + B(nothing, u₁)

One that asks about another input, or takes nothing for an end, is right only as long as everything is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..._errors import InvalidArgument
from ...numerics import Vector
from ...report import Finding, Verdict
from ...subjects import Evaluation, Malformed, OutOfBudget, location_of
from ..bench._bench import Bench
from ..bench._pieces import joined, place_of
from ._linearity import LARGE, is_dust, is_off
from ._second_call import left_to_chance
from ._vitals import Health, is_repeated, leaf_sizes

_SAME = 1e-9
"""Share of the largest of an output by which another kernel may round it otherwise."""

_OUTPUTS = 4
"""Outputs that are asked about alone; of more, the last are together."""

_UNUSED = (
    "a rule gets None for an output that is not used, if it does not let them be materialized; take it for zeros"
)
_UNMARKED = "ask about the input whose gradient it is: ctx.needs_input_grad[k], or .perturbed of the k-th"


def examine_in_part(bench: Bench, health: Health, evaluation: Evaluation) -> None:
    """Report GC104 where a rule loses a gradient if not everything is asked for."""
    blocks = joined(bench.outputs)
    if evaluation.through is not None and len(blocks) > 1:
        _examine_outputs(bench, health, evaluation, blocks)
    markings = bench.subject.markings
    for wanted in markings if is_repeated(bench, health) else markings[:1]:
        if _loses_by_marks(bench, health, wanted):
            return


def _examine_outputs(bench: Bench, health: Health, evaluation: Evaluation, blocks: Sequence[slice]) -> None:
    """Ask for the gradients through each output alone, and whether they add up to the whole."""
    alone = [blocks[k : k + 1] for k in range(min(_OUTPUTS, len(blocks)) - 1)]
    groups, gradients = [*alone, blocks[len(alone) :]], []
    for group in groups:
        try:
            gradients.append(_through(bench, health, evaluation, group))
        except (OutOfBudget, InvalidArgument, Malformed):
            raise
        except Exception as error:  # with zeros in the place of nothing it did not
            said = f"the backward raises {type(error).__name__} where {_unused(bench, group)}: {error}"
            health.report(_finding(bench, said, bench.outputs[0].path, (), _UNUSED))
            return
    off = np.abs(health.analytic - np.sum(gradients, axis=0))
    sizes = leaf_sizes(bench, np.max(np.abs([health.analytic, *gradients]), axis=0))
    if not _is_lost(bench, health, off, sizes):
        return
    for group, gradient in zip(groups, gradients, strict=True):
        truth = bench.gradient(bench.x, _only(health.upstream, group))
        if is_off(bench, health, np.abs(gradient - truth), sizes):
            _report(bench, health, gradient, truth, sizes, _unused(bench, group), _UNUSED)
            return


def _through(bench: Bench, health: Health, evaluation: Evaluation, group: Sequence[slice]) -> Vector:
    """Return the gradient through the outputs of a `group` alone."""
    assert evaluation.through is not None
    pairs = zip(bench.outputs, bench.upstreams(health.upstream), strict=True)
    used = {piece.path: u for piece, u in pairs if _lies_in(piece.where, group)}
    pull = evaluation.through(list(used))
    return bench.flat_gradient(bench.pull(replace(evaluation, pull=pull), list(used.values())))


def _loses_by_marks(bench: Bench, health: Health, wanted: Sequence[int]) -> bool:
    """Report what is lost where the inputs `wanted` alone need a gradient; what raises then is heard by everybody."""
    try:
        values = bench.values(bench.x)
        evaluation = bench.evaluate(values, wanted)
        if not _as_before(bench, health, evaluation):
            return False
        pairs = zip(bench.outputs, bench.upstreams(health.upstream), strict=True)
        given = [upstream for piece, upstream in pairs if piece.path in evaluation.outputs]
        returned = bench.pull(evaluation, given)
    except OutOfBudget:
        raise
    except Exception:
        return False
    got = np.array(health.analytic)
    for piece, gradient in zip(bench.inputs, returned, strict=True):
        if gradient is not None:
            got[piece.where] = np.ravel(gradient)
    off, sizes = np.abs(got - health.analytic), leaf_sizes(bench, health.analytic)
    if not _is_lost(bench, health, off, sizes):
        return False
    rest = [piece.path for k, piece in enumerate(bench.inputs) if k not in wanted]
    where = f"{' and '.join(rest)} {'need' if len(rest) > 1 else 'needs'} none"
    _report(bench, health, got, health.analytic, sizes, where, _UNMARKED)
    return True


def _as_before(bench: Bench, health: Health, evaluation: Evaluation) -> bool:
    """Whether the outputs are those of the point: a forward may do something else where less is asked for."""
    base = {piece.path: health.base[piece.where] for piece in bench.outputs}
    return all(
        path in base and np.allclose(np.ravel(out), base[path], rtol=_SAME, atol=_SAME * np.max(np.abs(base[path])))
        for path, out in evaluation.outputs.items()
        if np.size(out)
    )


def _is_lost(bench: Bench, health: Health, off: Vector, sizes: Vector) -> bool:
    """Whether more is off than rounding, and than what every call says otherwise."""
    if not is_off(bench, health, off, sizes) or is_dust(bench, health, abs(LARGE) * off):
        return False
    return left_to_chance(bench, health) is None


def _report(bench: Bench, health: Health, got: Vector, truth: Vector, sizes: Vector, where: str, hint: str) -> None:
    at = int(np.argmax(np.nan_to_num(np.abs(got - truth) / np.where(sizes > 0, sizes, 1), nan=np.inf)))
    place = place_of(bench.inputs, at)
    own = next(piece.where for piece in bench.inputs if piece.path == place.path)
    is_ = "is missing" if not got[own].any() else f"is another: {place} is {got[at]:.6g} instead of {truth[at]:.6g}"
    health.report(_finding(bench, f"the gradient of {place.path} {is_} where {where}", *place, hint))


def _unused(bench: Bench, group: Sequence[slice]) -> str:
    """Say which outputs, other than those of a `group`, are not used."""
    rest = [piece.path for piece in bench.outputs if not _lies_in(piece.where, group)]
    return f"{' and '.join(rest)} {'are' if len(rest) > 1 else 'is'} not used"


def _only(upstream: Vector, group: Sequence[slice]) -> Vector:
    only = np.zeros_like(upstream)
    for where in group:
        only[where] = upstream[where]
    return only


def _lies_in(where: slice, group: Sequence[slice]) -> bool:
    return any(block.start <= where.start and where.stop <= block.stop for block in group)


def _finding(bench: Bench, title: str, path: str, entry: tuple[int, ...], hint: str) -> Finding:
    return Finding("GC104", title, Verdict.FAIL, path, entry, hint=hint, location=location_of(bench.subject.backward))
