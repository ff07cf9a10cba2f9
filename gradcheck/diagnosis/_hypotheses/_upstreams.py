"""The right Jacobian for the wrong upstream: A(u) = J^T phi(u), and the right gradient, bent: A(u) = phi(J^T u)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .._box import Array, Refused
from .._evidence import Case, Point
from ._match import Match, matched, short

_BENT: tuple[tuple[str, dict[str, object], Callable[[Array], Array]], ...] = (
    ("upstream-ignored", {}, np.ones_like),
    ("upstream-twice", {}, np.square),
    ("upstream-absolute", {}, np.abs),
    ("upstream-rectified", {}, lambda u: np.maximum(u, 0)),
    ("upstream-clipped", {"c": "[-1, 1]"}, lambda u: np.clip(u, -1, 1)),
    ("upstream-averaged", {"how": "mean"}, lambda u: np.full_like(u, u.mean())),
    ("upstream-averaged", {"how": "sum"}, lambda u: np.full_like(u, u.sum())),
)


def bent_upstream(case: Case) -> Iterator[Match]:
    """J^T phi(u); with one output, two of these need upstreams other than one, which are what is drawn."""
    for cause, words, phi in _BENT:

        def predict(p: Point, r: int, phi: Callable[[Array], Array] = phi) -> Array:
            return case.truth(p, r, phi(p.upstreams[r]))

        yield from matched(case, cause, predict, **words)


def bent_gradient(case: Case) -> Iterator[Match]:
    """|G|, and G clipped at a level that is read off the largest claim."""
    if all(case.value(p).size == 1 for p in case.points):
        return
    yield from matched(case, "absolute", lambda p, r: np.abs(case.truth(p, r)))
    level = max(float(np.max(np.abs(case.claim(p, r)), initial=0.0)) for p, r in case.pairs)
    hits = sum(int(np.sum(np.isclose(np.abs(case.claim(p, r)), level, rtol=1e-9))) for p, r in case.pairs)
    if hits > 2:
        yield from matched(case, "clipped", lambda p, r: np.clip(case.truth(p, r), -level, level), c=short(level))


def affine_in_upstream(case: Case) -> Iterator[Match]:
    """A(0) is not zero: said where nothing simpler explains it."""
    try:
        rests = [p.claim(np.zeros_like(p.upstreams[0]))[case.leaf] for p in case.points]
    except Refused:
        return
    by_point = {id(p): rest for p, rest in zip(case.points, rests, strict=True)}
    if not all(np.any(rest != 0) for rest in rests):
        return
    misfit = case.fit(lambda p, r: case.truth(p, r) + by_point[id(p)])
    if misfit is not None:
        yield Match("without-upstream", misfit)


def not_linear(case: Case) -> Iterator[Match]:
    """A(2 u) is not 2 A(u) although A(0) = 0."""
    try:
        for p in case.points:
            twice, nothing = p.claim(2 * p.upstreams[0])[case.leaf], p.claim(0 * p.upstreams[0])[case.leaf]
            once = case.claim(p, 0)
            if np.allclose(twice, 2 * once, rtol=1e-6, atol=1e-9 * np.max(np.abs(once), initial=0.0)):
                return
            if np.any(nothing != 0):
                return
    except Refused:
        return
    yield Match("nonlinear-upstream", 0.0)
