r"""Entry mode with many calls at once: every entry moves on its own, or with those it shares no output with.

A subject that can be batched takes all points of a step in one call, and every lane of every block is judged by the
same steps (`_batch`). One difference passes nearly all (`_one_difference`); what it leaves open climbs a ladder, a
short one first. It certifies only: what is left, or wrong, or at a kink, is looked at alone by whoever asked.

That a call for many points says what a call for one does is seen twice: at the point, to rounding, and along one
direction that moves all entries of a block, along which the numeric values must add up (`_coloured`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._problem import Problem, Vector
from ..ladder._case import Case
from ..ladder._ladder import Rung
from ..rule._judged import SOUND, Judged, Ruling
from ..rule._one_difference import First, judge_by_one, single_steps
from ..rule._rule import first_steps, judge
from ._batch import LANES, NUMBERS, Batch, Cells, Certified, Open
from ._coloured import adds_up
from ._structure import Colouring

_RUNGS, _FEW = (7, 17), 64
"""Steps in each turn of the ladder; open lanes for which a turn of few is not worth its calls."""
_TOGETHER, _AHEAD, _MOST = 2**17, 2**18, 2**22
"""Numbers up to which blocks are stacked in one call, and steps in advance; lanes that are kept at all."""

_FOLLOW = 4
"""Steps of one call where they are few: a ladder goes down by fours."""

_DIGITS = 64

Seen = tuple[Vector, NDArray[np.float64], NDArray[np.float64]]
"""The outputs at the point, and ahead and behind in each direction; the displacements between the last two."""


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
        middle, large, small = single_steps(problem.precision)
        _judge_by_one(problem, base, [(_open(found), middle)], 0.0)
        drowned = [one.drowned for one in found]
        further = [piece for one, mine in zip(found, drowned, strict=True) for piece in one.open_pieces(mine)]
        closer = [piece for one, mine in zip(found, drowned, strict=True) for piece in one.open_pieces(~mine)]
        _judge_by_one(problem, base, [(further, large), (closer, small)], middle)
        for rungs in _RUNGS:
            pieces = _open(found)
            if rungs == _RUNGS[0] and sum(one.count for one in pieces) <= _FEW:
                continue
            for group in _grouped(pieces):
                _judge(problem, base, group, rungs)
    except _OneAtATime:
        return None
    return _confirmed(problem, base, found, rng)


def _open(found: Sequence[Certified]) -> list[Open]:
    return [piece for block in found for piece in block.open_pieces()]


def _grouped(pieces: Sequence[Open]) -> Iterator[list[Open]]:
    """Yield neighbours in `pieces` as long as their open lanes fit on one ladder."""
    group: list[Open] = []
    held = 0
    for piece in pieces:
        if group and held + piece.count > LANES:
            yield group
            group, held = [], 0
        group.append(piece)
        held += piece.count
    if group:
        yield group


def _judge_by_one(problem: Problem, base: Vector, looked: Sequence[tuple[list[Open], float]], before: float) -> None:
    """Judge open lanes by one difference each, at the step beside them; the first was at `before`, if any was."""
    seen = _seen(problem, base, [(one.batch, step) for pieces, step in looked for one in pieces])
    for group, step in ((group, step) for pieces, step in looked for group in _grouped(pieces)):
        mine = [replace(one, shaped=True) for one in group] if len(group) == 1 and group[0].is_whole else group
        (rung,) = _rungs(mine, seen, [step])
        _judge_by_rung(problem, mine, rung, before)


def _judge_by_rung(problem: Problem, group: Sequence[Open], rung: Rung, before: float) -> None:
    first = First(before, *map(_joined, zip(*(one.first for one in group), strict=True)))
    judged, shown = judge_by_one(_case(problem, group, lambda _: rung), rung, first)
    _write_down(judged, group)
    begun, passed = 0, judged.ruling == Ruling.PASS
    for one in group if not before else ():
        mine = slice(begun, begun := begun + one.count)
        one.keep([values[mine] for values in (shown.residual, shown.error, shown.still)], passed[mine])


def _joined(lanes: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return the lanes of several pieces, one after the other; of one piece as they are."""
    return lanes[0] if len(lanes) == 1 else np.concatenate(lanes)


def _judge(problem: Problem, base: Vector, group: Sequence[Open], rungs: int) -> None:
    """Judge the open lanes of a group on one ladder."""
    start = first_steps(problem.precision)
    _write_down(judge(_case(problem, group, _Steps(problem, base, group, start).sample), rungs, start), group)


def _write_down(judged: Judged, group: Sequence[Open]) -> None:
    """Write down the lanes of a group that pass."""
    passed = np.isin(judged.ruling, SOUND)
    numbers: Sequence[NDArray[Any]] = (judged.ruling, judged.numeric, judged.bound, judged.hidden, judged.scale)
    begun = 0
    for one in group:
        mine = slice(begun, begun := begun + one.count)
        one.take([values[mine] for values in numbers], passed[mine])


