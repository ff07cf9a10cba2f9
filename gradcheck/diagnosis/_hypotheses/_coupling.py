# ruff: noqa: D401, ARG005 - docstrings are equations, and the maps of a table share a signature
"""What the claimed Jacobian keeps of the true one: its diagonal, its cross terms, the winners of its windows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .._box import Array, Refused
from .._evidence import SHARE, Case, Point
from ._match import Match, matched, short

_FIT = 1e-7


def _is_square(case: Case) -> bool:
    return all(len(p.outputs) == 1 and p.out.shape == case.value(p).shape and p.out.size > 1 for p in case.points)


def _couples(case: Case) -> bool:
    """Whether J has entries off its diagonal at every point."""
    return not any(p.is_elementwise(case.leaf) for p in case.points)


def passed_on(case: Case) -> Iterator[Match]:
    """A = u, G - u or G + u, where the function is none of single entries."""
    if not _is_square(case) or not _couples(case):
        return

    def up(p: Point, r: int) -> Array:
        return p.upstreams[r].reshape(p.out.shape)

    yield from matched(case, "derivative-missing", up)
    yield from matched(case, "skip-missing", lambda p, r: case.truth(p, r) - up(p, r))
    yield from matched(case, "skip-twice", lambda p, r: case.truth(p, r) + up(p, r))


def diagonal(case: Case) -> Iterator[Match]:
    """A = diag(J) u."""
    if not _is_square(case) or not _couples(case):
        return
    softmax = all(
        np.all(p.out > 0) and any(np.allclose(p.out.sum(axis=a), 1) for a in range(p.out.ndim)) for p in case.points
    )

    def predict(p: Point, r: int) -> Array:
        return np.asarray(np.diag(p.jacobian(case.leaf)) * p.upstreams[r]).reshape(p.out.shape)

    yield from matched(case, "softmax-elementwise" if softmax else "diagonal-only", predict)
    if softmax:
        yield from matched(case, "softmax-sum-missing", lambda p, r: p.out * p.upstreams[r].reshape(p.out.shape))


def cross_terms(case: Case) -> Iterator[Match]:
    """K and J agree off the diagonal, or on it."""
    if not _is_square(case) or not _couples(case):
        return
    try:
        pairs = [(p.claimed(case.leaf), p.jacobian(case.leaf)) for p in case.points]
    except Refused:
        return
    if any(not np.isfinite(j).all() for _, j in pairs):
        return
    on = [_off_by(np.diag(k), np.diag(j)) for k, j in pairs]
    off = [_off_by(_hollow(k), _hollow(j)) for k, j in pairs]
    if max(off) < _FIT and max(on) > SHARE * _FIT:
        yield Match("cross-terms-only", max(off))
    elif max(on) < _FIT and max(off) > SHARE * _FIT:
        c = [float(np.vdot(_hollow(j), _hollow(k)) / np.vdot(_hollow(j), _hollow(j))) for k, j in pairs]
        fits = [_off_by(_hollow(k), c[0] * _hollow(j)) for k, j in pairs]
        if np.ptp(c) < 10 * _FIT and max(fits) < 10 * _FIT and len(c) > 1:
            yield Match("cross-terms", max(fits), {"c": short(c[0]) if abs(c[0]) > _FIT else "0"})


def _hollow(matrix: Array) -> Array:
    return np.asarray(matrix - np.diag(np.diag(matrix)))


def _off_by(claimed: Array, true: Array) -> float:
    return float(np.max(np.abs(claimed - true), initial=0.0) / (np.max(np.abs(true), initial=0.0) or 1.0))


def winners(case: Case) -> Iterator[Match]:
    """Every output copies one entry of its window, and the claim gives it to another, or to all of the window."""
    if any(len(p.outputs) > 1 or case.value(p).size > 64 or p.out.size >= case.value(p).size for p in case.points):
        return
    if not all(_selects(p.jacobian(case.leaf)) for p in case.points):
        return
    try:
        rows = [(p, o, k) for p in case.points for o, k in enumerate(p.claimed(case.leaf))]
        windows = {id(p): _windows(case, p) for p in case.points}
    except Refused:
        return
    reading = [(case.value(p).ravel(), np.flatnonzero(windows[id(p)][o]), k) for p, o, k in rows]
    if all(w.size > 1 and np.array_equal(np.flatnonzero(k), w) and np.ptp(k[w]) < _FIT for _, w, k in reading):
        yield Match("winner-spread", 0.0)
    for which, pick in (("smallest", np.argmin), ("first", lambda v: 0), ("last", lambda v: len(v) - 1)):
        if all(w.size > 1 and _is_at(k, int(w[pick(x[w])])) for x, w, k in reading):
            yield Match("winner", 0.0, {"which": which})


def _selects(jacobian: Array) -> bool:
    return bool(
        np.isfinite(jacobian).all()
        and np.all((np.abs(jacobian) > 1e-6).sum(axis=1) == 1)
        and np.allclose(jacobian.max(axis=1), 1, atol=1e-6)
    )


def _is_at(row: Array, place: int) -> bool:
    return bool(abs(row[place] - 1) < _FIT and np.count_nonzero(np.abs(row) > _FIT) == 1)


def _windows(case: Case, p: Point) -> Array:
    """Return which entries each output looks at: an entry raised above all others wins wherever it is seen."""
    x, peak = case.value(p), 1e3 * (1 + float(np.max(np.abs(case.value(p)))))
    seen = np.zeros((p.out.size, x.size), bool)
    for j in range(x.size):
        raised = x.copy()
        raised.flat[j] = peak
        seen[:, j] = p.moved(case.leaf, raised) != p.flat
    return seen
