"""Functions of many numbers with one value, with kinks: margins, quantiles, largest entries."""

from __future__ import annotations

from typing import Any

import numpy as np

from .draws import integers, normal, structured, together
from .member import Member
from .shared import cross_entropy, cross_entropy_grad, norm, norm_grad


def relu_mlp_loss(x: Any, labels: Any, W1: Any, W2: Any) -> Any:
    """Cross-entropy of relu(X W1) W2."""
    return cross_entropy(np.maximum(x @ W1, 0) @ W2, labels)


def relu_mlp_loss_grad(x: Any, labels: Any, W1: Any, W2: Any) -> list[Any]:
    """Back through both layers."""
    z = x @ W1
    hidden = np.maximum(z, 0)
    du = cross_entropy_grad(hidden @ W2, labels)
    dz = (du @ W2.T) * (z > 0)
    return [dz @ W1.T, x.T @ dz, hidden.T @ du]


def huber(p: Any, t: Any) -> Any:
    """Quadratic within 1, linear beyond."""
    r = np.abs(p - t)
    return np.where(r <= 1, r * r / 2, r - 0.5).mean()


def huber_grad(p: Any, t: Any) -> list[Any]:
    """clip(p - t, -1, 1) / N."""
    g = np.clip(p - t, -1, 1) / p.size
    return [g, -g]


def multiclass_hinge(z: Any, labels: Any) -> Any:
    """Mean of sum_j max(0, 1 + z_j - z_label)."""
    rows = np.arange(len(labels))
    margins = np.maximum(0, 1 + z - z[rows, labels][:, None])
    margins[rows, labels] = 0
    return margins.sum() / len(labels)


def multiclass_hinge_grad(z: Any, labels: Any) -> Any:
    """One per violated margin, and their count against the label."""
    rows = np.arange(len(labels))
    g = (1 + z - z[rows, labels][:, None] > 0).astype(float)
    g[rows, labels] = 0
    g[rows, labels] = -g.sum(axis=1)
    return g / len(labels)


def triplet(a: Any, p: Any, n: Any) -> Any:
    """Sum of max(0, |a - p|^2 - |a - n|^2 + 1)."""
    return np.maximum(0, ((a - p) ** 2).sum(axis=1) - ((a - n) ** 2).sum(axis=1) + 1).sum()


def triplet_grad(a: Any, p: Any, n: Any) -> list[Any]:
    """2 (n - p), 2 (p - a), 2 (a - n) where the margin is violated."""
    on = (((a - p) ** 2).sum(axis=1) - ((a - n) ** 2).sum(axis=1) + 1 > 0)[:, None]
    return [2 * (n - p) * on, 2 * (p - a) * on, 2 * (a - n) * on]


def total_variation(x: Any) -> Any:
    """Sum of |x_{i+1} - x_i|."""
    return np.abs(np.diff(x)).sum()


def total_variation_grad(x: Any) -> Any:
    """Differences of signs."""
    return -np.diff(np.sign(np.diff(x)), prepend=0, append=0)


