"""Entry mode where entries can be moved together: elementwise and row-independent functions at the cost of a row.

What is certified here is done; what is not is judged alone, by the means of entry mode.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...numerics import (
    SOUND,
    ColouredLanes,
    Colouring,
    Judged,
    Moves,
    Ruling,
    Vector,
    adds_up,
    colourings,
    forward_noise,
    moves_of,
    weights,
)
from ._comparison import ONE_HOT, Comparison
from ._outcome import Columns

FEWEST = 16
GROUPS = 3
_ONE_HOT = 64
_PASSED = (*SOUND, Ruling.KINK)
_GRAVITY = np.array([5, 0, 1, 2, 3, 4, 6])
"""Ruling -> how grave it is, OPEN between the passes and FAIL."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The upstreams of the lanes, which of them are one output per group, and how they add up to what is shown.

    ``shown`` has shape (upstreams, groups), or (upstreams, 1) where that is the same for all groups.
    """

    upstreams: NDArray[np.float64]
    single: NDArray[np.bool_]
    shown: NDArray[np.float64]


def certified_by_colour(comparison: Comparison, block: int, doubted: Sequence[Vector]) -> Columns:
    """Return the entries of `block` that could be certified by moving many at once; none where they depend."""
    problem, rng, columns = comparison.problem, comparison.rng, Columns()
    found = structured(comparison, block)
    if not found:
        return columns
    rows = rows_of(comparison, found, doubted, partial(random_rows, comparison, doubted))
    claims = np.array([problem.pull(problem.x, u) for u in rows.upstreams])
    noise = forward_noise(problem, comparison.base, rng)
    numeric, bound = (np.full(claims.shape, np.nan) for _ in range(2))
    for colours in found:
        lanes = ColouredLanes(problem, comparison.base, colours, rows.upstreams, claims, noise, rng)
        for coordinates, judged in lanes.judge():
            shape = (len(rows.upstreams), coordinates.size)
            numeric[:, coordinates] = judged.numeric.reshape(shape)
            bound[:, coordinates] = judged.bound.reshape(shape)
            _add(columns, coordinates, judged, rows)
    inside = np.concatenate([colours.coordinates.ravel() for colours in found])
    right = adds_up(problem, comparison.base, rows.upstreams, inside, numeric, bound, rng)
    return _without_ties(columns, found) if right else Columns()


def structured(comparison: Comparison, block: int, moves: Moves | None = None) -> list[Colouring]:
    """Return how entries of `block` can be moved together; nothing where that is not worth the while."""
    problem = comparison.problem
    size = problem.array(block).size
    if size < FEWEST:
        return []
    outputs = [(piece.where, piece.shape) for piece in comparison.bench.outputs]
    local = comparison.base.size > ONE_HOT  # fewer outputs have a lane each, which those of windows cannot have
    found = colourings(problem, comparison.base, block, outputs, comparison.rng, local=local, moves=moves)
    return found if found and GROUPS * sum(len(one.coordinates) for one in found) <= size else []


def moves_of_all(comparison: Comparison) -> dict[int, Moves]:
    """Return the moves of all blocks that `structured` looks at."""
    problem, outputs = comparison.problem, [(piece.where, piece.shape) for piece in comparison.bench.outputs]
    blocks = [block for block in range(len(problem.blocks)) if problem.array(block).size >= FEWEST]
    local = comparison.base.size > ONE_HOT
    return moves_of(problem, comparison.base, blocks, outputs, comparison.rng, local=local)


def _without_ties(columns: Columns, found: Sequence[Colouring]) -> Columns:
    """Leave out entries on a kink that may tie, whose shares would have to add up: several of one group.

    Entries in windows that overlap are of different colourings, so with several of those all are left out.
    """
    on_kinks = {j for j, state in zip(columns.position, columns.state, strict=True) if state is Ruling.KINK}
    members = found[0].coordinates.T if len(found) == 1 else ()
    group = {int(j): g for g, mine in enumerate(members) for j in mine}
    crowd = Counter(group.get(j) for j in on_kinks)
    alone = {j for j in on_kinks if j in group and crowd[group[j]] == 1}
    return columns.among([j for j in columns.position if j not in on_kinks or j in alone])


def rows_of(
    comparison: Comparison,
    found: Sequence[Colouring],
    doubted: Sequence[Vector],
    otherwise: Callable[[], Rows],
    most: int = _ONE_HOT,
) -> Rows:
    """Return an upstream for each output of a group, in all groups at once, or those of `otherwise` if they are many.

    So it is where there are several colourings, whose groups are others. The weights differ from group to group: a
    backward that mixes the rows is not hidden.
    """
    group, groups = found[0].group, found[0].coordinates.shape[1]
    counts = np.bincount(group, minlength=groups)
    if comparison.fixed_upstream or len(found) > 1 or counts.max() > most:
        return otherwise()
    rank = np.empty(group.size, dtype=np.intp)
    order = np.argsort(group, kind="stable")
    rank[order] = np.arange(group.size) - np.repeat(np.cumsum(counts) - counts, counts)
    weight = weights(group.size, comparison.rng)
    rows = [np.where(rank == k, weight, 0.0) for k in range(counts.max())]
    shown = np.zeros((len(rows) + len(doubted), groups))
    shown[rank, group] = comparison.upstream / weight
    single = np.arange(len(shown)) < len(rows)
    return Rows(np.array([*rows, *doubted]), single, shown)


def random_rows(comparison: Comparison, doubted: Sequence[Vector]) -> Rows:
    """Return the upstream of `comparison` and another one, for any groups."""
    rows = [comparison.upstream]
    if not comparison.fixed_upstream:
        rows += [comparison.bench.draw_upstream(comparison.base, comparison.rng), *doubted]
    shown = np.zeros((len(rows), 1))
    shown[0] = 1.0
    return Rows(np.array(rows), np.zeros(len(rows), dtype=bool), shown)


def _add(columns: Columns, coordinates: NDArray[np.intp], judged: Judged, rows: Rows) -> None:
    """Append those of `coordinates` that passed in every lane; where each output has a lane, sums may only fail."""
    shape = (len(rows.upstreams), coordinates.size)
    ruling = judged.ruling.reshape(shape)
    gravity = _GRAVITY[ruling]
    if rows.single.any():
        gravity = np.where(rows.single[:, None] | (ruling == Ruling.FAIL), gravity, 0)
    worst = gravity.argmax(axis=0)
    with np.errstate(all="ignore"):
        sums = [np.sum(rows.shown * part.reshape(shape), axis=0) for part in (judged.analytic, judged.numeric)]
        sums += [np.sum(np.abs(rows.shown) * part.reshape(shape), axis=0) for part in (judged.bound, judged.hidden)]
    for k in np.flatnonzero(np.isfinite(sums[1])):
        lane = int(worst[k]) * coordinates.size + int(k)
        state = Ruling(ruling[worst[k], k])
        if state in _PASSED:
            columns.add(int(coordinates[k]), judged, lane, state, (sums[0][k], sums[1][k], sums[2][k], sums[3][k]))
