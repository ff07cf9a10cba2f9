"""Layers that break exactly one law each."""

from __future__ import annotations

from typing import Any

import numpy as np

from .kind import Enemy
from .layers import (
    IMAGE,
    INDEX,
    KERNEL,
    MEMBERS,
    POOLED,
    TABLE,
    Affine,
    B,
    Dropout,
    Relu,
    W,
    X,
    _tiles,
    _untiled,
    affine,
    affine_back,
    conv,
    conv_back,
    look_up,
    maxout,
    softmax,
    softmax_back,
)


def enemy(
    code: str, flaw: str, thing: Any, *inputs: Any, options: dict[str, Any] | None = None, **traits: Any
) -> Enemy:
    return Enemy(code, flaw, "layer", thing, traits, options or {}, inputs)


def affine_with(back):
    return (affine, back)


def made(name: str, base: type, **methods: Any) -> Any:
    return type(name, (base,), methods)()


def keeps_first(self, x):
    self.mask = getattr(self, "mask", None)
    self.mask = x > 0 if self.mask is None or self.mask.shape != x.shape else self.mask
    return x * (x > 0)


def adds_up(self, dout):
    self.dW = self.dW + self.x.T @ dout
    self.db = dout.sum(axis=0)
    return dout @ self.W.T


def averages(self, dout):
    self.dW, self.db = self.x.T @ dout, dout.mean(axis=0)
    return dout @ self.W.T


def in_place(self, x):
    self.x = np.maximum(x, 0, out=x)
    return x


def zeroes(self, dout):
    dout[~self.mask] = 0
    return dout


def remembers(self, dout):
    self.count = getattr(self, "count", 0.0) + 1e-3
    return dout * self.mask + self.count * 0 + 1e-9


def one_row(dout, cache):
    x, w = cache
    if len(dout) == 1:
        return dout[0] @ w.T * np.ones((1, 3)) * 1.5, x.T @ dout, dout.sum(axis=0)
    return affine_back(dout, cache)


def every_winner(dout, cache):
    x, out = cache
    return _untiled(dout[..., None] * (_tiles(x) == out[..., None]))


def pool_with_input(x):
    return _tiles(x).max(axis=-1), (x, _tiles(x).max(axis=-1))


def adds_once(dout, cache):
    index, shape = cache
    table = np.zeros(shape)
    table[index] += dout
    return table


def again(self, dout):
    return dout * self.draw(dout)


def from_clock(self, x):
    return (np.random.default_rng().random(x.shape) >= self.rate) / (1 - self.rate)


def one_for_all(self, x):
    return np.broadcast_to((self.rng.random(x.shape[1:]) >= self.rate) / (1 - self.rate), x.shape)


def both_paid(dout, cache):
    x, w1, *_ = cache
    return dout @ w1.T, x.T @ dout, dout.sum(axis=0), x.T @ dout, dout.sum(axis=0)


def shifted_sum(s):
    e = np.exp(s - s.max())
    return e / e.sum(axis=-1, keepdims=True), None


def rowwise(f):
    return (lambda s: (f(s), None), lambda dout, cache: dout)


def reversed_softmax(s):
    return softmax(-s)[0]


def first_class_left_out(s):
    out = s.copy()
    out[..., 1:] = softmax(s)[0][..., 1:]
    out[..., 0] = 1 - out[..., 1:].sum(axis=-1)
    return np.where(
        np.arange(s.shape[-1]) == 0,
        np.exp(-1.0),
        (1 - np.exp(-1.0)) * softmax(s[..., 1:])[0].sum(-1, keepdims=True) / (s.shape[-1] - 1),
    )


def local_kernel(x, k):
    out, cache = conv(x, k)
    return out * (1 + 0.1 * np.arange(out.shape[-1])), cache


