"""Functions of many numbers with one value, without kinks: losses, likelihoods, norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from .draws import integers, normal, signed, simplex, together, uniform
from .member import Member
from .shared import (
    SEVEN,
    cross_entropy,
    cross_entropy_grad,
    d_tanh,
    log_softmax,
    norm,
    norm_grad,
    sigmoid,
    softmax,
)


def logsumexp(x: Any) -> Any:
    """Return log sum exp(x) of all entries."""
    top = x.max()
    return top + np.log(np.exp(x - top).sum())


def _gram(m: Any) -> Any:
    return m @ m.T + 1e-3 * np.eye(len(m))


def cholesky_logdet(m: Any) -> Any:
    """Return log det(M M^T + I / 1000), by a Cholesky factor written out."""
    s = _gram(m)
    factor = np.zeros_like(s)
    for j in range(len(s)):
        rest = s[j:, j] - factor[j:, :j] @ factor[j, :j]
        factor[j:, j] = rest / np.sqrt(rest[0])
    return 2 * np.log(np.diag(factor)).sum()


def cholesky_logdet_grad(m: Any) -> Any:
    """2 S^-1 M."""
    return 2 * np.linalg.solve(_gram(m), m)


_POWERS = np.geomspace(1, 1e8, 6)

_SIGNS = np.array([1e4, -1e4] * 6)


def bce(z: Any, t: Any) -> Any:
    """Mean binary cross-entropy of logits."""
    return (np.log1p(np.exp(z)) - t * z).mean()


def bce_grad(z: Any, t: Any) -> list[Any]:
    """(sigmoid(z) - t) / N, and -z / N."""
    return [(sigmoid(z) - t) / z.size, -z / z.size]


def focal(z: Any, t: Any) -> Any:
    """Mean of -(1 - p)^2 log p with p the probability of the true class."""
    m = (2 * t - 1) * z
    return (np.log1p(np.exp(-m)) * sigmoid(-m) ** 2).mean()


def focal_grad(z: Any, t: Any) -> Any:
    """(1 - p)^2 (2 p log p - (1 - p)), with the sign of the class."""
    sign = 2 * t - 1
    p, q = sigmoid(sign * z), sigmoid(-sign * z)
    return sign * q**2 * (-2 * p * np.log1p(np.exp(-sign * z)) - q) / z.size


def dice(p: Any, t: Any) -> Any:
    """1 - 2 <p, t> / (sum p + sum t)."""
    return 1 - 2 * (p * t).sum() / (p.sum() + t.sum())


def dice_grad(p: Any, t: Any) -> list[Any]:
    """Quotient rule, for both."""
    top, bottom = 2 * (p * t).sum(), p.sum() + t.sum()
    return [(top - 2 * t * bottom) / bottom**2, (top - 2 * p * bottom) / bottom**2]


def cosine(a: Any, b: Any) -> Any:
    """Cosine between two vectors."""
    return a @ b / np.sqrt((a @ a) * (b @ b))


def cosine_grad(a: Any, b: Any) -> list[Any]:
    """(b^ - c a^) / |a|, and the same the other way round."""
    la, lb, c = np.sqrt(a @ a), np.sqrt(b @ b), cosine(a, b)
    return [(b / lb - c * a / la) / la, (a / la - c * b / lb) / lb]


def info_nce(a: Any, b: Any) -> Any:
    """Cross-entropy of 5 A B^T against the diagonal."""
    return cross_entropy(5 * a @ b.T, np.arange(len(a)))


def info_nce_grad(a: Any, b: Any) -> list[Any]:
    """5 G B and 5 G^T A."""
    g = 5 * cross_entropy_grad(5 * a @ b.T, np.arange(len(a)))
    return [g @ b, g.T @ a]


def gaussian_nll(x: Any, mean: Any, log_scale: Any) -> Any:
    """Negative log-likelihood of a normal distribution, without its constant."""
    return (((x - mean) * np.exp(-log_scale)) ** 2 / 2 + log_scale).sum()


def gaussian_nll_grad(x: Any, mean: Any, log_scale: Any) -> list[Any]:
    """Residual over variance; 1 - squared residual over variance."""
    r = (x - mean) * np.exp(-2 * log_scale)
    return [r, -r, 1 - r * (x - mean)]


def kl(p: Any, z: Any) -> Any:
    """KL(p || softmax(z)), summed over rows."""
    return (p * (np.log(p) - log_softmax(z))).sum()


def kl_grad(p: Any, z: Any) -> list[Any]:
    """Return log p + 1 - log q, and q sum(p) - p."""
    return [np.log(p) + 1 - log_softmax(z), softmax(z) * p.sum(axis=-1, keepdims=True) - p]


def rosenbrock(x: Any) -> Any:
    """Sum of 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2."""
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def rosenbrock_grad(x: Any) -> Any:
    """Both terms of every pair."""
    g = np.zeros_like(x)
    r = x[1:] - x[:-1] ** 2
    g[1:] += 200 * r
    g[:-1] += -400 * x[:-1] * r - 2 * (1 - x[:-1])
    return g


def mahalanobis(x: Any, L: Any) -> Any:
    """|L x| for rows of x, squared and summed."""
    return ((x @ L.T) ** 2).sum()


def mahalanobis_grad(x: Any, L: Any) -> list[Any]:
    """2 L^T L x, and 2 L x x^T."""
    return [2 * x @ L.T @ L, 2 * L @ x.T @ x]


MEMBERS = (
    Member("sum of squares", "grad", lambda x: (x * x).sum(), lambda x: 2 * x, normal(3, 4)),
    Member("1e-7 mean square", "grad", lambda x: 1e-7 * (x * x).mean(), lambda x: 2e-7 * x / x.size, normal(8)),
    Member(
        "sum of +-1e4",
        "grad",
        lambda x: (_SIGNS * (1 + 1e-4 * np.sin(x))).sum(),
        lambda x: _SIGNS * 1e-4 * np.cos(x),
        normal(12),
    ),
    Member(
        "variance",
        "grad",
        lambda x: ((x - x.mean()) ** 2).mean(),
        lambda x: 2 * (x - x.mean()) / x.size,
        normal(8),
    ),
    Member(
        "variance at mean 1000",
        "grad",
        lambda x: ((x - x.mean()) ** 2).mean(),
        lambda x: 2 * (x - x.mean()) / x.size,
        normal(8, shift=1000),
    ),
    Member("logsumexp", "grad", logsumexp, softmax, normal(7, scale=3)),
    Member("logsumexp at 1000", "grad", logsumexp, softmax, normal(7, shift=1000)),
    Member("length", "grad", norm, norm_grad, normal(6)),
    Member("length at 1e-5", "grad", norm, norm_grad, normal(6, scale=1e-5)),
    Member("Rosenbrock", "grad", rosenbrock, rosenbrock_grad, normal(6)),
    Member(
        "quadratic form, condition 1e8",
        "grad",
        lambda x: (_POWERS * x * x).sum() / 2,
        lambda x: _POWERS * x,
        normal(6),
    ),
    Member(
        "product",
        "grad",
        np.prod,
        lambda x: np.prod(x) / x,
        signed(uniform(0.3, 2, 8)),
    ),
    Member(
        "ratio of sums",
        "grad",
        lambda x, y: x.sum() / y.sum(),
        lambda x, y: [np.full_like(x, 1 / y.sum()), np.full_like(y, -x.sum() / y.sum() ** 2)],
        together(normal(4), uniform(1, 2, 3)),
    ),
    Member("entropy", "grad", lambda p: -(p * np.log(p)).sum(), lambda p: -np.log(p) - 1, simplex(6)),
    Member(
        "cross-entropy", "grad", cross_entropy, cross_entropy_grad, together(normal(4, 5, scale=3), integers(5, 4))
    ),
    Member("binary cross-entropy", "grad", bce, bce_grad, together(normal(8, scale=3), uniform(0, 1, 8))),
    Member(
        "mean square error",
        "grad",
        lambda p, t: ((p - t) ** 2).mean(),
        lambda p, t: [2 * (p - t) / p.size, 2 * (t - p) / p.size],
        together(normal(3, 4), normal(3, 4)),
    ),
    Member(
        "Gaussian likelihood", "grad", gaussian_nll, gaussian_nll_grad, together(SEVEN, SEVEN, normal(7, scale=2))
    ),
    Member("cosine", "grad", cosine, cosine_grad, together(normal(6), normal(6, scale=1e-6))),
    Member("1e12 sum of tanh", "grad", lambda x: 1e12 * np.tanh(x).sum(), lambda x: 1e12 * d_tanh(x), normal(6)),
    Member("KL divergence", "grad", kl, kl_grad, together(simplex(3, 4), normal(3, 4, scale=2)), held_out=True),
    Member("focal loss", "grad", focal, focal_grad, together(normal(8, scale=2), integers(2, 8)), held_out=True),
    Member("dice loss", "grad", dice, dice_grad, together(uniform(0, 1, 9), uniform(0, 1, 9)), held_out=True),
    Member("contrastive loss", "grad", info_nce, info_nce_grad, together(normal(4, 3), normal(4, 3)), held_out=True),
    Member("Cholesky log-determinant", "grad", cholesky_logdet, cholesky_logdet_grad, normal(4, 4), held_out=True),
    Member(
        "Mahalanobis",
        "grad",
        mahalanobis,
        mahalanobis_grad,
        together(normal(4, 3), normal(3, 3, scale=100)),
        held_out=True,
    ),
    Member(
        "Poisson likelihood",
        "grad",
        lambda z, t: (np.exp(z) - t * z).sum(),
        lambda z, t: np.exp(z) - t,
        together(normal(7, scale=2), integers(9, 7)),
        held_out=True,
    ),
)
