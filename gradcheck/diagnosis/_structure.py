"""What the residual looks like where no known mistake explains it: true statements, each tested at every point."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ._axes import slices_called
from ._box import Array
from ._evidence import Case, Point


def structure(case: Case) -> list[str]:
    """Return what is known of the residual, the most telling first."""
    said = [*_constant(case), *confined(case), *_rank_one(case)]
    return said or list(_extent(case))


def _residual(case: Case, p: Point, r: int) -> Array:
    return np.asarray(np.nan_to_num(case.claim(p, r) - case.truth(p, r)))


def _level(case: Case, p: Point, r: int) -> float:
    return 10 * p.allowed(case.leaf, r)


def _couples(case: Case) -> bool:
    """Whether some output depends on several entries: for an elementwise function nothing is said of means."""
    return any(np.any((np.abs(np.nan_to_num(p.jacobian(case.leaf))) > 1e-9).sum(axis=1) > 1) for p in case.points)


def _constant(case: Case) -> Iterator[str]:
    if not _couples(case):
        return
    for axis in range(case.value(case.points[0]).ndim):
        if all(case.value(p).shape[axis] > 1 for p in case.points) and all(
            np.max(np.ptp(_residual(case, p, r), axis=axis)) <= _level(case, p, r) for p, r in case.pairs
        ):
            yield f"analytic - numeric is constant along axis {axis}"


def confined(case: Case) -> Iterator[str]:
    """Yield which slices along an axis are wrong, or right, and no others."""
    for axis in range(case.value(case.points[0]).ndim):
        parts = [_wrong_slices(case, p, r, axis) for p, r in case.pairs]
        if any(part.size < 2 for part in parts):
            continue
        some = _same_slices(parts)
        if some is not None:
            yield _told_slices(case, axis, some)
            continue
        for where, at in (("first", 0), ("last", -1)):
            if all(part[at] and part.sum() == 1 for part in parts):
                yield f"only the {where} index along axis {axis} is wrong"
            if all(not part[at] and part.sum() == len(part) - 1 > 1 for part in parts):
                yield f"only the {where} index along axis {axis} is right"


def _same_slices(parts: list[Array]) -> Array | None:
    """Return which slices are wrong, where it is some of them and the same ones at every point of one length."""
    first = parts[0]
    if any(part.size != first.size or np.any(part != first) for part in parts) or first.all() or not first.any():
        return None
    return first


def _told_slices(case: Case, axis: int, wrong: Array) -> str:
    few, verdict = (wrong, "wrong") if 2 * wrong.sum() <= wrong.size else (~wrong, "right")
    told, many = slices_called(case, axis, few)
    return f"only {told} {'are' if many else 'is'} {verdict}"


def _wrong_slices(case: Case, p: Point, r: int, axis: int) -> Array:
    """Return which slices are wrong somewhere; an empty array where nothing is known of one."""
    wrong = np.abs(_residual(case, p, r)) > _level(case, p, r)
    others = tuple(a for a in range(wrong.ndim) if a != axis)
    known = np.isfinite(case.truth(p, r)).any(axis=others)
    return np.asarray(wrong.any(axis=others)) if known.all() else np.zeros(0, dtype=bool)


def _rank_one(case: Case) -> Iterator[str]:
    if case.value(case.points[0]).ndim != 2 or any(min(case.value(p).shape) < 3 for p in case.points):
        return
    for p, r in case.pairs:
        residual = _residual(case, p, r)
        if not np.isfinite(residual).all():
            return
        values = np.linalg.svd(residual, compute_uv=False)
        if values[1] > 1e-6 * values[0]:
            return
    yield "analytic - numeric is of rank one: a product of one number per row and one per column"


def _extent(case: Case) -> Iterator[str]:
    wrong = [_wrong_known(case, p, r) for p, r in case.pairs]
    if not all(w.size for w in wrong):
        return
    part = float(np.mean([w.mean() for w in wrong]))
    if 0 < part < 0.95:
        whole = all(w.size == case.value(p).size for w, (p, _) in zip(wrong, case.pairs, strict=True))
        which = "the entries" if whole else "a sample of the entries"
        yield f"{100 * part:.0f} % of {which} are wrong, the others right, at points of other values and sizes"
        yield from _sign_of_wrong(case)
    elif part:
        yield "every entry is wrong, by no rule that is known"


def _wrong_known(case: Case, p: Point, r: int) -> Array:
    """Return of the entries that are known which ones are wrong."""
    off = np.abs(case.claim(p, r) - case.truth(p, r))
    return np.asarray(off[np.isfinite(off)] > _level(case, p, r))


def _sign_of_wrong(case: Case) -> Iterator[str]:
    """Say whether wrong entries are those of positive or of negative inputs."""
    for side, sign in (("positive", 1), ("negative", -1)):
        if all(
            np.array_equal(np.abs(_residual(case, p, r)) > _level(case, p, r), sign * case.value(p) > 0)
            for p, r in case.pairs
        ):
            yield f"wrong where {case.name} is {side}, right elsewhere"
