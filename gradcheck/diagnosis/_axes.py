"""What slices along an axis are called, in the words of the subject, where it tells.

===========================================  =======================================================
maps, (N, C, H, W) to (N, C, ...)            axis 1 counts channels, and so does a parameter with
                                             one entry for each
(B, H, T, D) of queries, keys and values     heads, along the axis where each acts on its own part of the
                                             output alone
h heads, says the subject, and h slices, or  likewise; in a parameter, where nothing shows it, they may be
h blocks of slices side by side
other slices side by side                    one of some equal blocks, where they are one
===========================================  =======================================================
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ._box import Array
from ._evidence import Case
from ._heads import are_apart, heads_along, is_shared

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def slice_called(case: Case, axis: int) -> tuple[str, str]:
    """Return the name of a slice of the leaf along `axis`, and where that is."""
    p = case.points[0]
    shape, out = case.value(p).shape, p.out.shape
    heads = heads_along(case, axis)
    if heads is not None:
        return "head", f"of {heads} (axis {axis})"
    if len(out) == 4:
        of_map = len(shape) == 4 and axis == 1 and case.box.is_input[case.leaf] and shape[1] == out[1]
        if of_map or shape == out[1:2]:
            return "channel", f"(axis {axis})"
    return "index", f"along axis {axis}"


def slices_called(case: Case, axis: int, chosen: Array) -> tuple[str, bool]:
    """Return some slices of the leaf along `axis` in words, and whether these are in the plural."""
    one, place = slice_called(case, axis)
    numbers = np.flatnonzero(chosen)
    if one != "index":
        return f"{_many(one, numbers)} {listed(numbers)} {place}", len(numbers) > 1
    return _of_heads(case, axis, chosen) or (
        f"{_span(case, axis, numbers)}{_one_block(case, chosen)}",
        len(numbers) > 1,
    )


def listed(numbers: Sequence[int] | Array) -> str:
    """Return numbers as they are listed.

    >>> listed([1]), listed([1, 2]), listed([1, 2, 5])
    ('1', '1 and 2', '1, 2 and 5')
    """
    *front, last = map(str, numbers)
    return " and ".join(filter(None, [", ".join(front), last]))


def _many(one: str, numbers: Array) -> str:
    return one if len(numbers) == 1 else {"index": "indices"}.get(one, f"{one}s")


def _of_heads(case: Case, axis: int, chosen: Array) -> tuple[str, bool] | None:
    """Return slices as those of heads, or of what may be heads; None where they are not."""
    heads, numbers = case.box.heads, np.flatnonzero(chosen)
    mine = None if heads is None else _blocks(chosen, heads)
    if heads is None or mine is None:
        return None
    named, where = f"{_many('head', mine)} {listed(mine)} of {heads}", _span(case, axis, numbers)
    if len(chosen) > heads and are_apart(case, axis, heads):
        return f"{named} ({where})", len(mine) > 1
    if not is_shared(case):
        return None
    how = "where heads lie side by side" if len(chosen) > heads else "where that axis counts heads"
    return f"{where} ({named}, {how})", len(numbers) > 1


def _one_block(case: Case, chosen: Array) -> str:
    """Return which of some equal blocks slices are, between commas; nothing where they are none."""
    length = int(chosen.sum())
    count, rest = divmod(len(chosen), length)
    mine = _blocks(chosen, count) if length > 1 and not rest and count <= len(_ORDINALS) else None
    if mine is None:
        return ""
    may_be = f" (a head, if it has {count})" if case.box.heads is None and is_shared(case) else ""
    return f", the {_ORDINALS[int(mine[0])]} of {count} equal blocks{may_be},"


def _blocks(chosen: Array, count: int) -> Array | None:
    """Return which of `count` equal blocks were chosen; None where one was in part."""
    if len(chosen) % count:
        return None
    blocks = chosen.reshape(count, -1)
    return np.flatnonzero(blocks.all(axis=1)) if (blocks.all(axis=1) == blocks.any(axis=1)).all() else None


def _span(case: Case, axis: int, numbers: Array) -> str:
    """Return neighbours by the first and the last of them, others as a list; rows and columns in a table."""
    table = case.value(case.points[0]).ndim == 2 and len(numbers) > 1
    name = ("rows", "columns")[axis] if table else _many("index", numbers)
    side_by_side = len(numbers) > 2 and int(numbers[-1] - numbers[0]) == len(numbers) - 1
    told = f"{numbers[0]} to {numbers[-1]}" if side_by_side else listed(numbers)
    return f"{name} {told}" + ("" if table else f" along axis {axis}")
