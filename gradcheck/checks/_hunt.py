"""Large problems that the first look did not certify: what is wrong, and where, or what is in the way.

1. Outputs on a kink are set aside (weight 0), and the rest is looked at again.
2. A few entries of every input are judged on their own: if most are wrong, the whole input is.
3. Otherwise halving finds the wrong ones, and each is judged on its own before it is reported.
4. What remains is noise or truncation, and one ladder along the direction says how tight it can be made.

A failure is never reported without an entry that fails on its own.
"""

from __future__ import annotations

import numpy as np

from ..numerics import (
    Glance,
    Lanes,
    Ruling,
    backward_noise,
    forward_noise,
    glance,
    judge_along,
    kinked_outputs,
    residual_of,
    wrong_coordinates,
)
from ._gradient import Columns, Comparison, Outcome

_SAMPLES = 3
_MOST = 12
_KINK_SAMPLES = 8
_COVERED = 0.99


def hunt(comparison: Comparison, outcome: Outcome) -> Outcome:
    """Return what closer looks found of the problem that `outcome`'s first look left undecided."""
    beside = _beside_the_kinks(comparison, outcome.glances[-1])
    if beside is not None:
        return beside
    lanes = Lanes.of(comparison.problem, comparison.base, outcome.glances[-1].upstream[None], comparison.rng)
    outcome.lanes, outcome.mode, outcome.sampled = lanes, "entries", True
    columns = comparison.columns(lanes, _sampled(comparison, outcome.glances[-1]))
    outcome.columns = columns
    if not _mostly_wrong(comparison, columns):
        _halve(comparison, outcome.glances[-1], lanes, columns)
    outcome.kinked = sum(state is Ruling.KINK for state in columns.state)
    if Ruling.FAIL not in columns.state:
        return _one_ladder(comparison, outcome)
    outcome.scheme = "centred differences; wrong entries found by sampling and halving, each judged on its own"
    return outcome


def _sampled(comparison: Comparison, seen: Glance) -> list[int]:
    """Return a few coordinates of every block: the largest contributions, and random ones."""
    picked: list[int] = []
    for block in comparison.problem.blocks:
        size = block.stop - block.start
        weight = np.abs(seen.analytic[block]) * comparison.problem.sizes[block]
        count = min(_SAMPLES, size)
        if not size:
            continue
        largest = np.argpartition(weight, size - count)[size - count :]
        random = comparison.rng.choice(size, count, replace=False)
        picked += [block.start + k for k in {*map(int, largest), *map(int, random)}]
    return sorted(picked)


def _mostly_wrong(comparison: Comparison, columns: Columns) -> bool:
    """Whether some input has at least half of its sampled entries wrong."""
    position = np.array(columns.position)
    wrong = np.array([state is Ruling.FAIL for state in columns.state])
    for block in comparison.problem.blocks:
        inside = (position >= block.start) & (position < block.stop)
        if inside.sum() > 1 and wrong[inside].mean() >= 0.5:
            return True
    return False


def _halve(comparison: Comparison, seen: Glance, lanes: Lanes, columns: Columns) -> None:
    """Add the entries that halving finds to `columns`, each judged on its own."""
    measure = residual_of(comparison.problem, comparison.base, seen.upstream, seen.analytic, comparison.rng)
    size = comparison.problem.x.size
    for found, j in enumerate(wrong_coordinates(measure, measure.blur, size, comparison.rng), start=1):
        if j not in columns.position:
            one = comparison.columns(lanes, [j])
            for name in Columns.__slots__:
                getattr(columns, name).extend(getattr(one, name))
        if found >= _MOST:
            break


def _one_ladder(comparison: Comparison, outcome: Outcome) -> Outcome:
    """Judge the whole projection on a ladder of steps: a pass at another step, or the limit and its name."""
    problem, seen = comparison.problem, outcome.glances[-1]
    look = seen.looks[-1]
    noise = forward_noise(problem, comparison.base, comparison.rng)
    along = seen.analytic * look.direction
    judged = judge_along(
        problem,
        comparison.base,
        look.direction,
        lanes=lambda output: np.atleast_1d(seen.upstream @ output),
        predict=lambda displacement: np.atleast_1d(seen.analytic @ displacement),
        noise=np.atleast_1d(np.linalg.norm(seen.upstream * noise)),
        row=np.atleast_1d(np.linalg.norm(along)),
        allowance=lambda: np.atleast_1d(
            np.linalg.norm(backward_noise(problem, seen.upstream, seen.analytic, comparison.rng) * look.direction)
        ),
    )
    outcome.mode, outcome.scheme = "projection", "centred differences on a ladder of steps, extrapolated"
    if judged.ruling[0] in (Ruling.PASS, Ruling.ROW, Ruling.KINK):
        outcome.note = "certified on a ladder of steps"
    else:
        outcome.limit = judged.limit[0] or "noise"
    outcome.bound = float(judged.bound[0] / max(judged.scale[0], np.finfo(float).tiny))
    return outcome


def _beside_the_kinks(comparison: Comparison, seen: Glance) -> Outcome | None:
    """Certify the outputs that are not on a kink, and judge some of those that are by their one-sided slopes."""
    problem, base, rng = comparison.problem, comparison.base, comparison.rng
    look = seen.looks[-1]
    kinked = kinked_outputs(problem, base, look.direction, look.step)
    count = int(kinked.sum())
    if not count or count == base.size:
        return None
    upstream = np.where(kinked, 0.0, seen.upstream)
    again = glance(problem, base, upstream, problem.pull(problem.x, upstream), rng, fine=False)
    if not again.certified:
        return None
    chosen = np.flatnonzero(kinked)
    chosen = rng.choice(chosen, min(_KINK_SAMPLES, count), replace=False)
    rulings = _judge_kinked(comparison, look.direction, chosen)
    if Ruling.FAIL in rulings:
        return None
    outcome = Outcome("projection", "centred differences along random directions; one-sided slopes at kinks")
    outcome.glances, outcome.kinked = [again], count
    if 1 - count / base.size < _COVERED and _entry_by_entry(comparison, outcome):
        return outcome
    if 1 - count / base.size < _COVERED or Ruling.OPEN in rulings:
        outcome.limit = "kink"
        outcome.note = f"{count} of {base.size} outputs are on a kink; {len(chosen)} of them were judged on their own"
    return outcome


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


def _judge_kinked(comparison: Comparison, direction: np.ndarray, chosen: np.ndarray) -> set[Ruling]:
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
    )
    return {Ruling(r) for r in judged.ruling}
