"""Entry mode where entries can be moved together: elementwise and row-independent functions at the cost of a row.

What is certified here is done; what is not is judged alone, by the means of entry mode.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..numerics import ColouredLanes, Colouring, Judged, Ruling, Vector, colouring, weights
from ._gradient import Comparison
from ._outcome import Columns

FEWEST = 16
GROUPS = 3
_ONE_HOT = 64
_PASSED = (Ruling.PASS, Ruling.ROW, Ruling.NEAR, Ruling.KINK)
_GRAVITY = np.array([4, 0, 1, 2, 3, 5])
"""Ruling -> how grave it is, OPEN between the passes and FAIL."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The upstreams of the lanes, which of them are one output per group, and how they add up to what is shown."""

    upstreams: NDArray[np.float64]
    single: NDArray[np.bool_]
    shown: NDArray[np.float64]


def certified_by_colour(comparison: Comparison, block: int, doubted: Sequence[Vector]) -> Columns:
    """Return the entries of `block` that could be certified by moving many at once; none where they depend."""
    bench, problem, columns = comparison.bench, comparison.problem, Columns()
    if problem.array(block).size < FEWEST:
        return columns
    outputs = [(piece.where, piece.shape) for piece in bench.outputs]
    colours = colouring(problem, comparison.base, block, outputs, comparison.rng)
    if colours is None or colours.coordinates.shape[1] < GROUPS:
        return columns
    rows = rows_of(comparison, colours, doubted)
    lanes = ColouredLanes(problem, comparison.base, colours, rows.upstreams, comparison.rng)
    numeric, bound = (np.full(lanes.analytic.shape, np.nan) for _ in range(2))
    for coordinates, judged in lanes.judge():
        shape = (len(rows.upstreams), coordinates.size)
        numeric[:, coordinates], bound[:, coordinates] = judged.numeric.reshape(shape), judged.bound.reshape(shape)
        _add(columns, coordinates, judged, rows)
    return _without_ties(columns, colours) if lanes.confirmed(numeric, bound) else Columns()


def _without_ties(columns: Columns, colours: Colouring) -> Columns:
    """Leave out entries on a kink that may tie: of one group, several of them, whose shares would have to add up."""
    group = {int(j): g for g, members in enumerate(colours.coordinates.T) for j in members}
    on_kinks = {j for j, state in zip(columns.position, columns.state, strict=True) if state is Ruling.KINK}
    crowd = Counter(group[j] for j in on_kinks)
    return columns.among([j for j in columns.position if j not in on_kinks or crowd[group[j]] == 1])


def rows_of(comparison: Comparison, colours: Colouring, doubted: Sequence[Vector], most: int = _ONE_HOT) -> Rows:
    """Return an upstream for every output of a group, in all groups at once, or two random ones where they are many.

    The weights differ from group to group: a backward that mixes the rows is not hidden.
    """
    group, groups = colours.group, colours.coordinates.shape[1]
    counts = np.bincount(group, minlength=groups)
    if comparison.fixed_upstream or counts.max() > most:
        rows = [comparison.upstream]
        if not comparison.fixed_upstream:
            rows += [comparison.bench.draw_upstream(comparison.base, comparison.rng), *doubted]
        shown = np.zeros((len(rows), groups))
        shown[0] = 1.0
        return Rows(np.array(rows), np.zeros(len(rows), dtype=bool), shown)
    rank = np.empty(group.size, dtype=np.intp)
    order = np.argsort(group, kind="stable")
    rank[order] = np.arange(group.size) - np.repeat(np.cumsum(counts) - counts, counts)
    weight = weights(group.size, comparison.rng)
    rows = [np.where(rank == k, weight, 0.0) for k in range(counts.max())]
    shown = np.zeros((len(rows) + len(doubted), groups))
    shown[rank, group] = comparison.upstream / weight
    single = np.arange(len(shown)) < len(rows)
    return Rows(np.array([*rows, *doubted]), single, shown)


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
