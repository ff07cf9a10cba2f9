"""Whether an array can have a part for each head: exact facts about the forward, for whoever chooses the words.

With the leaf cut along one axis into h parts, and the output along one of its axes,

    parts are apart      dy[j] / dx[i] = 0 for i != j, for one way of cutting the output
    the leaf is shared   its shape stays while the batch changes

Queries, keys and values are apart along an axis of heads, and, of four axes, along no other but the batch: keys of
one time act on queries of all times, and a product of a query and a key is a sum over the last axis.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ._box import Array
from ._evidence import Case, Point

_NOTHING = 1e-9
_ATTENTION = frozenset({"q", "k", "v", "query", "key", "value", "queries", "keys", "values"})


def heads_along(case: Case, axis: int) -> int | None:
    """Return how many heads `axis` of the leaf counts; None where that is not sure."""
    shapes = [case.value(p).shape for p in case.points]
    count = shapes[0][axis]
    if any(len(shape) != 4 or shape[axis] != count for shape in shapes):
        return None
    told = case.box.heads == count and all(shape.count(count) == 1 for shape in shapes)
    asked = [case] if told else _attended(case) if axis else []
    return count if asked and all(are_apart(one, axis, count) for one in asked) else None


def are_apart(case: Case, axis: int, heads: int) -> bool:
    """Whether each of `heads` equal parts of the leaf along `axis` acts on one part of the output alone."""
    ways = range(case.points[0].out.ndim)
    return any(all(_apart_at(case, p, axis, way, heads) for p in case.points) for way in ways)


def is_shared(case: Case) -> bool:
    """Whether all examples share the leaf, as they share a weight."""
    shapes = {case.value(p).shape for p in case.points}
    followed = len({p.out.shape for p in case.points}) > 1
    return len(shapes) == 1 and (followed or not case.box.is_input[case.leaf])


def heads_in(ranges: Sequence[tuple[int, int]], shape: Sequence[int], heads: int | None) -> str | None:
    """Return which heads a box of an array is, where heads lie side by side along one axis; None if none.

    >>> heads_in([(0, 8), (4, 8)], (8, 16), 4), heads_in([(2, 8), (4, 8)], (8, 16), 4)
    ('head 1 of 4', None)
    """
    cut = [k for k, (part, n) in enumerate(zip(ranges, shape, strict=True)) if part != (0, n)]
    if heads is None or len(cut) != 1 or shape[cut[0]] % heads:
        return None
    (start, stop), size = ranges[cut[0]], shape[cut[0]] // heads
    if start % size or stop % size:
        return None
    first, last = start // size, stop // size - 1
    return f"head {first} of {heads}" if first == last else f"heads {first} to {last} of {heads}"


def _attended(case: Case) -> list[Case]:
    """Return queries, keys and values, of which the leaf is one; nothing where they are not called so."""
    ndim = case.value(case.points[0]).ndim
    leaves = [k for k, name in enumerate(case.box.names) if name.lower() in _ATTENTION]
    alike = all(case.box.values[k].ndim == ndim for k in leaves)
    return (
        [Case(case.box, k, case.points) for k in leaves] if alike and case.leaf in leaves and len(leaves) > 2 else []
    )


def _apart_at(case: Case, p: Point, axis: int, way: int, heads: int) -> bool:
    shape, out = case.value(p).shape, p.out.shape
    if len(p.outputs) > 1 or len(out) <= way or out[way] % heads or shape[axis] % heads:
        return False
    across = _parts(out, way, heads)[:, None] != _parts(shape, axis, heads)[None]
    return not np.any(np.abs(np.nan_to_num(p.jacobian(case.leaf)))[across] > _NOTHING)


def _parts(shape: tuple[int, ...], axis: int, count: int) -> Array:
    """Return the number of the part that each entry of an array is in."""
    return np.asarray(np.indices(shape)[axis].ravel() // (shape[axis] // count))
