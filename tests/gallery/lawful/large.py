"""Subjects that work through a large batch block by block: right ones, and enemies that slip at the second block."""

from __future__ import annotations

from typing import Any

import numpy as np

import gradcheck

from .kind import Enemy

BLOCK = 2**16


def blocks(x):
    """Yield the rows of blocks of so many numbers."""
    rows = max(BLOCK * len(x) // x.size, 1) if x.size else 1
    return [slice(start, start + rows) for start in range(0, len(x), rows)]


def full_blocks(x):
    """Yield them without the last one, which is not full."""
    return blocks(x)[:-1] or blocks(x)


class Norm:
    """A batch normalization, in pieces that an enemy replaces."""

    eps = 1e-5

    def __init__(self, width):
        self.gamma, self.beta = np.ones(width), np.zeros(width)

    def forward(self, x):
        self.std = np.sqrt(x.var(0) + self.eps)
        self.x_hat = (x - x.mean(0)) / self.std
        return self.gamma * self.x_hat + self.beta

    def sums(self, g):
        """Return the sums over the batch of g and of g x_hat."""
        one, other = np.zeros(g.shape[1]), np.zeros(g.shape[1])
        for k in blocks(g):
            one += g[k].sum(0)
            other += (g[k] * self.x_hat[k]).sum(0)
        return one, other

    def backward(self, g):
        self.dbeta, self.dgamma = self.sums(g)
        return self.gamma / self.std * (g - (self.dbeta + self.x_hat * self.dgamma) / len(g))


def overwritten(self, g):
    """Forget the blocks before."""
    for k in blocks(g):
        one = g[k].sum(0)
        other = (g[k] * self.x_hat[k]).sum(0)
    return one, other


class ByVariance(Norm):
    """Divides by n - 1: right, but a batch twice has another output than twice the batch."""

    def forward(self, x):
        n = len(x)
        self.std = np.sqrt(x.var(0) * n / (n - 1) + self.eps)
        self.x_hat = (x - x.mean(0)) / self.std
        return self.gamma * self.x_hat + self.beta

    def backward(self, g):
        n = len(g)
        self.dbeta, self.dgamma = self.sums(g)
        return self.gamma / self.std * (g - self.dbeta / n - self.x_hat * self.dgamma / (n - 1))


def affine(x, w, b):
    return x @ w + b, (x, w)


def affine_back(dout, cache, of=blocks):
    x, w = cache
    dx, dw, db = np.empty_like(x), np.zeros_like(w), np.zeros(w.shape[1])
    for k in of(x):
        dx[k] = dout[k] @ w.T
        dw += x[k].T @ dout[k]
        db += dout[k].sum(0)
    return dx, dw, db


def single(x, w, b):
    """Return float32, whatever comes, by sums that lose digits at the end of a long column."""
    return (x @ w + b).astype(np.float32), (x.astype(np.float32), w.astype(np.float32))


def single_back(dout, cache):
    x, w = cache
    dout = dout.astype(np.float32)
    return dout @ w.T, np.add.accumulate(x[:, :, None] * dout[:, None], axis=0)[-1], np.cumsum(dout, axis=0)[-1]


def mean_square(p, t):
    return sum(((p[k] - t[k]) ** 2).sum() for k in blocks(p)) / p.size


def mean_square_grad(p, t):
    return np.concatenate([2 * (p[k] - t[k]) / p.size for k in blocks(p)])


def sum_square(p, t):
    return ((p - t) ** 2).sum()


def sum_square_grad(p, t):
    return 2 * (p - t)


def by_block_mean(p, t):
    """Divide each block by its own size."""
    return np.concatenate([2 * (p[k] - t[k]) / p[k].size for k in blocks(p)])


def pairs(p, t):
    """Return the mean over pairs of examples, which no batch as large as that could pay for."""
    return ((p[:, None] - p[None]) ** 2).mean() + (t * 0).sum()


def pairs_grad(p, t):
    return 4 * (p - p.mean(0)) / p.size


def by_table(p, t):
    """Take the diagonal of a table of each example with each: right, and of 40,000 examples 12 GiB."""
    return np.diag(((p[:, None] - t[None]) ** 2).sum(axis=2)).sum()


def cut(x):
    """Return max(x, 0), and forget what comes after the first block."""
    out = np.maximum(x, 0)
    out.reshape(-1)[BLOCK:] = 0
    return out


X, W, B = np.linspace(-1, 2, 12).reshape(4, 3), np.linspace(-1, 1, 6).reshape(3, 2), np.array([0.5, -1.0])
REAL = {"targets": "real"}

RIGHT: list[Any] = [
    gradcheck.subject(Norm, kind="normalization", name="by blocks"),
    gradcheck.subject((affine, affine_back), X, W, B, kind="layer", name="affine by blocks"),
    gradcheck.subject(mean_square, kind="loss", grad=mean_square_grad, traits=REAL, name="mean square by blocks"),
]

APART: list[Any] = [
    gradcheck.subject(ByVariance, kind="normalization"),
    gradcheck.subject(pairs, kind="loss", grad=pairs_grad, traits=REAL),
]
"""What makes of a batch over and over something else than of the batch, or costs its square."""

LAX: list[Any] = [
    gradcheck.subject((single, single_back), X, W, B, kind="layer", name="float32"),
    gradcheck.subject(sum_square, kind="loss", grad=sum_square_grad, traits=REAL),
    gradcheck.subject(by_table, kind="loss", grad=sum_square_grad, traits=REAL),
]
"""What keeps the law of large batches, by its own digits, as a sum, or in a smaller batch than others."""

ENEMIES = [
    Enemy("GC134", "overwritten", "normalization", type("Overwritten", (Norm,), {"sums": overwritten})),
    Enemy(
        "GC134",
        "last block left out",
        "layer",
        (affine, lambda dout, cache: affine_back(dout, cache, full_blocks)),
        inputs=(X, W, B),
    ),
    Enemy("GC134", "mean of a block", "loss", mean_square, REAL, {"grad": by_block_mean}),
    Enemy("GC134", "cut off", "activation", cut, {"kinks": (0.0,)}, {"derivative": lambda x: 1.0 * (x > 0)}),
]
