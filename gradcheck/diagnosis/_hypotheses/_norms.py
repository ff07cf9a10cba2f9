# ruff: noqa: FBT001 - docstrings are equations, and the maps of a table share a signature
"""Normalizations, by three coefficients per row of the Jacobian.

Over a group of n entries that one output depends on, with xc = x - mean and s = 1/sqrt(v + e),

    J[o] = s (e_o - 1/n - xc[o] xc / (n (v + e))) = a e_o + m 1 + w xc,

and a root mean square norm has (a, w) over x itself. The same fit of the claimed rows gives (a', m', w'); which of
the ratios differ from one says which path is missing. v + e itself is -a xc[o] / (n w), so that epsilon is recovered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .._box import Array, Refused
from .._evidence import Case, Point
from ._match import Match, short

_FIT, _SAME, _ROWS = 1e-6, 3e-6, 8


@dataclass(frozen=True, slots=True)
class Row:
    """One output's group: its size, variance v, v + e, and the ratios of claimed and true coefficients."""

    n: int
    v: float
    ve: float
    ratios: tuple[float, ...]
    axes: tuple[int, ...]


def normalization(case: Case) -> Iterator[Match]:
    """Name the term that differs, where the Jacobian is that of a normalization at every point."""
    if any(len(p.outputs) > 1 or p.out.shape != case.value(p).shape for p in case.points):
        return
    for centred in (False, True):
        try:
            rows = [row for p in case.points for row in _rows(case, p, centred)]
        except (Refused, _NoNormalization):
            continue
        if len(rows) >= 6 and len({row.n for row in rows}) >= 1:
            yield from _read(rows, centred)
            return


class _NoNormalization(Exception):
    pass


def _rows(case: Case, p: Point, centred: bool) -> Iterator[Row]:
    x = case.value(p)
    truth, claim = p.jacobian(case.leaf), p.claimed(case.leaf)
    chosen = np.unique(np.linspace(0, p.out.size - 1, _ROWS).astype(int))
    for o in chosen:
        group = np.flatnonzero(np.abs(truth[o]) > 1e-9 * np.nanmax(np.abs(truth)))
        if not np.isfinite(truth[o]).all() or not np.isfinite(claim[o]).all() or (group.size > 3 and o not in group):
            raise _NoNormalization
        if group.size < 4:  # three coefficients fit three entries, whatever they are
            continue
        outside = np.delete(claim[o], group)
        if np.max(np.abs(outside), initial=0.0) > _FIT * np.max(np.abs(claim[o]), initial=0.0):
            raise _NoNormalization
        values = x.ravel()[group]
        xc = values - values.mean() if centred else values
        columns = [(group == o).astype(float), *([np.ones(group.size)] if centred else []), xc]
        matrix = np.stack(columns, axis=1)
        right, wrong = (_coefficients(matrix, row[group]) for row in (truth[o], claim[o]))
        at = float(xc[group == o][0])
        if abs(at) < 0.2 * np.std(values):
            continue
        ve = -right[0] * at / (group.size * right[-1])
        ratios = tuple(float(b / a) for a, b in zip(right, wrong, strict=True))
        yield Row(group.size, float(np.mean(xc**2)), float(ve), ratios, _axes(group, x.shape))


def _coefficients(matrix: Array, row: Array) -> Array:
    size = np.linalg.norm(matrix, axis=0)
    if not (np.isfinite(row).all() and np.isfinite(size).all() and size.all()):
        raise _NoNormalization
    found = np.linalg.lstsq(matrix / size, row, rcond=None)[0] / size
    if np.max(np.abs(matrix @ found - row)) > _FIT * max(float(np.max(np.abs(row))), 1e-30):
        raise _NoNormalization
    return np.asarray(found)


def _axes(group: Array, shape: tuple[int, ...]) -> tuple[int, ...]:
    places = np.unravel_index(group, shape)
    return tuple(a for a, at in enumerate(places) if np.ptp(at) > 0)


