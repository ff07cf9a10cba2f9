"""Right layers of every form: objects, classes, pairs, functions."""

from __future__ import annotations

from typing import Any

import numpy as np

import gradcheck

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
