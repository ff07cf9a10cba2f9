"""Large problems that the first look did not certify: what is wrong, and where, or what is in the way.

1. Outputs on a kink are set aside (weight 0), and the rest is looked at again.
2. Halving finds the wrong entries, rows or inputs (`_pinpoint`).
3. Otherwise a few entries of every input are judged: an error too small for halving may be everywhere.
4. What remains is noise or truncation, and one ladder along the direction says how tight it can be made.

A failure is never reported without an entry that fails on its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...numerics import (
    SOUND,
    Box,
    Glance,
    Judged,
    Lanes,
    Look,
    Mask,
    Ruling,
    Vector,
    backward_noise,
    bends_by_rounding,
    forward_noise,
    glance,
    judge_along,
    kinked_outputs,
    norm,
    weights,
    wrong_boxes,
)
from ._at_once import certified_among
from ._comparison import Comparison
from ._moved import limit_of_gradients, look_beside
from ._outcome import Outcome
from ._pinpoint import pinpoint
from ._small_groups import judge_small_groups

_SAMPLES, _TELLING = 3, 2
_MOST = 12
_KINK_SAMPLES = 8
_COVERED = 0.99
_DIRECTIONS = 4
_A_LITTLE = 2.0**-20
_BESIDE = "the whole gradient is right a little beside it"
_AT_KINKS = "centred differences along random directions; one-sided slopes at kinks"

Indices = NDArray[np.intp]
Upstreams = NDArray[np.float64]


def hunt(comparison: Comparison, outcome: Outcome, *, plain: bool = False) -> Outcome:
    """Return what closer looks found of the problem that `outcome`'s first look left undecided.

    `plain` says that no kink is in the way.
    """
    beside = None if plain else _beside_the_kinks(comparison, outcome.glances[-1])
    if beside is not None:
        return beside
    pinpoint(comparison, outcome)
    assert outcome.columns is not None
    if Ruling.FAIL not in outcome.columns.state:
        outcome.places.clear()
        _sample(comparison, outcome)
    outcome.kinked = sum(state is Ruling.KINK for state in outcome.columns.state)
    comparison.judge_together(outcome)
    return outcome if outcome.accuses else _one_ladder(comparison, outcome)


def _sample(comparison: Comparison, outcome: Outcome) -> None:
    """Judge a few entries of every input.

    Two wrong entries among a few random ones say that the input is wrong all over; the entries that contribute most
    are looked at as well.
    """
    columns, lanes = outcome.columns, outcome.lanes
    assert columns is not None
    assert lanes is not None
    blocks = comparison.problem.blocks
    chosen = [_random_and_largest(comparison, outcome.glances[-1], block) for block in blocks]
    known = certified_among(comparison, lanes, (j for pair in chosen for some in pair for j in some))
    columns.extend(known)
    for k, (random, largest) in enumerate(chosen):
        wrong = 0
        for position in (j for j in random if j not in columns.position):
            columns.extend(comparison.columns(lanes, [position]))
            wrong += columns.state[-1] is Ruling.FAIL
            if wrong == _TELLING:
                outcome.places.append(Box.whole(k, comparison.problem.array(k).shape))
                break
        if wrong < _TELLING:
            columns.extend(comparison.columns(lanes, [j for j in largest if j not in columns.position]))


def _random_and_largest(comparison: Comparison, seen: Glance, block: slice) -> tuple[list[int], list[int]]:
    """Return a few random entries of `block` in groups that were not certified, and those that contribute most."""
    inside = block.start + np.flatnonzero(_left_open(seen, comparison.problem.x.size)[block])
    if not inside.size:
        inside = np.arange(block.start, block.stop)
    count = min(_SAMPLES, inside.size)
    if not count:
        return [], []
    weight = np.abs(seen.analytic[inside]) * comparison.problem.sizes[inside]
    largest = np.argpartition(weight, inside.size - count)[inside.size - count :]
    return comparison.rng.choice(inside, count, replace=False).tolist(), inside[largest].tolist()


def _left_open(seen: Glance, size: int) -> Mask:
    open_ = [look.group for look in seen.looks if not look.certified]
    if any(group is None for group in open_):
        return np.ones(size, dtype=bool)
    return np.asarray(np.logical_or.reduce([group for group in open_ if group is not None] or [np.zeros(size, bool)]))


def _one_ladder(comparison: Comparison, outcome: Outcome) -> Outcome:
    """Judge every group left open on a ladder of steps: a pass at another step, or the limit and its name."""
    seen = outcome.glances[-1]
    noise = forward_noise(comparison.problem, comparison.base, comparison.rng)
    outcome.mode, outcome.scheme = "projection", "centred differences on a ladder of steps, extrapolated"
    outcome.note = "certified on a ladder of steps"
    looks: list[Look] = []
    for look in seen.looks:
        if look.certified:
            looks.append(look)
            continue
        judged = judged_along(comparison, seen, look, noise)
        if judged.ruling[0] == Ruling.KINK and _is_right_beside(comparison, outcome):
            continue
        if judged.limit[0] == "kink" and _is_a_limit(comparison, outcome, seen):
            continue
        if judged.ruling[0] not in SOUND:
            outcome.limit, outcome.note = _limit(comparison, look, judged), None
            outcome.bound = _relative(judged)
            return outcome
        outcome.bound = max(outcome.bound or 0.0, _relative(judged))
        looks.append(_as_a_look(look, judged))
    outcome.glances = [*(g for g in outcome.glances if g is not seen), replace(seen, looks=tuple(looks))]
    return outcome


def _limit(comparison: Comparison, look: Look, judged: Judged) -> str:
    """Return what keeps `look` undecided: no kink, where it is rounding that bends the outputs."""
    limit = judged.limit[0] or "kink"
    rounds = limit == "kink" and bends_by_rounding(comparison.problem, comparison.base, look.direction)
    return "noise" if rounds else limit


def _relative(judged: Judged) -> float:
    """Return the largest error that could be hidden, as a share; of what is not finite any could."""
    with np.errstate(over="ignore"):
        share = float(judged.bound[0] / max(judged.scale[0], np.finfo(float).tiny))
    return np.inf if np.isnan(share) else share


def _as_a_look(look: Look, judged: Judged) -> Look:
    """Return what the ladder saw as a look: its limit is half of what the ladder may have left hidden."""
    limit, residual = float(judged.hidden[0]) / 2, float(judged.numeric[0] - judged.analytic[0])
    return replace(look, limit=limit, residual=residual, scale=float(judged.scale[0]), certified=True)


def judged_along(comparison: Comparison, seen: Glance, look: Look, noise: Vector) -> Judged:
    """Judge all that `look` moved together, on a ladder of steps along its direction."""
    problem, direction = comparison.problem, look.direction
    row = norm(seen.analytic * direction)
    return judge_along(
        problem,
        comparison.base,
        direction,
        lanes=lambda output: np.atleast_1d(seen.upstream @ output),
        predict=lambda displacement: np.atleast_1d(seen.analytic @ displacement),
        noise=np.atleast_1d(norm(seen.upstream * noise)),
        row=np.atleast_1d(row),
        beside=np.atleast_1d(row or look.scale),  # zeros have no size of their own
        allowance=lambda: np.atleast_1d(
            np.linalg.norm(backward_noise(problem, seen.upstream, seen.analytic, comparison.rng) * direction)
        ),
    )


def _beside_the_kinks(comparison: Comparison, seen: Glance) -> Outcome | None:
    """Certify the outputs that are not on a kink, and judge some of those that are by their one-sided slopes."""
    problem, base, rng = comparison.problem, comparison.base, comparison.rng
    look = seen.doubted
    kinked = _on_a_kink(comparison, look)
    count = int(kinked.sum())
    if not count or count == base.size:
        return None
    upstream = np.where(kinked, 0.0, seen.upstream)
    again = glance(problem, base, upstream, problem.pull(problem.x, upstream), rng, fine=False, beside=True)
    outcome = Outcome("projection", _AT_KINKS, [again])
    if not again.certified:
        judge_small_groups(comparison, outcome)
    if outcome.columns is not None:
        return outcome
    if not outcome.certified:
        return None
    chosen = np.flatnonzero(kinked)
    chosen = rng.choice(chosen, min(_KINK_SAMPLES, count), replace=False)
    rulings = _judge_kinked(comparison, look.direction, chosen)
    wrong = chosen[rulings == Ruling.FAIL]
    if wrong.size:
        return _accuse(comparison, wrong)
    outcome.scheme, outcome.kinked = _AT_KINKS, count
    covered = count <= (1 - _COVERED) * base.size
    if not covered and _entry_by_entry(comparison, outcome):
        return outcome
    outcome.note = f"{count} of {base.size} outputs are on a kink; {len(chosen)} of them were judged on their own"
    if np.any(rulings == Ruling.OPEN) or not (covered or _is_right_beside(comparison, outcome)):
        outcome.limit = "kink"
    return outcome


def _on_a_kink(comparison: Comparison, look: Look) -> Mask:
    """Return which outputs are on a kink; along one direction two that tie may move alike and show none."""
    problem, base = comparison.problem, comparison.base
    kinked = kinked_outputs(problem, base, look.direction, look.step)
    for _ in range(_DIRECTIONS if kinked.any() else 0):
        other = weights(problem.x.size, comparison.rng) * problem.sizes
        more = kinked | kinked_outputs(problem, base, other, look.step)
        if np.array_equal(more, kinked):
            break
        kinked = more
    return kinked


def _is_right_beside(comparison: Comparison, outcome: Outcome) -> bool:
    """Whether the formula of what is on a kink is certified a little beside it; once for all groups."""
    if outcome.note is not None and _BESIDE in outcome.note:
        return True
    seen = look_beside(comparison.problem, comparison.upstream, comparison.rng)
    if seen is None:
        return False
    outcome.glances.append(seen)
    outcome.note = f"{outcome.note or 'at a kink'}; {_BESIDE}"
    return True


def _is_a_limit(comparison: Comparison, outcome: Outcome, seen: Glance) -> bool:
    """Whether the claim is the gradient of a point a little beside the kinks, and certified there."""
    problem, base = comparison.problem, comparison.base
    beside = limit_of_gradients(problem, base, seen.upstream, seen.analytic, comparison.rng)
    if beside is None:
        return False
    outcome.glances.append(beside)
    outcome.note = "on kinks, where it is the gradient of a point a little beside them"
    outcome.kinked = max(outcome.kinked, 1)
    return True


def _accuse(comparison: Comparison, outputs: Indices) -> Outcome | None:
    """Judge the entries that outputs on a kink claim to depend on; None where they do not fail, alone or in sum."""
    rows = np.zeros((min(outputs.size, _SAMPLES), comparison.base.size))
    rows[np.arange(len(rows)), outputs[: len(rows)]] = 1.0
    lanes = Lanes.of(comparison.problem, comparison.base, rows, comparison.rng)
    claimed = np.flatnonzero(np.any(lanes.analytic != 0, axis=0))[:_MOST].tolist()
    positions = sorted({*claimed, *_moving(comparison, rows[~np.any(lanes.analytic != 0, axis=1)])})
    columns = comparison.columns(lanes, positions)
    scheme = "one-sided differences at the kinks of a few outputs"
    outcome = Outcome("entries", scheme, columns=columns, lanes=lanes, sampled=True)
    comparison.judge_together(outcome)
    return outcome if outcome.accuses else None


def _moving(comparison: Comparison, rows: Upstreams) -> Iterator[int]:
    """Yield inputs on which the outputs `rows` depend although their gradient is zero, found by halving."""
    problem = comparison.problem
    boxes = [Box.whole(k, problem.array(k).shape) for k in range(len(problem.blocks))]
    for row in rows:

        def moves(box: Box, row: Vector = row) -> float:
            shift = _A_LITTLE * problem.array(box.block, problem.sizes)[box.slices]
            there = (problem.value_moved(box.block, box.slices, sign * shift)[0] for sign in (1, -1))
            return float(sum(abs(row @ (output - comparison.base)) for output in there))

        for box in wrong_boxes(moves, lambda _: 0.0, boxes, comparison.rng):
            if box.size == 1:
                yield problem.blocks[box.block].start + box.first


def _entry_by_entry(comparison: Comparison, outcome: Outcome) -> bool:
    """Whether every output passes as if f were elementwise: more than the claim needs, so it can only certify."""
    if comparison.base.size != comparison.problem.x.size:
        return False
    judged = comparison.elementwise()
    assert judged.columns is not None
    if {Ruling.OPEN, Ruling.FAIL} & set(judged.columns.state):
        return False
    outcome.scheme, outcome.note = (
        judged.scheme,
        "every output was judged on its own, kinks by their one-sided slopes",
    )
    return True


def _judge_kinked(comparison: Comparison, direction: Vector, chosen: Indices) -> NDArray[np.int8]:
    problem, base, rng = comparison.problem, comparison.base, comparison.rng
    rows = np.zeros((chosen.size, base.size))
    rows[np.arange(chosen.size), chosen] = 1.0
    lanes = Lanes.of(problem, base, rows, rng)
    along = lanes.analytic @ direction
    judged = judge_along(
        problem,
        base,
        direction,
        lanes=lambda output: output[chosen],
        predict=lambda displacement: lanes.analytic @ displacement,
        noise=forward_noise(problem, base, rng)[chosen],
        row=np.abs(along),
        allowance=lambda: np.zeros(chosen.size),
        single=True,
    )
    return judged.ruling
