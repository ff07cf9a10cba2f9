"""Array functions and layers decided by comparisons: pools, running maxima, projections, rectified layers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .draws import distinct, normal, structured, together
from .member import Member
from .normalizations import BATCH_NORM
from .shared import affine_vjp


def sliding_max(x: Any) -> Any:
    """Largest of every three neighbours."""
    return sliding_window_view(x, 3).max(axis=1)


def sliding_max_vjp(u: Any, x: Any) -> Any:
    """To the first of the largest; an entry may win several windows."""
    g = np.zeros_like(x)
    np.add.at(g, np.arange(u.size) + sliding_window_view(x, 3).argmax(axis=1), u)
    return g


def two_largest(x: Any) -> Any:
    """Return the two largest of every row, in order."""
    return np.sort(x, axis=1)[:, -2:]


def two_largest_vjp(u: Any, x: Any) -> Any:
    """Back to where they stood."""
    g = np.zeros_like(x)
    np.put_along_axis(g, np.argsort(x, axis=1, kind="stable")[:, -2:], u, axis=1)
    return g


def smallest_of_columns_vjp(u: Any, x: Any) -> Any:
    """To the first of the smallest of every column."""
    return np.where(np.arange(len(x))[:, None] == x.argmin(axis=0), u, 0.0)


def running_max_vjp(u: Any, x: Any) -> Any:
    """To the entry that holds the record."""
    g, best = np.zeros_like(x), 0
    for i in range(x.size):
        best = i if x[i] > x[best] else best
        g[best] += u[i]
    return g


def between(x: Any, low: Any, high: Any) -> Any:
    """Clip x to bounds that are inputs as well, of which the upper one wins."""
    return np.minimum(np.maximum(x, low), high)


def between_vjp(u: Any, x: Any, low: Any, high: Any) -> list[Any]:
    """To the one of the three that is the value."""
    raised = np.maximum(x, low)
    inside = raised <= high
    return [u * (inside & (x >= low)), u * (inside & (x < low)), u * ~inside]


def unit_l1(x: Any) -> Any:
    """Rows divided by their L1 norm."""
    return x / np.abs(x).sum(axis=1, keepdims=True)


def unit_l1_vjp(u: Any, x: Any) -> Any:
    """(u - sign(x) <u, x^>) / |x|_1."""
    total = np.abs(x).sum(axis=1, keepdims=True)
    return (u - np.sign(x) * (u * x).sum(axis=1, keepdims=True) / total) / total


def sparsemax(z: Any) -> Any:
    """Project every row on the simplex: max(z - tau, 0) with tau such that it sums to one."""
    return np.maximum(z - _tau(z), 0)


def _tau(z: Any) -> Any:
    falling = -np.sort(-z, axis=1)
    taus = (np.cumsum(falling, axis=1) - 1) / np.arange(1, z.shape[1] + 1)
    count = (falling > taus).sum(axis=1, keepdims=True)
    return np.take_along_axis(taus, count - 1, axis=1)


def sparsemax_vjp(u: Any, z: Any) -> Any:
    """On the support: u less its mean there."""
    on = z > _tau(z)
    return on * (u - (u * on).sum(axis=1, keepdims=True) / on.sum(axis=1, keepdims=True))


def into_ball(x: Any) -> Any:
    """Rows longer than one are shortened to it."""
    return x / np.maximum(np.sqrt((x * x).sum(axis=1, keepdims=True)), 1)


def into_ball_vjp(u: Any, x: Any) -> Any:
    """As it is inside; outside as for unit rows."""
    length = np.sqrt((x * x).sum(axis=1, keepdims=True))
    hat = x / np.where(length > 0, length, 1)
    return np.where(length > 1, (u - hat * (u * hat).sum(axis=1, keepdims=True)) / np.maximum(length, 1), u)


def leaky_affine(x: Any, W: Any, b: Any) -> Any:
    """X W + b, a tenth of it where it is negative."""
    z = x @ W + b
    return np.where(z > 0, z, 0.1 * z)


def leaky_affine_vjp(u: Any, x: Any, W: Any, b: Any) -> list[Any]:
    """Through the slope, then as an affine layer."""
    return affine_vjp(u * np.where(x @ W + b > 0, 1.0, 0.1), x, W, b)


def two_pieces(x: Any, V: Any, W: Any) -> Any:
    """max(X V, X W)."""
    return np.maximum(x @ V, x @ W)


def two_pieces_vjp(u: Any, x: Any, V: Any, W: Any) -> list[Any]:
    """To the larger, the first if they tie."""
    first = x @ V >= x @ W
    a, b = u * first, u * ~first
    return [a @ V.T + b @ W.T, x.T @ a, x.T @ b]


def relu_layers(x: Any, V: Any, W: Any) -> Any:
    """max(max(X V, 0) W, 0), and what its backward needs."""
    hidden = np.maximum(x @ V, 0)
    out = np.maximum(hidden @ W, 0)
    return out, (x, V, W, hidden, out)


def relu_layers_backward(u: Any, cache: Any) -> list[Any]:
    """Through both masks."""
    x, V, W, hidden, out = cache
    dz = u * (out > 0)
    dh = (dz @ W.T) * (hidden > 0)
    return [dh @ V.T, x.T @ dh, hidden.T @ dz]


def norm_relu(x: Any, gamma: Any, beta: Any) -> Any:
    """Batch normalization, rectified."""
    return np.maximum(BATCH_NORM[0](x, gamma, beta), 0)


def norm_relu_vjp(u: Any, x: Any, gamma: Any, beta: Any) -> list[Any]:
    """Through the mask, then as a batch normalization."""
    return BATCH_NORM[1](u * (BATCH_NORM[0](x, gamma, beta) > 0), x, gamma, beta)


def signed_distance(a: Any, b: Any) -> Any:
    """max(a_i - b_j, 0) for all pairs."""
    return np.maximum(a[:, None] - b, 0)


def signed_distance_vjp(u: Any, a: Any, b: Any) -> list[Any]:
    """Where a is larger."""
    on = u * (a[:, None] > b)
    return [on.sum(axis=1), -on.sum(axis=0)]


MEMBERS = (
    Member("sliding maximum", "vjp", sliding_max, sliding_max_vjp, structured(normal(9)), kinked=True),
    Member("two largest of rows", "vjp", two_largest, two_largest_vjp, normal(4, 4), kinked=True),
    Member(
        "smallest of columns",
        "vjp",
        lambda x: x.min(axis=0),
        smallest_of_columns_vjp,
        structured(normal(4, 3)),
        kinked=True,
    ),
    Member("running maximum", "vjp", np.maximum.accumulate, running_max_vjp, distinct(8, scale=3), kinked=True),
    Member(
        "clip to inputs",
        "vjp",
        between,
        between_vjp,
        structured(together(normal(7), normal(7, shift=-1), normal(7, shift=1))),
        kinked=True,
    ),
    Member("rows of unit L1", "vjp", unit_l1, unit_l1_vjp, structured(normal(4, 5)), kinked=True),
    Member("sparsemax", "vjp", sparsemax, sparsemax_vjp, normal(4, 5), kinked=True),
    Member("into the unit ball", "vjp", into_ball, into_ball_vjp, structured(normal(5, 2)), kinked=True),
    Member(
        "differences above 0",
        "vjp",
        signed_distance,
        signed_distance_vjp,
        structured(together(normal(4), normal(3))),
        kinked=True,
    ),
    Member(
        "leaky affine layer",
        "layer",
        leaky_affine,
        leaky_affine_vjp,
        structured(together(normal(4, 3), normal(3, 5), normal(5))),
        kinked=True,
        parameters=("W", "b"),
    ),
    Member(
        "larger of two pieces",
        "layer",
        two_pieces,
        two_pieces_vjp,
        together(normal(4, 3), normal(3, 5), normal(3, 5)),
        kinked=True,
        parameters=("V", "W"),
    ),
    Member(
        "two relu layers",
        "pair",
        relu_layers,
        relu_layers_backward,
        together(normal(4, 3), normal(3, 5), normal(5, 2)),
        kinked=True,
    ),
    Member(
        "batch norm and relu",
        "vjp",
        norm_relu,
        norm_relu_vjp,
        together(normal(8, 3), normal(3, shift=1), normal(3)),
        kinked=True,
        held_out=True,
    ),
)
