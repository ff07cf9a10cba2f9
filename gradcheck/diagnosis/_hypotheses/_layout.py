# ruff: noqa: D401, FBT001 - docstrings are equations, and the maps of a table share a signature
"""Right numbers in the wrong places, sums over the wrong axis, and terms of a sum that were lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .._axes import slice_called
from .._box import Array, Refused
from .._evidence import Case, Point
from ._match import Match, matched

Move = Callable[[Array], Array]


def transposed(case: Case) -> Iterator[Match]:
    """A = G^T of a square matrix."""
    if all(case.value(p).ndim == 2 for p in case.points):
        yield from matched(
            case, "transposed", lambda p, r: case.truth(p, r).T, x_claim=f"what is returned for {case.name}"
        )


def moved(case: Case) -> Iterator[Match]:
    """A = G reversed, or rolled by one or two places, along an axis; what is shifted may also have lost an end."""
    for axis in range(case.value(case.points[0]).ndim):
        if any(case.value(p).shape[axis] < 2 for p in case.points):
            continue
        if all(case.value(p).shape[axis] > 2 for p in case.points):
            for by in (1, -1):
                for roll in (np.roll, _pushed):

                    def shift(p: Point, r: int, by: int = by, axis: int = axis, roll: object = roll) -> Array:
                        return roll(case.truth(p, r), by, axis)  # type: ignore[operator, no-any-return]

                    words = {"by": by, "axis": axis, "back": f"{-by:+d}"}
                    yield from matched(case, "shifted", shift, **words)

        def flip(p: Point, r: int, axis: int = axis) -> Array:
            return np.flip(case.truth(p, r), axis)

        yield from matched(case, "flipped", flip, axis=axis)


def _pushed(values: Array, by: int, axis: int) -> Array:
    """Shift without wrapping round."""
    moved = np.roll(values, by, axis)
    moved[(*(slice(None),) * axis, 0 if by > 0 else -1)] = 0
    return moved


def exchanged(case: Case) -> Iterator[Match]:
    """A_p = G_q, the shapes being equal at every point."""
    for other, name in enumerate(case.box.names):
        if other == case.leaf or any(p.values[other].shape != case.value(p).shape for p in case.points):
            continue

        def predict(p: Point, r: int, other: int = other) -> Array:
            return p.truth(other, p.upstreams[r])

        for match in matched(case, "other-gradient", predict, other=name):
            back = Case(case.box, other, case.points)
            both = back.fit(lambda p, r: p.truth(case.leaf, p.upstreams[r])) is not None
            yield Match("swapped" if both else "other-gradient", match.misfit, match.words)


def wrong_axis(case: Case) -> Iterator[Match]:
    """A = u summed over another axis than the one that gives G."""
    out = case.points[0].out
    size = case.value(case.points[0]).size
    if out.ndim < 2 or case.value(case.points[0]).ndim != 1 or any(len(p.outputs) > 1 for p in case.points):
        return

    def summed(p: Point, r: int, kept: int) -> Array | None:
        axes = tuple(a for a in range(p.out.ndim) if a != kept)
        total = p.upstreams[r].reshape(p.out.shape).sum(axis=axes)
        return total if total.shape == case.value(p).shape else None

    def is_truth(kept: int) -> bool:
        return out.shape[kept] == size and _is_truth(case, lambda p, r: summed(p, r, kept))

    right = [kept for kept in range(out.ndim) if is_truth(kept)]
    for kept in range(out.ndim):
        if right and kept not in right and out.shape[kept] == size:
            words = {"axis": right[0] if out.ndim == 2 else f"all but {kept}"}
            words["right"] = kept if out.ndim == 2 else f"all but {right[0]}"
            yield from matched(case, "wrong-axis-summed", lambda p, r, k=kept: summed(p, r, k), **words)  # type: ignore[misc]


def _is_truth(case: Case, predict: Callable[[Point, int], Array | None]) -> bool:
    for p, r in case.pairs:
        predicted = predict(p, r)
        if predicted is None or not _alike(predicted, case.truth(p, r)):
            return False
    return True


def one_slice(case: Case) -> Iterator[Match]:
    """Only the first or last slice of the upstream along an axis reaches the leaf."""
    shapes = {p.out.ndim for p in case.points}
    if len(shapes) != 1 or any(len(p.outputs) > 1 for p in case.points):
        return
    for axis in range(case.points[0].out.ndim):
        if any(p.out.shape[axis] < 2 for p in case.points):
            continue
        for which, at in (("the last index", -1), ("the first index", 0)):

            def predict(p: Point, r: int, axis: int = axis, at: int = at) -> Array:
                kept = np.zeros(p.out.shape)
                where: tuple[Any, ...] = (*(slice(None),) * axis, at)
                kept[where] = p.upstreams[r].reshape(p.out.shape)[where]
                return case.truth(p, r, kept.ravel())

            yield from matched(case, "one-row-only", predict, which=which, axis=axis)


def shares(case: Case) -> Iterator[Match]:
    """Of the outputs that read an entry, only the last, only the first, or their mean."""
    if all(_readers(case, p).max(initial=0) < 2 for p in case.points):
        return

    def one(p: Point, r: int, last: bool) -> Array:
        shares = p.jacobian(case.leaf) * p.upstreams[r][:, None]
        reads = np.abs(np.nan_to_num(p.jacobian(case.leaf))) > 1e-9
        order = reads[::-1] if last else reads
        at = np.argmax(order, axis=0)
        at = len(reads) - 1 - at if last else at
        return np.asarray(shares[at, np.arange(shares.shape[1])] * reads.any(axis=0)).reshape(case.value(p).shape)

    yield from matched(case, "overwritten", lambda p, r: one(p, r, True), which="last")
    yield from matched(case, "overwritten", lambda p, r: one(p, r, False), which="first")
    if len({int(n) for p in case.points for n in _readers(case, p)} - {0}) > 1:
        yield from matched(
            case,
            "averaged-over-readers",
            lambda p, r: case.truth(p, r) / np.maximum(_readers(case, p), 1).reshape(case.value(p).shape),
        )


def _readers(case: Case, p: Point) -> Array:
    """Return how many outputs read each entry."""
    return np.asarray((np.abs(np.nan_to_num(p.jacobian(case.leaf))) > 1e-9).sum(axis=0))


def rows(case: Case) -> Iterator[Match]:
    """Right but for the first or last index along an axis, where it is zero or something else."""
    for axis in range(case.value(case.points[0]).ndim):
        if any(case.value(p).shape[axis] < 3 for p in case.points):
            continue
        for where, at in (("first", 0), ("last", -1)):
            taken = [_taken(case, p, r, axis, at) for p, r in case.pairs]
            if not all(rest for rest, _ in taken):
                continue
            zero = all(is_zero for _, is_zero in taken)
            words = {"where": f"its {where} {' '.join(slice_called(case, axis))}", "axis": axis}
            yield Match("rows-zero" if zero else "rows-wrong", 0.0, words)


def _taken(case: Case, p: Point, r: int, axis: int, at: int) -> tuple[bool, bool]:
    """Say whether all but one slice is right, and whether that slice is zero in the claim."""
    claim, truth = case.claim(p, r), case.truth(p, r)
    off = np.nan_to_num(np.abs(claim - truth))
    rest = np.delete(off, at, axis=axis)
    own = np.take(claim, at, axis=axis)
    wrong = np.take(off, at, axis=axis).max(initial=0.0) > p.allowed(case.leaf, r)
    return bool(wrong and rest.max(initial=0.0) <= p.allowed(case.leaf, r)), bool(np.all(own == 0))


def jacobian_transposed(case: Case) -> Iterator[Match]:
    """A = J u, or the same per batch entry: K = J^T block by block where J is block diagonal."""
    if any(len(p.outputs) > 1 or p.out.shape != case.value(p).shape for p in case.points):
        return

    def predict(p: Point, r: int) -> Array:
        return np.asarray(p.jacobian(case.leaf) @ p.upstreams[r]).reshape(case.value(p).shape)

    yield from matched(case, "jacobian-transposed", predict)


def strided(case: Case) -> Iterator[Match]:
    """K row of window o = J row displaced: checked as whole rows, one stride for one axis or two."""
    try:
        pairs = [(p, p.claimed(case.leaf), p.jacobian(case.leaf)) for p in case.points]
    except Refused:
        return
    for stride in (2, 3):
        axes = range(max(0, case.value(case.points[0]).ndim - 2), case.value(case.points[0]).ndim)
        for chosen in (*((a,) for a in axes), tuple(axes)):
            if chosen and all(_displaced(case, p, k, j, stride, chosen) for p, k, j in pairs):
                by = f"{stride - 1} * o"
                yield Match("stride-ignored", 0.0, {"by": by, "axis": " and ".join(map(str, chosen))})
                return


def _displaced(case: Case, p: Point, claimed: Array, truth: Array, stride: int, axes: tuple[int, ...]) -> bool:
    shape, out = case.value(p).shape, p.out.shape
    if len(out) != len(shape) or all(out[a] < 2 for a in axes) or not np.isfinite(truth).all():
        return False
    for row in range(p.out.size):
        at = np.unravel_index(row, out)
        wanted = truth[row].reshape(shape)
        for a in axes:
            by = int(at[a]) * (stride - 1)
            wanted = np.roll(wanted, -by, axis=a)
        if not _alike(claimed[row].reshape(shape), wanted):
            return False
    return True


def _alike(one: Array, other: Array) -> bool:
    """Whether two arrays are the same up to a small part of their largest entry, however small that is."""
    size = max(float(np.max(np.abs(a), initial=0.0)) for a in (one, other))
    return bool(np.allclose(one, other, rtol=1e-6, atol=1e-7 * size))
