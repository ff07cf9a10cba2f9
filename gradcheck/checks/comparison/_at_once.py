"""Entry mode where the subject can be called for many points at once: all entries of all inputs on one ladder.

What is certified here is done; what is not is judged by the means of entry mode, one call at a time. So it is with
a few entries that are to be judged on their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ...numerics import (
    Batch,
    Certified,
    Colouring,
    Lanes,
    Problem,
    Ruling,
    Vector,
    alone,
    certified_at_once,
    forward_noise,
    weights,
)
from ..health._vitals import DUST
from ._by_colour import Rows, moves_of_all, random_rows, rows_of, structured
from ._comparison import ONE_HOT, Comparison, shown_upstream
from ._outcome import Columns

_LINEAR = 1e-8
_RULINGS = tuple(Ruling)


def certified_by_many_calls(comparison: Comparison, doubted: Sequence[Vector]) -> Columns | None:
    """Return the entries that could be certified by calls for many points; None where there are none of the kind."""
    problem = comparison.problem
    if problem.many is None or problem.pulls is None:
        return None
    noise = forward_noise(problem, comparison.base, comparison.rng, at_once=True)
    batches, rows = _batches(comparison, doubted, noise)
    found = certified_at_once(problem, comparison.base, batches, comparison.rng) if batches else None
    if found is None:
        return None
    columns = Columns()
    for one, shown in zip(found, rows, strict=True):
        _add(columns, one, shown.shown)
    return columns


def certified_among(comparison: Comparison, lanes: Lanes, positions: Iterable[int]) -> Columns:
    """Return those of the entries at `positions` that calls for many points certify in `lanes`."""
    problem = comparison.problem
    wanted = np.unique(np.fromiter(positions, dtype=np.intp))
    if problem.many is None or comparison.allowed is not None or not wanted.size:
        return Columns()
    noise = forward_noise(problem, comparison.base, comparison.rng, at_once=True)
    together = np.zeros(comparison.base.size, dtype=np.intp)
    batches = []
    for block, where in enumerate(problem.blocks):
        inside = wanted[(where.start <= wanted) & (wanted < where.stop)]
        if inside.size:
            colours = Colouring(inside[:, None], together)
            made = Batch.of(problem, block, colours, lanes.upstreams, lanes.analytic, noise, comparison.rng)
            batches.append(made)
    columns = Columns()
    for found in certified_at_once(problem, comparison.base, batches, comparison.rng) or ():
        _add(columns, found, shown_upstream(lanes, comparison.upstream)[:, None])
    return columns


def _batches(comparison: Comparison, doubted: Sequence[Vector], noise: Vector) -> tuple[list[Batch], list[Rows]]:
    """Return every block with its directions and upstreams; none where the backward takes one upstream at a time."""
    problem, rng = comparison.problem, comparison.rng
    apart = [alone(problem, block, comparison.base.size) for block in range(len(problem.blocks))]
    random = cache(lambda: random_rows(comparison, doubted))
    single = rows_of(comparison, apart[:1], doubted, random, ONE_HOT)
    moved, rows, moves = [], [], moves_of_all(comparison)
    shared: dict[bytes, Rows] = {}
    for block, each in enumerate(apart):
        found = structured(comparison, block, moves.get(block))
        moved += [(block, colours) for colours in found or [each]]
        alike = found[0].group.tobytes() if len(found) == 1 else b""
        if alike not in shared:
            shared[alike] = rows_of(comparison, found, doubted, random) if found else single
        rows += [shared[alike]] * max(len(found), 1)
    different = list({id(row): row for row in rows}.values())
    analytic = _pulled(problem, np.concatenate([row.upstreams for row in different]), rng)
    if analytic is None:
        return [], []
    ends = np.cumsum([len(row.upstreams) for row in different])[:-1]
    claims = {id(row): claim for row, claim in zip(different, np.split(analytic, ends), strict=True)}
    made = [
        Batch.of(problem, block, colours, row.upstreams, claims[id(row)], noise, rng)
        for (block, colours), row in zip(moved, rows, strict=True)
    ]
    return made, rows


def _pulled(problem: Problem, upstreams: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64] | None:
    """Return the claim for every row of `upstreams`, if it is what one call claims for their sum."""
    assert problem.pulls is not None
    analytic = problem.pulls(upstreams)
    if analytic is None:
        return None
    share = weights(len(upstreams), rng)
    with np.errstate(all="ignore"):
        off = np.abs(problem.pull(problem.x, share @ upstreams) - share @ analytic)
        size = np.abs(share) @ np.abs(analytic)
        units = [float(np.median(problem.sizes[block])) for block in problem.blocks]
        worth = max(float(size[b].max(initial=0.0)) * unit for b, unit in zip(problem.blocks, units, strict=True))
        for block, unit in zip(problem.blocks, units, strict=True):
            size[block] = max(float(size[block].max(initial=0.0)), DUST * worth / unit)
        return analytic if np.all(off <= _LINEAR * size) else None


def _add(columns: Columns, found: Certified, shown: NDArray[np.float64]) -> None:
    """Append the entries that passed in every lane, with the numbers of the gravest."""
    cells, size = (found.batch.claimed, found.numeric, found.bound, found.hidden), np.abs(shown)
    with np.errstate(all="ignore"):
        pairs = zip((shown, shown, size, size), cells, strict=True)
        numbers = [np.einsum("lg,dlg->dg", weight, one) for weight, one in pairs]
    passed = found.passed & np.isfinite(numbers[1])
    count, worst = int(passed.sum()), found.ruling.argmax(axis=1)
    for held, values in zip(("analytic", "numeric", "bound", "hidden"), numbers, strict=True):
        getattr(columns, held).extend(values[passed].tolist())
    columns.position += found.batch.colours.coordinates[passed].tolist()
    columns.state += [_RULINGS[int(ruling)] for ruling in found.ruling.max(axis=1)[passed]]
    columns.scale += np.take_along_axis(found.scale, worst[:, None], axis=1)[:, 0][passed].tolist()
    columns.lane += (worst * found.batch.shape[2] + np.arange(found.batch.shape[2]))[passed].tolist()
    columns.limit += [""] * count
    columns.kinked += [False] * count
