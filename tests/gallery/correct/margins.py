"""One number from many, decided by a comparison: margins, order statistics, largest of sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from .draws import normal, structured, together
from .member import Member


def order_statistic_grad(x: Any) -> Any:
    """One at the third smallest."""
    g = np.zeros_like(x)
    g[np.argsort(x, kind="stable")[2]] = 1
    return g


def trimmed_mean(x: Any) -> Any:
    """Mean without the two largest and the two smallest."""
    return np.sort(x)[2:-2].mean()


def trimmed_mean_grad(x: Any) -> Any:
    """Even among those that are left."""
    g = np.zeros_like(x)
    kept = np.argsort(x, kind="stable")[2:-2]
    g[kept] = 1 / kept.size
    return g


def smallest_gap(x: Any) -> Any:
    """Smallest distance between two numbers."""
    return np.diff(np.sort(x)).min()


def smallest_gap_grad(x: Any) -> Any:
    """Apart, at the two that are closest; zero if they are equal, for there the sign is."""
    order = np.argsort(x, kind="stable")
    at = np.diff(x[order]).argmin()
    g, sign = np.zeros_like(x), np.sign(x[order[at + 1]] - x[order[at]])
    g[order[at + 1]], g[order[at]] = sign, -sign
    return g


def insensitive(p: Any, t: Any) -> Any:
    """Sum of max(|p - t| - 1/2, 0)."""
    return np.maximum(np.abs(p - t) - 0.5, 0).sum()


def insensitive_grad(p: Any, t: Any) -> list[Any]:
    """Signs outside the tube."""
    g = np.sign(p - t) * (np.abs(p - t) > 0.5)
    return [g, -g]


def largest_distance_grad(p: Any, t: Any) -> list[Any]:
    """Return the sign at the largest."""
    r = p - t
    g = (np.arange(r.size) == np.abs(r).argmax()) * np.sign(r)
    return [g, -g]


def larger_sum(x: Any, w: Any) -> Any:
    """max(sum x, <w, x>)."""
    return np.maximum(x.sum(), (w * x).sum())


def larger_sum_grad(x: Any, w: Any) -> list[Any]:
    """Of the one that is larger."""
    first = x.sum() >= (w * x).sum()
    return [np.ones_like(x), np.zeros_like(w)] if first else [w.copy(), x.copy()]


def falling(x: Any) -> Any:
    """Sum of max(0, x_i - x_{i+1}): what keeps a row from rising."""
    return np.maximum(0, -np.diff(x)).sum()


def falling_grad(x: Any) -> Any:
    """One for each fall, at its two ends."""
    down = (np.diff(x) < 0) * 1.0
    return np.append(down, 0) - np.append(0, down)


def ranking(pos: Any, neg: Any) -> Any:
    """Sum over pairs of max(0, 1 - pos_i + neg_j)."""
    return np.maximum(0, 1 - pos[:, None] + neg).sum()


def ranking_grad(pos: Any, neg: Any) -> list[Any]:
    """Count the violated pairs."""
    on = (1 - pos[:, None] + neg > 0) * 1.0
    return [-on.sum(axis=1), on.sum(axis=0)]


def transport(a: Any, b: Any) -> Any:
    """Wasserstein distance of two samples: sum |sort a - sort b|."""
    return np.abs(np.sort(a) - np.sort(b)).sum()


def transport_grad(a: Any, b: Any) -> list[Any]:
    """Signs, back to where each came from."""
    i, j = np.argsort(a, kind="stable"), np.argsort(b, kind="stable")
    sign, da, db = np.sign(a[i] - b[j]), np.zeros_like(a), np.zeros_like(b)
    da[i], db[j] = sign, -sign
    return [da, db]


def smallest_of_largest(x: Any) -> Any:
    """Minimum over rows of their maximum."""
    return x.max(axis=1).min()


def smallest_of_largest_grad(x: Any) -> Any:
    """One at the entry that decides."""
    g, row = np.zeros_like(x), x.max(axis=1).argmin()
    g[row, x[row].argmax()] = 1
    return g


def fused_lasso(x: Any) -> Any:
    """Sum |x| / 2 + sum |x_{i+1} - x_i|."""
    return np.abs(x).sum() / 2 + np.abs(np.diff(x)).sum()


def fused_lasso_grad(x: Any) -> Any:
    """Signs of both."""
    return np.sign(x) / 2 - np.diff(np.sign(np.diff(x)), prepend=0, append=0)


_NINE = structured(normal(9))
_TWO = structured(together(normal(6), normal(6)))
_TWO_IN_HALVES = structured(together(normal(6), normal(6)), 0.5)

MEMBERS = (
    Member("third smallest", "grad", lambda x: np.sort(x)[2], order_statistic_grad, _NINE, kinked=True),
    Member("trimmed mean", "grad", trimmed_mean, trimmed_mean_grad, _NINE, kinked=True),
    Member("smallest gap", "grad", smallest_gap, smallest_gap_grad, normal(5), kinked=True),
    Member(
        "squared hinge",
        "grad",
        lambda x: (np.maximum(0, 1 - x) ** 2).sum(),
        lambda x: -2 * np.maximum(0, 1 - x),
        _NINE,
        kinked=True,
    ),
    Member("insensitive loss", "grad", insensitive, insensitive_grad, _TWO_IN_HALVES, kinked=True),
    Member("largest distance", "grad", lambda p, t: np.abs(p - t).max(), largest_distance_grad, _TWO, kinked=True),
    Member("larger of two sums", "grad", larger_sum, larger_sum_grad, _TWO, kinked=True),
    Member("falls of a row", "grad", falling, falling_grad, _NINE, kinked=True),
    Member("ranking loss", "grad", ranking, ranking_grad, structured(together(normal(4), normal(3))), kinked=True),
    Member(
        "capped L1",
        "grad",
        lambda x: np.minimum(np.abs(x), 1).sum(),
        lambda x: np.sign(x) * (np.abs(x) < 1),
        _NINE,
        kinked=True,
    ),
    Member("smallest of largest", "grad", smallest_of_largest, smallest_of_largest_grad, normal(4, 3), kinked=True),
    Member(
        "transport distance",
        "grad",
        transport,
        transport_grad,
        together(normal(6), normal(6)),
        kinked=True,
        held_out=True,
    ),
    Member("fused lasso", "grad", fused_lasso, fused_lasso_grad, _NINE, kinked=True, held_out=True),
)
