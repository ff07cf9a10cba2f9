"""Large problems that the first look did not certify: what is wrong, and where, or what is in the way.

1. Outputs on a kink are set aside (weight 0), and the rest is looked at again.
2. Halving finds the wrong entries, rows or inputs (`_pinpoint`).
3. Otherwise a few entries of every input are judged: an error too small for halving may be everywhere.
4. What remains is noise or truncation, and one ladder along the direction says how tight it can be made.

A failure is never reported without an entry that fails on its own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..numerics import (
    Box,
    Glance,
    Judged,
    Lanes,
    Look,
    Ruling,
    Vector,
    backward_noise,
    forward_noise,
    glance,
    judge_along,
    kinked_outputs,
    norm,
)
from ._gradient import Comparison, Outcome
from ._pinpoint import pinpoint

_SAMPLES, _TELLING = 3, 2
_MOST = 12
_KINK_SAMPLES = 8
_COVERED = 0.99

Indices = NDArray[np.intp]


def hunt(comparison: Comparison, outcome: Outcome) -> Outcome:
    """Return what closer looks found of the problem that `outcome`'s first look left undecided."""
    beside = _beside_the_kinks(comparison, outcome.glances[-1])
    if beside is not None:
        return beside
    pinpoint(comparison, outcome)
    assert outcome.columns is not None
    if Ruling.FAIL not in outcome.columns.state:
        outcome.places.clear()
        _sample(comparison, outcome)
    outcome.kinked = sum(state is Ruling.KINK for state in outcome.columns.state)
    return outcome if Ruling.FAIL in outcome.columns.state else _one_ladder(comparison, outcome)


def _sample(comparison: Comparison, outcome: Outcome) -> None:
    """Judge a few entries of every input.

    Two wrong entries among a few random ones say that the input is wrong all over; the entries that contribute most
    are looked at as well.
    """
    columns, lanes = outcome.columns, outcome.lanes
    assert columns is not None
    assert lanes is not None
    for k, block in enumerate(comparison.problem.blocks):
        random, largest = _random_and_largest(comparison, outcome.glances[-1], block)
        wrong = 0
        for position in random:
            columns.extend(comparison.columns(lanes, [position]))
            wrong += columns.state[-1] is Ruling.FAIL
            if wrong == _TELLING:
                outcome.places.append(Box.whole(k, comparison.problem.array(k).shape))
                break
        if wrong < _TELLING:
            columns.extend(comparison.columns(lanes, [j for j in largest if j not in columns.position]))


def _random_and_largest(comparison: Comparison, seen: Glance, block: slice) -> tuple[list[int], list[int]]:
    size = block.stop - block.start
    count = min(_SAMPLES, size)
    if not count:
        return [], []
    weight = np.abs(seen.analytic[block]) * comparison.problem.sizes[block]
    largest = np.argpartition(weight, size - count)[size - count :]
    random = comparison.rng.choice(size, count, replace=False)
    return [block.start + int(k) for k in random], [block.start + int(k) for k in largest]


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
        judged = _judged_along(comparison, seen, look.direction, noise)
        if judged.ruling[0] not in (Ruling.PASS, Ruling.ROW, Ruling.NEAR):
            outcome.limit, outcome.note = judged.limit[0] or "kink", None
            outcome.bound = _relative(judged)
            return outcome
        outcome.bound = max(outcome.bound or 0.0, _relative(judged))
        looks.append(_as_a_look(look, judged))
    outcome.glances = [*outcome.glances[:-1], replace(seen, looks=tuple(looks))]
    return outcome


def _relative(judged: Judged) -> float:
    return float(judged.bound[0] / max(judged.scale[0], np.finfo(float).tiny))


def _as_a_look(look: Look, judged: Judged) -> Look:
    """Return what the ladder saw as a look: its limit is half of what the ladder may have left hidden."""
    limit, residual = float(judged.hidden[0]) / 2, float(judged.numeric[0] - judged.analytic[0])
    return replace(look, limit=limit, residual=residual, scale=float(judged.scale[0]), certified=True)


def _judged_along(comparison: Comparison, seen: Glance, direction: Vector, noise: Vector) -> Judged:
    problem, along = comparison.problem, seen.analytic * direction
    return judge_along(
        problem,
        comparison.base,
        direction,
        lanes=lambda output: np.atleast_1d(seen.upstream @ output),
        predict=lambda displacement: np.atleast_1d(seen.analytic @ displacement),
        noise=np.atleast_1d(norm(seen.upstream * noise)),
        row=np.atleast_1d(norm(along)),
        allowance=lambda: np.atleast_1d(
            np.linalg.norm(backward_noise(problem, seen.upstream, seen.analytic, comparison.rng) * direction)
        ),
    )


def _beside_the_kinks(comparison: Comparison, seen: Glance) -> Outcome | None:
    """Certify the outputs that are not on a kink, and judge some of those that are by their one-sided slopes."""
    problem, base, rng = comparison.problem, comparison.base, comparison.rng
    look = seen.doubted
    kinked = kinked_outputs(problem, base, look.direction, look.step)
    count = int(kinked.sum())
    if not count or count == base.size:
        return None
    upstream = np.where(kinked, 0.0, seen.upstream)
    again = glance(problem, base, upstream, problem.pull(problem.x, upstream), rng, fine=False, beside=True)
    if not again.certified:
        return None
    chosen = np.flatnonzero(kinked)
    chosen = rng.choice(chosen, min(_KINK_SAMPLES, count), replace=False)
    rulings = _judge_kinked(comparison, look.direction, chosen)
    wrong = chosen[rulings == Ruling.FAIL]
    if wrong.size:
        return _accuse(comparison, wrong)
    outcome = Outcome("projection", "centred differences along random directions; one-sided slopes at kinks")
    outcome.glances, outcome.kinked = [again], count
    if 1 - count / base.size < _COVERED and _entry_by_entry(comparison, outcome):
        return outcome
    if 1 - count / base.size < _COVERED or np.any(rulings == Ruling.OPEN):
        outcome.limit = "kink"
        outcome.note = f"{count} of {base.size} outputs are on a kink; {len(chosen)} of them were judged on their own"
    return outcome


def _accuse(comparison: Comparison, outputs: Indices) -> Outcome | None:
    """Judge the entries that outputs on a kink claim to depend on; None where none of them fails on its own."""
    rows = np.zeros((min(outputs.size, _SAMPLES), comparison.base.size))
    rows[np.arange(len(rows)), outputs[: len(rows)]] = 1.0
    lanes = Lanes.of(comparison.problem, comparison.base, rows, comparison.rng)
    positions = np.flatnonzero(np.any(lanes.analytic != 0, axis=0))[:_MOST]
    columns = comparison.columns(lanes, [int(j) for j in positions])
    if Ruling.FAIL not in columns.state:
        return None
    scheme = "one-sided differences at the kinks of a few outputs"
    return Outcome("entries", scheme, columns=columns, lanes=lanes, sampled=True)


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
