"""Layers of every form: right ones, and one enemy per law."""

from __future__ import annotations

from typing import Any

import numpy as np

import gradcheck

from .kind import Enemy

RNG = np.random.default_rng(7)
X, W, B = RNG.standard_normal((4, 3)), RNG.standard_normal((3, 5)), RNG.standard_normal(5)
IMAGE, KERNEL = RNG.standard_normal((2, 1, 7, 7)), RNG.standard_normal((2, 1, 3, 3))
POOLED = RNG.standard_normal((2, 3, 4, 4))
TABLE, INDEX = RNG.standard_normal((5, 3)), np.array([[1, 1], [0, 3], [1, 0]])
MEMBERS = np.full((3, 4, 3), 1 / 3)


def affine(x, w, b):
    return x @ w + b, (x, w)


def affine_back(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def affine_jvp(tangents, x, w, b):
    dx, dw, db = tangents
    return dx @ w + x @ dw + db


class Affine:
    """An object with parameters and their gradients."""

    def __init__(self, n_in=3, n_out=2):
        rng = np.random.default_rng(0)
        self.W, self.b = rng.standard_normal((n_in, n_out)), np.zeros(n_out)
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class Relu:
    """An object without parameters."""

    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


def conv(x, k):
    windows = np.lib.stride_tricks.sliding_window_view(x, k.shape[-2:], axis=(-2, -1))
    return np.einsum("nchwij,fcij->nfhw", windows, k), (x, k)


def conv_back(dout, cache):
    x, k = cache
    windows = np.lib.stride_tricks.sliding_window_view(x, k.shape[-2:], axis=(-2, -1))
    dx = np.zeros_like(x)
    for i in range(k.shape[-2]):
        for j in range(k.shape[-1]):
            rows, columns = slice(i, i + dout.shape[-2]), slice(j, j + dout.shape[-1])
            dx[..., rows, columns] += np.einsum("nfhw,fc->nchw", dout, k[:, :, i, j])
    return dx, np.einsum("nfhw,nchwij->fcij", dout, windows)


def _tiles(x):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)


def _untiled(t):
    n, c, h, w, _ = t.shape
    return t.reshape(n, c, h, w, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, 2 * h, 2 * w)


def max_pool(x):
    tiles = _tiles(x)
    return tiles.max(axis=-1), tiles.argmax(axis=-1)


def max_pool_back(dout, winner):
    return _untiled(dout[..., None] * (np.arange(4) == winner[..., None]))


def mean_pool(x):
    return _tiles(x).mean(axis=-1), None


def mean_pool_back(dout, cache):
    return _untiled(np.repeat(dout[..., None] / 4, 4, axis=-1))


def look_up(index, table):
    return table[index], (index, table.shape)


def look_up_back(dout, cache):
    index, shape = cache
    table = np.zeros(shape)
    np.add.at(table, index, dout)
    return table


class Dropout:
    """Inverted dropout with a generator of its own."""

    def __init__(self, rate=0.3):
        self.rate, self.training, self.rng = rate, True, np.random.default_rng(0)

    def forward(self, x):
        self.mask = self.draw(x) if self.training else np.ones_like(x)
        return x * self.mask

    def draw(self, x):
        return (self.rng.random(x.shape) >= self.rate) / (1 - self.rate)

    def backward(self, dout):
        return dout * self.mask


def dropout_forward(x, rate=0.5, *, training=True, rng=None):
    """Return inverted dropout as a function; the mask is the cache."""
    if not training:
        return x.copy(), None
    mask = (np.random.default_rng(rng).random(x.shape) >= rate) / (1 - rate)
    return x * mask, mask


def dropout_backward(dout, mask):
    return dout if mask is None else dout * mask


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p, p


def softmax_back(dout, p):
    return p * (dout - (dout * p).sum(axis=-1, keepdims=True))


def log_softmax(s):
    shifted = s - s.max(axis=-1, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return out, out


def log_softmax_back(dout, out):
    return dout - np.exp(out) * dout.sum(axis=-1, keepdims=True)


def average(p):
    return p.mean(axis=0)


def maxout(x, w1, b1, w2, b2):
    one, two = x @ w1 + b1, x @ w2 + b2
    return np.maximum(one, two), (x, w1, w2, one >= two)


def maxout_back(dout, cache):
    x, w1, w2, first = cache
    one, two = dout * first, dout * ~first
    return one @ w1.T + two @ w2.T, x.T @ one, one.sum(axis=0), x.T @ two, two.sum(axis=0)


def layer(thing: Any, *inputs: Any, name: str, options: dict[str, Any] | None = None, **traits: Any) -> Any:
    return gradcheck.subject(thing, *inputs, kind="layer", name=name, traits=traits, **(options or {}))


RIGHT = [
    layer((affine, affine_back), X, W, B, name="affine pair", linear=True, options={"jvp": affine_jvp}),
    layer(Affine, name="affine class", linear=True),
    layer(Affine(), X, name="affine object", linear=True),
    layer(Relu(), name="relu object"),
    layer((conv, conv_back), IMAGE, KERNEL, name="convolution", translates=True, linear=True),
    layer((max_pool, max_pool_back), POOLED, name="max pool", pools="max"),
    layer((mean_pool, mean_pool_back), POOLED, name="mean pool", pools="average", linear=True),
    layer((look_up, look_up_back), INDEX, TABLE, name="embedding"),
    layer(Dropout(), name="dropout object", drop_rate=0.3),
    layer((dropout_forward, dropout_backward), X, name="dropout pair", drop_rate=0.5),
    layer((softmax, softmax_back), X, name="softmax", probabilities="plain"),
    layer((log_softmax, log_softmax_back), X, name="log softmax", probabilities="log"),
    layer(average, MEMBERS, name="average", averages=True),
    layer((maxout, maxout_back), X, W, B, W[::-1] + 0.1, -B, name="maxout", pieces=2),
]


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
