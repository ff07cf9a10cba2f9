"""The gradient as training asks for it: of some inputs alone, through some outputs alone (GC104).

A rule is told which inputs need a gradient, and gets nothing for an output that is not made use of. The others'
gradients are the same then, and those through each output add up:

    B(u) = B(u₀, nothing) + B(nothing, u₁)

One that asks about another input, or takes nothing for an end, is right only as long as everything is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

_OUTPUTS, _NAMED = 8, 4
"""Outputs that are asked about alone, of more halves are; and those that are named where they are not used."""

_UNUSED = (
    "a rule or a hook gets None for an output that is not used, unless the rule lets them be materialized; "
    "take it for zeros"
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
    """Ask for the gradients through some outputs alone, and whether they add up to the whole.

    What does not is asked anew: a rule may free what it has kept as soon as it has been pulled back once.
    """
    for groups in _partitions(blocks):
        if _lost_by_use(bench, health, groups, lambda: evaluation) is None:
            continue
        found = _lost_by_use(bench, health, groups, lambda: bench.evaluate(bench.values(bench.x)))
        if found is not None:
            health.report(found)
            return


def _partitions(blocks: Sequence[slice]) -> list[list[Sequence[slice]]]:
    """Return groups that make up the whole: each output alone, of many halves in which any two are apart once."""
    if len(blocks) <= _OUTPUTS:
        return [[blocks[k : k + 1] for k in range(len(blocks))]]
    bits = range((len(blocks) - 1).bit_length())
    return [[[where for k, where in enumerate(blocks) if (k >> bit & 1) == one] for one in (0, 1)] for bit in bits]


def _lost_by_use(
    bench: Bench, health: Health, groups: Sequence[Sequence[slice]], evaluated: Callable[[], Evaluation]
) -> Finding | None:
    """Return GC104 where the gradients through the `groups` do not add up to the whole, or one of them raises."""
    gradients = []
    for group in groups:
        try:
            gradients.append(_through(bench, health, evaluated(), group))
        except (OutOfBudget, InvalidArgument, Malformed):
            raise
        except Exception as error:  # with zeros in the place of nothing it did not
            said = f"the backward raises {type(error).__name__} where {_unused(bench, group)}: {error}"
            return _finding(bench, said, bench.outputs[0].path, (), _UNUSED)
    off = np.abs(health.analytic - np.sum(gradients, axis=0))
    sizes = leaf_sizes(bench, np.max(np.abs([health.analytic, *gradients]), axis=0))
    if not _is_lost(bench, health, off, sizes):
        return None
    for group, gradient in zip(groups, gradients, strict=True):
        truth = bench.gradient(bench.x, _only(health.upstream, group))
        if is_off(bench, health, np.abs(gradient - truth), sizes):
            return _lost(bench, gradient, truth, sizes, _unused(bench, group), _UNUSED)
    return None


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
    health.report(_lost(bench, got, health.analytic, sizes, where, _UNMARKED))
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


def _lost(bench: Bench, got: Vector, truth: Vector, sizes: Vector, where: str, hint: str) -> Finding:
    at = int(np.argmax(np.nan_to_num(np.abs(got - truth) / np.where(sizes > 0, sizes, 1), nan=np.inf)))
    place = place_of(bench.inputs, at)
    own = next(piece.where for piece in bench.inputs if piece.path == place.path)
    is_ = "is missing" if not got[own].any() else f"is another: {place} is {got[at]:.6g} instead of {truth[at]:.6g}"
    return _finding(bench, f"the gradient of {place.path} {is_} where {where}", *place, hint)


def _unused(bench: Bench, group: Sequence[slice]) -> str:
    """Say which outputs, other than those of a `group`, are not used."""
    rest = [piece.path for piece in bench.outputs if not _lies_in(piece.where, group)]
    if len(rest) > _NAMED:
        rest = [*rest[: _NAMED - 1], f"{len(rest) - _NAMED + 1} more"]
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
