"""The edit that makes a wrong backward right, found by trying: where the mistake is, and what belongs there.

A backward that only calculates (`_safe.py`) is run with one edit at a time. An edit counts if the gradient is then
right at every point, for every upstream: that is the same evidence that a name needs. And it must be nowhere grossly
wrong at points scattered around them, where a mask or a clip shows that only looked right on one side. It gives the
line, and the formula in the user's own variables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

import numpy as np

from ._box import Array, Refused
from ._edits import Edit
from ._evidence import SHARE, Case, Point
from ._points import scattered_points
from ._repairs import repairs

MANY, FEW = 800, 80
"""Edits worth trying where nothing else has a name, and where something has."""
_SMALL = 2000
_SCATTERED = 6, 2
"""Points beside those of the case: of an elementwise function, which costs few calls at each, and of others."""
_GROSSLY = 1e-4


@dataclass(frozen=True, slots=True)
class Repair:
    """``right`` belongs where ``wrong`` is written, in this line of the file."""

    line: int
    wrong: str
    right: str


def repair(case: Case, most: int) -> Repair | None:
    """Return the first of `most` edits that makes the leaf's gradient right; None where none does or may be tried."""
    source = case.box.source
    if source is None or max(max(v.size for v in p.values) for p in case.points) > _SMALL:
        return None
    which, beside = (case.leaf, len(case.box.values)), cache(lambda: list(_beside(case)))
    for edit in islice(repairs(source.text, which), most):
        try:
            pull = source.edited(edit.source)
        except Refused:
            continue
        if (
            _is_right(case, case.points[0], 0, pull, reuse=True)
            and _is_right_everywhere(case, pull)
            and not any(_is_grossly_wrong(case, p, pull) for p in beside())
        ):
            return _told(edit, source.line)
    return None


def _told(edit: Edit, start: int) -> Repair:
    right, _, wrong = edit.what.partition(" for ")
    return Repair(start + edit.line - 1, wrong, right)


def _is_right_everywhere(case: Case, pull: Callable[..., list[Array]]) -> bool:
    return all(_is_right(case, p, r, pull, reuse=False) for p, r in case.pairs)


def _is_right(case: Case, p: Point, r: int, pull: Callable[..., list[Array]], *, reuse: bool) -> bool:
    try:
        claim = pull(p.values, p.parts(p.upstreams[r]), reuse=reuse)[case.leaf]
    except Refused:
        return False
    truth = case.truth(p, r)
    if claim.shape != truth.shape:
        return False
    off = np.abs(claim - truth)[np.isfinite(truth)]
    allowed, error = p.allowed(case.leaf, r), p.error(case.leaf, r)
    least = allowed if error <= allowed else min(allowed, error / SHARE)
    return bool(off.size and np.isfinite(off).all() and off.max() <= least)


def _beside(case: Case) -> Iterator[Point]:
    """Yield the points scattered around those of `case` at which the forward can be asked."""
    first, rng = case.points[0], np.random.default_rng(21)
    count = _SCATTERED[0 if first.is_elementwise(case.leaf) else 1]
    for values in scattered_points(case.box, rng, count):
        try:
            yield Point(case.box, values, rng, first)
        except Refused:
            continue


def _is_grossly_wrong(case: Case, p: Point, pull: Callable[..., list[Array]]) -> bool:
    """Whether the edited claim is far off where both are numbers; few digits are asked for so far away."""
    try:
        claim = pull(p.values, p.parts(p.upstreams[0]), reuse=False)[case.leaf]
    except Refused:
        return False
    truth = case.truth(p, 0)
    if claim.shape != truth.shape:
        return True
    off, size = np.abs(claim - truth), np.fmax(np.abs(claim), np.abs(truth))
    known = np.isfinite(off)
    worst = np.max(size[known], initial=0.0)
    return bool(np.any(off[known] > max(_GROSSLY * worst, p.allowed(case.leaf, 0))))