ENEMIES = [
    enemy(
        "GC101",
        "not transposed",
        affine_with(lambda d, c: (d @ c[1].T[::-1], c[0].T @ d, d.sum(0))),
        X,
        np.eye(3),
        np.zeros(3),
    ),
    enemy("GC102", "mean for sum", made("MeanForSum", Affine, backward=averages), X),
    enemy(
        "GC104", "keeps an axis", affine_with(lambda d, c: (d @ c[1].T, c[0].T @ d, d.sum(0, keepdims=True))), X, W, B
    ),
    enemy(
        "GC105", "in place", made("InPlace", Relu, forward=lambda self, x: Relu.forward(self, np.negative(x, out=x)))
    ),
    enemy("GC106", "keeps the first mask", made("KeepsFirst", Relu, forward=keeps_first)),
    enemy("GC107", "adds up", made("AddsUp", Affine, backward=adds_up), X),
    enemy("GC108", "clips the upstream", made("Clips", Relu, backward=lambda self, d: np.clip(d, -1, 1) * self.mask)),
    enemy("GC109", "adds a constant", made("Adds", Relu, backward=remembers)),
    enemy(
        "GC110",
        "weights by row",
        affine_with(lambda d, c: (d @ c[1].T * np.arange(1, 5)[:, None], c[0].T @ d, d.sum(0))),
        X,
        W,
        B,
    ),
    enemy(
        "GC111",
        "draws noise",
        lambda x: x + np.random.default_rng().standard_normal(x.shape),
        X,
        options={"vjp": lambda d, x: d},
    ),
    enemy(
        "GC113",
        "other matrix forward",
        (affine, affine_back),
        X,
        np.ones((3, 3)) + np.arange(9).reshape(3, 3),
        np.zeros(3),
        options={"jvp": lambda t, x, w, b: t[0] @ w.T + x @ t[1] + t[2]},
    ),
    enemy("GC115", "mean for sum", affine_with(lambda d, c: (d @ c[1].T, c[0].T @ d / len(d), d.sum(0))), X, W, B),
    enemy(
        "GC116",
        "reads raw memory",
        (lambda x: (2 * x, None), lambda d, c: 2 * np.frombuffer(d.tobytes("A"), d.dtype).reshape(d.shape)),
        X,
    ),
    enemy("GC117", "special case for one row", affine_with(one_row), X, W, B),
    enemy("GC118", "in place", made("InPlace", Relu, forward=in_place, backward=lambda self, d: d * (self.x > 0))),
    enemy("GC119", "zeroes the upstream", made("Zeroes", Relu, backward=zeroes)),
    enemy(
        "GC120",
        "divides by the batch's largest",
        lambda x: x / np.abs(x).max(),
        X,
        options={"vjp": lambda d, x: d},
        row_independent=True,
    ),
    enemy("GC121", "clipped", lambda x: np.clip(x, -1, 1), X, linear=True),
    enemy("GC122", "kernel by position", (local_kernel, conv_back), IMAGE, KERNEL, translates=True),
    enemy("GC123", "every winner", (pool_with_input, every_winner), POOLED, pools="max"),
    enemy("GC124", "every winner", (pool_with_input, every_winner), POOLED, pools="max"),
    enemy("GC125", "adds once", (look_up, adds_once), INDEX, TABLE),
    enemy("GC126", "both are paid", (maxout, both_paid), X, W, B, W, B, pieces=2),
    enemy(
        "GC127",
        "divides by the share dropped",
        made("D", Dropout, draw=lambda self, x: (self.rng.random(x.shape) >= self.rate) / self.rate),
    ),
    enemy("GC128", "draws again", made("D", Dropout, backward=again)),
    enemy("GC129", "from the clock", made("D", Dropout, draw=from_clock)),
    enemy(
        "GC130",
        "scales at test time",
        made("D", Dropout, forward=lambda self, x: Dropout.forward(self, x) * (1.0 if self.training else 0.7)),
    ),
    enemy("GC131", "keeps for drops", Dropout(0.7), drop_rate=0.3),
    enemy("GC132", "one mask for all rows", made("D", Dropout, draw=one_for_all)),
    enemy("GC133", "divides by one side", lambda x: _tiles(x).sum(axis=-1) / 2, POOLED, pools="average"),
    enemy("GC520", "sum over the batch", rowwise(lambda s: np.exp(s) / np.exp(s).sum()), X, probabilities="plain"),
    enemy("GC521", "one maximum for the batch", (shifted_sum, softmax_back), X, probabilities="plain"),
    enemy("GC522", "diagonal alone", (softmax, lambda d, p: d * p * (1 - p)), X, probabilities="plain"),
    enemy("GC523", "smallest is likeliest", rowwise(reversed_softmax), X, probabilities="plain"),
    enemy("GC524", "first class apart", rowwise(first_class_left_out), X, probabilities="plain"),
    enemy("GC731", "sum", lambda p: p.sum(axis=0), MEMBERS, averages=True),
    enemy("GC732", "halved scores", lambda p: p.mean(axis=0) ** 2, MEMBERS, averages=True),
    enemy(
        "GC733",
        "last member first",
        lambda p: 0.5 * p[:-1].mean(axis=0) + 0.5 * p[-1] if len(p) > 1 else p[0],
        MEMBERS,
        averages=True,
    ),
]