class _Steps:
    """What the steps of a ladder show: the first by one call, and later ones with those likely to follow."""

    def __init__(self, problem: Problem, base: Vector, group: Sequence[Open], start: Sequence[float]) -> None:
        self._of = (problem, base, group)
        rows = 2 * sum(one.batch.shape[0] for one in group)
        self._ahead = _FOLLOW if rows * _FOLLOW * problem.x.size <= _AHEAD else 1
        self._ready: dict[float, Rung] = {}
        self._make(start)

    def _make(self, steps: Sequence[float]) -> None:
        self._ready |= dict(zip(steps, _sampled(*self._of, steps), strict=True))

    def sample(self, step: float) -> Rung:
        """Return what `step` shows."""
        if step not in self._ready:
            self._make([step / 4**k for k in range(self._ahead)])
        return self._ready.pop(step)


def _sampled(problem: Problem, base: Vector, group: Sequence[Open], steps: Sequence[float]) -> list[Rung]:
    """Return what each of `steps` shows of the open lanes."""
    seen = _seen(problem, base, [(one.batch, step) for one in group for step in steps])
    return _rungs(group, seen, steps)


def _rungs(group: Sequence[Open], seen: Iterator[Seen], steps: Sequence[float]) -> list[Rung]:
    """Return a rung for each step, of what is `seen` of each piece at each of them."""
    found = [one.sides(*next(seen)) for one in group for _ in steps]
    rungs = []
    for k, step in enumerate(steps):
        behind, middle, ahead, predicted = map(_joined, zip(*found[k :: len(steps)], strict=True))
        rungs.append(Rung.between(step, behind, middle, ahead, predicted, step, step))
    return rungs


def _case(problem: Problem, group: Sequence[Open], sample: Callable[[float], Rung]) -> Case:
    def each(of: Callable[[Batch], Cells]) -> NDArray[np.float64]:
        return _joined([one.of(of(one.batch)) for one in group])

    unit = each(lambda one: one.unit[:, None, :])
    at = each(lambda one: problem.x[one.colours.coordinates][:, None, :])
    claimed, row = each(lambda one: one.claimed), each(lambda one: one.row[None])
    return Case(
        analytic=claimed * unit,
        noise=each(lambda one: one.rounding),
        row=row,
        beside=row,
        precision=problem.precision,
        sample=sample,
        allowance=None,  # what needs it is looked at alone
        single=np.zeros(claimed.shape, dtype=bool),
        unit=unit,
        at=at,
    )


def _seen(problem: Problem, base: Vector, moves: Sequence[tuple[Batch, float]]) -> Iterator[Seen]:
    """Yield what is seen of each batch at its step: of all of them by one call where their points are few.

    Where they are many, the blocks have calls of their own, so that the others need not be moved; and one block has
    several, each with as many points as a cache holds.
    """
    rows = 1 + 2 * sum(len(one.colours.coordinates) for one, _ in moves)
    whole = rows * problem.x.size <= _TOGETHER
    for mine in _calls(problem, moves, base.size, whole=whole):
        points = [one.points(problem, step) for one, step in mine]
        at, outputs = _outputs(
            problem, base, mine[0][0].noise, [one.block for one, _ in mine], [p for p, _ in points]
        )
        yield from ((at, out, apart) for out, (_, apart) in zip(outputs, points, strict=True))


def _calls(
    problem: Problem, moves: Sequence[tuple[Batch, float]], outputs: int, *, whole: bool
) -> Iterator[list[tuple[Batch, float]]]:
    """Yield neighbours in `moves` that are looked at by one call."""
    call: list[tuple[Batch, float]] = []
    numbers = 0
    for one, step in moves:
        here = 2 * len(one.colours.coordinates) * (problem.array(one.block).size + outputs)
        if call and not whole and (one.block != call[0][0].block or numbers + here > NUMBERS):
            yield call
            call, numbers = [], 0
        call.append((one, step))
        numbers += here
    if call:
        yield call


def _outputs(
    problem: Problem, base: Vector, noise: Vector, blocks: Sequence[int], stacks: Sequence[NDArray[np.float64]]
) -> tuple[Vector, list[NDArray[np.float64]]]:
    """Return f at the point, and at the points of each stack, which hold one block each, by one call."""
    assert problem.many is not None
    ends = np.cumsum([1, *(len(stack) for stack in stacks)])
    moved: dict[int, NDArray[np.float64]] = {}
    for block, stack, start in zip(blocks, stacks, ends[:-1], strict=True):
        if block not in moved:
            here = problem.x[problem.blocks[block]]
            moved[block] = np.empty((int(ends[-1]), here.size))
            moved[block][...] = here
        moved[block][start : start + len(stack)] = stack
    outputs = problem.many(moved)
    if outputs is None or not _is_same(problem, outputs[0], base, noise):
        raise _OneAtATime
    return outputs[0], np.split(outputs, ends[:-1])[1:]


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
