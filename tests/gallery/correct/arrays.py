"""Array functions and linear algebra without kinks: products, solves, gathers, sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from .draws import Draw, Inputs, integers, normal, signed, together, uniform
from .member import Member
from .shared import gather_vjp


def gather(table: Any, index: Any) -> Any:
    """Rows of a table."""
    return table[index]


def gather_with_none(u: Any, table: Any, index: Any) -> list[Any]:
    """Return the same, with None for the index."""
    return [gather_vjp(u, table, index), None]


def ill_conditioned(size: int, condition: float) -> Draw:
    """Draw a matrix of the given condition number."""

    def draw(rng: np.random.Generator) -> Inputs:
        left, right = (np.linalg.qr(rng.standard_normal((size, size)))[0] for _ in range(2))
        return (left @ np.diag(np.geomspace(1, 1 / condition, size)) @ right,)

    return draw


def inverse_vjp(u: Any, a: Any) -> Any:
    """-A^-T U A^-T."""
    b = np.linalg.inv(a).T
    return -b @ u @ b


def solve(a: Any, b: Any) -> Any:
    """A^-1 b."""
    return np.linalg.solve(a, b)


def solve_vjp(u: Any, a: Any, b: Any) -> list[Any]:
    """With w = A^-T u: -w y^T, and w."""
    w = np.linalg.solve(a.T, u)
    return [-w @ np.linalg.solve(a, b).T, w]


_ANGLES = np.outer(np.arange(8), np.arange(8)) * np.pi / 4


def moments(x: Any) -> Any:
    """Mean and variance of the columns: two outputs."""
    mean = x.mean(axis=0)
    return mean, ((x - mean) ** 2).mean(axis=0)


def moments_vjp(u: Any, x: Any) -> Any:
    """From both outputs."""
    return (u[0] + 2 * (x - x.mean(axis=0)) * u[1]) / len(x)


def pairwise(x: Any, y: Any) -> Any:
    """All squared distances between two sets of points."""
    return ((x[:, None] - y) ** 2).sum(axis=-1)


def pairwise_vjp(u: Any, x: Any, y: Any) -> list[Any]:
    """2 sum u (x - y), and its negative."""
    d = 2 * u[..., None] * (x[:, None] - y)
    return [d.sum(axis=1), -d.sum(axis=0)]


def cumprod_vjp(u: Any, x: Any) -> Any:
    """sum_{i >= j} u_i prod_{k <= i, k != j} x_k."""
    n = x.size
    g = np.zeros_like(x)
    for j in range(n):
        others = np.where(np.arange(n) == j, 1, x)
        g[j] = (u * np.cumprod(others))[j:].sum()
    return g


MEMBERS = (
    Member(
        "matrix product, 1e6 by 1e-6",
        "vjp",
        lambda a, b: a @ b,
        lambda u, a, b: [u @ b.T, a.T @ u],
        together(normal(3, 4, scale=1e6), normal(4, 5, scale=1e-6)),
    ),
    Member("inverse", "vjp", np.linalg.inv, inverse_vjp, ill_conditioned(4, 1e3)),
    Member("inverse, condition 1e6", "vjp", np.linalg.inv, inverse_vjp, ill_conditioned(4, 1e6)),
    Member("solve", "vjp", solve, solve_vjp, together(ill_conditioned(4, 1e3), normal(4, 2))),
    Member("gather", "vjp", gather, gather_vjp, together(normal(6, 3), integers(6, 5))),
    Member("gather, None for the index", "vjp", gather, gather_with_none, together(normal(6, 3), integers(6, 5))),
    Member(
        "cumulative sum",
        "vjp",
        np.cumsum,
        lambda u, x: u[::-1].cumsum()[::-1],
        normal(9),
    ),
    Member("mean and variance", "vjp", moments, moments_vjp, normal(6, 3)),
    Member("squared distances", "vjp", pairwise, pairwise_vjp, together(normal(4, 3), normal(5, 3))),
    Member(
        "broadcast product",
        "vjp",
        lambda a, b: a[:, None] * b,
        lambda u, a, b: [u @ b, u.T @ a],
        together(normal(4), normal(5)),
    ),
    Member(
        "masked product",
        "vjp",
        lambda x, mask: x * mask * 2,
        lambda u, x, mask: u * mask * 2,
        together(normal(4, 4), integers(2, 4, 4)),
    ),
    Member(
        "cosine transform",
        "vjp",
        lambda x: np.cos(_ANGLES) @ x,
        lambda u, x: np.cos(_ANGLES).T @ u,
        normal(8),
        held_out=True,
    ),
    Member("cumulative product", "vjp", np.cumprod, cumprod_vjp, signed(uniform(0.3, 2, 7)), held_out=True),
)