def median_grad(x: Any) -> Any:
    """One at the middle of an odd number of entries."""
    g = np.zeros_like(x)
    g[np.argsort(x, kind="stable")[x.size // 2]] = 1
    return g


def pinball(p: Any, t: Any) -> Any:
    """Quantile loss at 0.9."""
    r = t - p
    return np.where(r > 0, 0.9 * r, -0.1 * r).sum()


def pinball_grad(p: Any, t: Any) -> list[Any]:
    """-0.9 below the target, 0.1 above."""
    g = np.where(t - p > 0, -0.9, 0.1)
    return [g, -g]


def top_three(x: Any) -> Any:
    """Sum of the three largest entries."""
    return np.sort(x)[-3:].sum()


def top_three_grad(x: Any) -> Any:
    """One at each of them."""
    g = np.zeros_like(x)
    g[np.argsort(x, kind="stable")[-3:]] = 1
    return g


def mean_absolute_deviation(x: Any) -> Any:
    """Mean of |x - mean x|."""
    return np.abs(x - x.mean()).mean()


def mean_absolute_deviation_grad(x: Any) -> Any:
    """Signs, less their mean."""
    signs = np.sign(x - x.mean())
    return (signs - signs.mean()) / x.size


def row_lengths(x: Any) -> Any:
    """Sum of the lengths of the rows (group lasso)."""
    return np.sqrt((x * x).sum(axis=1)).sum()


def row_lengths_grad(x: Any) -> Any:
    """Return unit rows, and zero for a row of zeros."""
    length = np.sqrt((x * x).sum(axis=1, keepdims=True))
    return x / np.where(length > 0, length, 1)


MEMBERS = (
    Member("L1", "grad", lambda x: np.abs(x).sum(), np.sign, structured(normal(8)), kinked=True),
    Member(
        "largest entry",
        "grad",
        np.max,
        lambda x: (np.arange(x.size) == x.argmax()) * 1.0,
        structured(normal(7)),
        kinked=True,
    ),
    Member(
        "largest size",
        "grad",
        lambda x: np.abs(x).max(),
        lambda x: (np.arange(x.size) == np.abs(x).argmax()) * np.sign(x),
        structured(normal(7)),
        kinked=True,
    ),
    Member(
        "elastic net",
        "grad",
        lambda x: np.abs(x).sum() + (x * x).sum(),
        lambda x: np.sign(x) + 2 * x,
        structured(normal(8)),
        kinked=True,
    ),
    Member(
        "L1 plus sine",
        "grad",
        lambda x, t: (np.abs(x - t) + np.sin(x)).sum(),
        lambda x, t: [np.sign(x - t) + np.cos(x), np.sign(t - x)],
        structured(together(normal(6), normal(6))),
        kinked=True,
    ),
    Member(
        "hinge",
        "grad",
        multiclass_hinge,
        multiclass_hinge_grad,
        structured(together(normal(4, 5), integers(5, 4))),
        kinked=True,
    ),
    Member("Huber", "grad", huber, huber_grad, structured(together(normal(8), normal(8))), kinked=True),
    Member("length, also at 0", "grad", norm, norm_grad, structured(normal(3), 3.0), kinked=True),
    Member(
        "range",
        "grad",
        np.ptp,
        lambda x: (np.arange(x.size) == x.argmax()) * 1.0 - (np.arange(x.size) == x.argmin()),
        structured(normal(7)),
        kinked=True,
    ),
    Member("three largest", "grad", top_three, top_three_grad, structured(normal(8)), kinked=True),
    Member(
        "mean absolute error",
        "grad",
        lambda p, t: np.abs(p - t).mean(),
        lambda p, t: [np.sign(p - t) / p.size, np.sign(t - p) / p.size],
        structured(together(normal(3, 3), normal(3, 3))),
        kinked=True,
    ),
    Member(
        "mean absolute deviation",
        "grad",
        mean_absolute_deviation,
        mean_absolute_deviation_grad,
        structured(normal(7)),
        kinked=True,
    ),
    Member("group lasso", "grad", row_lengths, row_lengths_grad, structured(normal(4, 2)), kinked=True),
    Member(
        "1e-9 L1 at 1e6",
        "grad",
        lambda x: 1e-9 * np.abs(x).sum(),
        lambda x: 1e-9 * np.sign(x),
        structured(normal(7, scale=1e6), 1e6),
        kinked=True,
    ),
    Member(
        "triplet loss",
        "grad",
        triplet,
        triplet_grad,
        structured(together(normal(5, 3), normal(5, 3), normal(5, 3))),
        kinked=True,
        held_out=True,
    ),
    Member(
        "total variation",
        "grad",
        total_variation,
        total_variation_grad,
        structured(normal(9)),
        kinked=True,
        held_out=True,
    ),
    Member("median", "grad", np.median, median_grad, structured(normal(9)), kinked=True, held_out=True),
    Member(
        "quantile loss",
        "grad",
        pinball,
        pinball_grad,
        structured(together(normal(8), normal(8))),
        kinked=True,
        held_out=True,
    ),
    Member(
        "relu network with cross-entropy",
        "grad",
        relu_mlp_loss,
        relu_mlp_loss_grad,
        together(normal(4, 3), integers(3, 4), normal(3, 6), normal(6, 3)),
        kinked=True,
        held_out=True,
    ),
)