def _read(rows: list[Row], centred: bool) -> Iterator[Match]:
    """Read the ratios, all rows together."""
    ratios = np.array([row.ratios for row in rows])
    if ratios.shape[1] < (3 if centred else 2) or not np.isfinite(ratios).all() or any(r.ve <= 0 for r in rows):
        return
    axes = sorted({a for row in rows for a in row.axes})
    words: dict[str, object] = {
        "axes": f"axis {axes[0]}" if len(axes) == 1 else f"axes {tuple(axes)}",
        "axis": axes[0] if len(axes) == 1 else tuple(axes),
    }
    names: tuple[str, ...] = ("direct term", "term of the mean square")
    if centred:
        names = ("direct term", "term of the mean", "term of the variance")
    one = [bool(np.all(np.abs(ratios[:, k] - 1) < _SAME)) for k in range(ratios.shape[1])]
    nil = [bool(np.all(np.abs(ratios[:, k]) < _SAME)) for k in range(ratios.shape[1])]
    if one[0] and all(nil[1:]):
        yield Match("statistics-constant" if centred else "variance-path", 0.0, words)
    elif centred and one[0] and nil[1] and one[2]:
        yield Match("mean-path", 0.0, words)
    elif one[0] and nil[-1] and all(one[1:-1]):
        yield Match("variance-path", 0.0, words)
    elif np.all(np.ptp(ratios, axis=1) < 1e-5 * np.abs(ratios[:, 0])):
        yield from _one_ratio(rows, ratios[:, 0], words)
    elif sum(one) == ratios.shape[1] - 1:
        yield from _one_term(rows, ratios, one.index(False), names, words)


def _one_term(
    rows: list[Row], ratios: Array, term: int, names: tuple[str, ...], words: dict[str, object]
) -> Iterator[Match]:
    n, found = np.array([row.n for row in rows], dtype=float), ratios[:, term]
    v, ve = (np.array([getattr(row, f) for row in rows]) for f in ("v", "ve"))
    if term == len(names) - 1:
        for ratio in (n / (n - 1), (n - 1) / n):
            if np.all(np.abs(found - ratio) < 1e-5) and np.ptp(n) > 0:
                yield Match("biased-unbiased", 0.0, words)
                return
    shapes = (
        (short(float(found[0])), np.full_like(found, found[0])),
        ("n", n),
        ("1/n", 1 / n),
        ("-n", -n),
        ("std", np.sqrt(ve)),
        ("1/std", 1 / np.sqrt(ve)),
        ("the variance", ve),
        ("1/variance", 1 / ve),
        ("the variance without epsilon", v),
    )
    for said, wanted in shapes:
        if np.all(np.abs(found - wanted) < 1e-5 * np.maximum(1, np.abs(wanted))):
            yield Match("norm-term", 0.0, {**words, "term": names[term], "c": said})
            return


def _one_ratio(rows: list[Row], found: Array, words: dict[str, object]) -> Iterator[Match]:
    """One ratio per group: a function of its standard deviation."""
    v, ve = (np.array([getattr(row, f) for row in rows]) for f in ("v", "ve"))
    e, std = ve - v, np.sqrt(ve)
    if np.ptp(found) < _SAME:
        return
    with np.errstate(all="ignore"):
        tried = (
            ("std-factor", "multiplied by the standard deviation once too often", std),
            ("std-factor", "not multiplied by the standard deviation", 1 / std),
            ("std-factor", "multiplied by the variance", ve),
            ("std-factor", "divided by the variance", 1 / ve),
            ("epsilon", "sqrt(v + e) / (sqrt(v) + e)", std / (np.sqrt(v) + e)),
            ("epsilon", "sqrt(v + e) / sqrt(v)", std / np.sqrt(v)),
        )
    for cause, what, wanted in tried:
        if np.all(np.abs(found - wanted) < 1e-5 * np.abs(wanted)):
            yield Match(cause, 0.0, {**words, "what": what})
            return
