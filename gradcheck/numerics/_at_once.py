r"""Entry mode with many calls at once: every entry moves on its own, or with those it shares no output with.

A subject that can be batched takes all points of a step in one call, and the rungs that settle a smooth lane are one
ladder for all lanes of all blocks (`_batch`). Three rungs pass nearly all; what is open climbs on. It certifies only:
what is left, or wrong, or at a kink, is looked at alone by whoever asked.

That a call for many points says what a call for one does is seen twice: at the point, to rounding, and along one
direction that moves all entries of a block, along which the numeric values must add up (`_coloured`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ._batch import LANES, Batch, Cells, Certified, Open
from ._case import Case
from ._coloured import adds_up
from ._ladder import Rung
from ._problem import Problem, Vector
from ._rule import Ruling, judge
from ._structure import Colouring

_RUNGS = (3, 7, 17)
_TOGETHER, _MOST = 2**19, 2**22
"""Numbers up to which blocks are stacked in one call; lanes that are kept at all."""

_DIGITS = 64
_PASSES = np.array([ruling in (Ruling.PASS, Ruling.ROW, Ruling.NEAR) for ruling in Ruling])

Seen = tuple[NDArray[np.float64], NDArray[np.float64]]
"""The outputs at the point, ahead and behind in each direction; the displacements between the last two."""


class _OneAtATime(Exception):
    """The subject cannot be called for many points at once, or returns something else then."""


def alone(problem: Problem, block: int, outputs: int) -> Colouring:
    """Return the colouring that moves each entry of `block` alone."""
    where = problem.blocks[block]
    return Colouring(np.arange(where.start, where.stop)[:, None], np.zeros(outputs, dtype=np.intp))


def certified_at_once(
    problem: Problem, base: Vector, batches: Sequence[Batch], rng: np.random.Generator
) -> list[Certified] | None:
    """Return what many calls at once certify; None where the subject cannot be called so, or says something else."""
    if sum(one.size for one in batches) > _MOST:
        return None
    found = [Certified.nothing(one) for one in batches]
    try:
        for rungs in _RUNGS:
            for group in _grouped(found):
                _judge(problem, base, group, rungs)
    except _OneAtATime:
        return None
    return _confirmed(problem, base, found, rng)


def _grouped(found: Sequence[Certified]) -> Iterator[list[Open]]:
    """Yield what is open, of several blocks together as long as their lanes fit on one ladder."""
    group: list[Open] = []
    held = 0
    for block in found:
        for piece in block.open_pieces():
            if group and held + piece.batch.size > LANES:
                yield group
                group, held = [], 0
            group.append(piece)
            held += piece.batch.size
    if group:
        yield group


def _judge(problem: Problem, base: Vector, group: Sequence[Open], rungs: int) -> None:
    """Judge the open lanes of a group on one ladder, and write down those that pass."""

    def sample(step: float) -> Rung:
        sides: list[list[Vector]] = [[], [], [], []]
        for one, (outputs, apart) in zip(group, _seen(problem, base, group, step), strict=True):
            middle, ahead, behind = np.split(one.batch.parts(outputs), [1, 1 + len(apart)])
            predicted = one.batch.claimed * apart[:, None, :]
            for side, cells in zip(sides, (behind, middle, ahead, predicted), strict=True):
                side.append(one.of(cells))
        behind, middle, ahead, predicted = map(np.concatenate, sides)
        return Rung.between(step, behind, middle, ahead, predicted, step, step)

    judged = judge(_case(problem, group, sample), rungs)
    passed = _PASSES[judged.ruling]
    numbers = (judged.ruling.astype(float), judged.numeric, judged.bound, judged.hidden, judged.scale)
    start = 0
    for one in group:
        mine = slice(start, start := start + one.count)
        one.take([values[mine] for values in numbers], passed[mine])


def _case(problem: Problem, group: Sequence[Open], sample: Callable[[float], Rung]) -> Case:
    def flat(of: Callable[[Batch], Cells]) -> Vector:
        return np.concatenate([one.of(of(one.batch)) for one in group])

    unit = flat(lambda one: one.unit[:, None, :])
    at = flat(lambda one: problem.x[one.colours.coordinates][:, None, :])
    claimed, row = flat(lambda one: one.claimed), flat(lambda one: one.row[None])
    noise = flat(lambda one: one.rounding)
    return Case(
        analytic=claimed * unit,
        noise=np.maximum(noise, problem.precision.eps / 2 * np.abs(claimed * at)),
        row=row,
        beside=row,
        precision=problem.precision,
        sample=sample,
        allowance=lambda: np.full(row.size, np.inf),  # what needs it is looked at alone
        single=np.zeros(row.size, dtype=bool),
        unit=unit,
        at=at,
    )


def _seen(problem: Problem, base: Vector, group: Sequence[Open], step: float) -> Iterator[Seen]:
    """Yield what is seen of each batch; of all of them by one call, where their points are few."""
    batches = [one.batch for one in group]
    points = [one.points(problem, step) for one in batches]
    rows = sum(len(stack) for stack, _ in points)
    if rows * problem.x.size <= _TOGETHER:
        ends = np.cumsum([len(stack) for stack, _ in points])[:-1]
        outputs = np.split(_outputs(problem, base, batches, [stack for stack, _ in points]), ends)
    else:
        pairs = zip(batches, points, strict=True)
        outputs = [_outputs(problem, base, [one], [stack]) for one, (stack, _) in pairs]
    for out, (_, apart) in zip(outputs, points, strict=True):
        yield out, apart


def _outputs(
    problem: Problem, base: Vector, batches: Sequence[Batch], stacks: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return f at the points of each batch, one batch below the other."""
    assert problem.many is not None
    ends = np.cumsum([len(stack) for stack in stacks])
    moved: dict[int, NDArray[np.float64]] = {}
    for one, stack, end in zip(batches, stacks, ends, strict=True):
        whole = moved.setdefault(one.block, np.tile(problem.x[problem.blocks[one.block]], (int(ends[-1]), 1)))
        whole[end - len(stack) : end] = stack
    outputs = problem.many(moved)
    if outputs is None or not _is_same(problem, outputs[0], base, batches[0].noise):
        raise _OneAtATime
    return outputs


def _is_same(problem: Problem, output: Vector, base: Vector, noise: Vector) -> bool:
    """Whether a call for many points says at the point what a call for it alone said, to rounding."""
    size = np.maximum(np.abs(base), 1e-3 * float(np.max(np.abs(base), initial=0.0)))
    return bool(np.all(np.abs(output - base) <= 16 * noise + _DIGITS * problem.precision.eps * size))


def _confirmed(
    problem: Problem, base: Vector, found: Sequence[Certified], rng: np.random.Generator
) -> list[Certified]:
    """Return what was found; nothing for blocks whose numeric values do not add up, those of equal lanes together."""
    kept = list(found)
    for lanes in {id(one.batch.upstreams): one.batch for one in found}.values():
        mine = [k for k, one in enumerate(found) if one.batch.upstreams is lanes.upstreams]
        numeric, bound = (np.full(lanes.analytic.shape, np.nan) for _ in range(2))
        for k in mine:
            at = found[k].batch.colours.coordinates
            numeric[:, at], bound[:, at] = (c.transpose(1, 0, 2) for c in (found[k].numeric, found[k].bound))
        inside = np.concatenate([found[k].batch.colours.coordinates.ravel() for k in mine])
        if not adds_up(problem, base, lanes.upstreams, inside, numeric, bound, rng):
            for k in mine:
                kept[k] = Certified.nothing(found[k].batch)
    return kept
