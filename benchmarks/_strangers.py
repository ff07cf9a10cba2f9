"""Layers that are in no gallery, to be mutated: forward returns (out, cache), backward takes (dout, cache)."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


def mish_forward(x: Array) -> Any:
    t = np.tanh(np.log1p(np.exp(x)))
    return x * t, (x, t)


def mish_backward(dout: Array, cache: Any) -> Any:
    x, t = cache
    s = 1 / (1 + np.exp(-x))
    return dout * (t + x * s * (1 - t**2))


def softsign_forward(x: Array) -> Any:
    return x / (1 + np.abs(x)), x


def softsign_backward(dout: Array, x: Array) -> Any:
    return dout / (1 + np.abs(x)) ** 2


def hard_tanh_forward(x: Array) -> Any:
    return np.clip(x, -1, 1), x


def hard_tanh_backward(dout: Array, x: Array) -> Any:
    inside = (x > -1) & (x < 1)
    return dout * inside


def prelu_forward(x: Array, a: Array) -> Any:
    return np.where(x > 0, x, a * x), (x, a)


def prelu_backward(dout: Array, cache: Any) -> Any:
    x, a = cache
    dx = dout * np.where(x > 0, 1.0, a)
    da = (dout * np.minimum(x, 0)).sum(axis=0)
    return dx, da


def log_softmax_forward(x: Array) -> Any:
    z = x - x.max(axis=1, keepdims=True)
    out = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return out, np.exp(out)


def log_softmax_backward(dout: Array, p: Array) -> Any:
    return dout - p * dout.sum(axis=1, keepdims=True)


def group_norm_forward(x: Array, gamma: Array) -> Any:
    groups = x.reshape(len(x), 2, -1)
    mu, var = groups.mean(axis=2, keepdims=True), groups.var(axis=2, keepdims=True)
    std = np.sqrt(var + 1e-3)
    xhat = (groups - mu) / std
    return gamma * xhat.reshape(x.shape), (xhat, gamma, std)


def group_norm_backward(dout: Array, cache: Any) -> Any:
    xhat, gamma, std = cache
    g = (dout * gamma).reshape(xhat.shape)
    dx = g - g.mean(axis=2, keepdims=True) - xhat * (g * xhat).mean(axis=2, keepdims=True)
    dgamma = (dout * xhat.reshape(dout.shape)).sum(axis=0)
    return (dx / std).reshape(dout.shape), dgamma


def unit_length_forward(x: Array) -> Any:
    length = np.sqrt((x**2).sum(axis=1, keepdims=True))
    return x / length, (x, length)


def unit_length_backward(dout: Array, cache: Any) -> Any:
    x, length = cache
    along = (dout * x).sum(axis=1, keepdims=True)
    return dout / length - x * along / length**3


def centre_forward(x: Array) -> Any:
    return x - x.mean(axis=0), None


def centre_backward(dout: Array, cache: Any) -> Any:
    return dout - dout.mean(axis=0)


def mlp_forward(x: Array, w: Array, b: Array, v: Array) -> Any:
    h = np.tanh(x @ w + b)
    return h @ v, (x, w, h, v)


def mlp_backward(dout: Array, cache: Any) -> Any:
    x, w, h, v = cache
    dv = h.T @ dout
    dz = (dout @ v.T) * (1 - h**2)
    dx = dz @ w.T
    dw = x.T @ dz
    db = dz.sum(axis=0)
    return dx, dw, db, dv


def lstm_gate_forward(x: Array, c: Array, w: Array) -> Any:
    f = 1 / (1 + np.exp(-(x @ w)))
    g = np.tanh(x)
    return f * c + (1 - f) * g, (x, c, w, f, g)


def lstm_gate_backward(dout: Array, cache: Any) -> Any:
    x, c, w, f, g = cache
    dc = dout * f
    dz = dout * (c - g) * f * (1 - f)
    dx = dz @ w.T + dout * (1 - f) * (1 - g**2)
    dw = x.T @ dz
    return dx, dc, dw


def attention_forward(q: Array, k: Array, v: Array) -> Any:
    scores = q @ k.T / np.sqrt(q.shape[1])
    e = np.exp(scores)
    a = e / e.sum(axis=1, keepdims=True)
    return a @ v, (q, k, v, a)


def attention_backward(dout: Array, cache: Any) -> Any:
    q, k, v, a = cache
    dv = a.T @ dout
    da = dout @ v.T
    ds = a * (da - (da * a).sum(axis=1, keepdims=True)) / np.sqrt(q.shape[1])
    dq = ds @ k
    dk = ds.T @ q
    return dq, dk, dv


def depthwise_forward(x: Array, w: Array) -> Any:
    size = x.shape[1] - w.shape[1] + 1
    out = np.stack([(x[:, i : i + w.shape[1]] * w).sum(axis=1) for i in range(size)], axis=1)
    return out, (x, w)


def depthwise_backward(dout: Array, cache: Any) -> Any:
    x, w = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(dout.shape[1]):
        dx[:, i : i + w.shape[1]] += dout[:, i : i + 1] * w
        dw += dout[:, i : i + 1] * x[:, i : i + w.shape[1]]
    return dx, dw


def upsample_forward(x: Array) -> Any:
    return np.repeat(x, 2, axis=1), x.shape


def upsample_backward(dout: Array, shape: Any) -> Any:
    return (dout[:, ::2] + dout[:, 1::2]).reshape(shape)


def mean_over_time_forward(x: Array, w: Array) -> Any:
    return x.mean(axis=0) @ w, (x, w)


def mean_over_time_backward(dout: Array, cache: Any) -> Any:
    x, w = cache
    dmean = w @ dout
    dx = np.ones_like(x) * dmean / len(x)
    dw = np.outer(x.mean(axis=0), dout)
    return dx, dw


def huber_forward(p: Array, t: Array) -> Any:
    r = p - t
    return np.where(np.abs(r) < 1, 0.5 * r**2, np.abs(r) - 0.5).mean(), r


def huber_backward(dout: Array, r: Array) -> Any:
    dp = dout * np.where(np.abs(r) < 1, r, np.sign(r)) / r.size
    return dp, -dp


def kl_forward(x: Array, y: Array) -> Any:
    p, q = (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) for z in (x, y))
    return (p * np.log(p / q)).sum() / len(x), (p, q)


def kl_backward(dout: Array, cache: Any) -> Any:
    p, q = cache
    ratio = np.log(p / q)
    dx = p * (ratio - (p * ratio).sum(axis=1, keepdims=True)) / len(p)
    dy = (q - p) / len(p)
    return dx * dout, dy * dout


def logistic_forward(x: Array, w: Array, y: Array) -> Any:
    z = x @ w
    return np.mean(np.log1p(np.exp(-y * z))) + 0.05 * np.sum(w**2), (x, w, y, z)


def logistic_backward(dout: Array, cache: Any) -> Any:
    x, w, y, z = cache
    dz = -y / (1 + np.exp(y * z)) / len(y)
    dx = np.outer(dz, w)
    dw = x.T @ dz + 0.1 * w
    return dx * dout, dw * dout


def gru_mix_forward(h: Array, n: Array, z: Array) -> Any:
    g = 1 / (1 + np.exp(-z))
    return (1 - g) * n + g * h, (h, n, g)


def gru_mix_backward(dout: Array, cache: Any) -> Any:
    h, n, g = cache
    dh = dout * g
    dn = dout * (1 - g)
    dz = dout * (h - n) * g * (1 - g)
    return dh, dn, dz


def _r(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


INPUTS: dict[str, Any] = {
    "mish": lambda s: (_r(s, 5, 4),),
    "softsign": lambda s: (_r(s, 5, 4),),
    "hard_tanh": lambda s: (1.5 * _r(s, 5, 4),),
    "prelu": lambda s: (_r(s, 5, 3), 0.3 * _r(s + 1, 3)),
    "log_softmax": lambda s: (_r(s, 3, 5),),
    "group_norm": lambda s: (_r(s, 3, 10), _r(s + 1, 10)),
    "unit_length": lambda s: (_r(s, 3, 5),),
    "centre": lambda s: (_r(s, 6, 3),),
    "mlp": lambda s: (_r(s, 5, 3), _r(s + 1, 3, 4), _r(s + 2, 4), _r(s + 3, 4, 2)),
    "lstm_gate": lambda s: (_r(s, 5, 3), _r(s + 1, 5, 3), _r(s + 2, 3, 3)),
    "attention": lambda s: (_r(s, 4, 3), _r(s + 1, 5, 3), _r(s + 2, 5, 2)),
    "depthwise": lambda s: (_r(s, 2, 7), _r(s + 1, 2, 3)),
    "upsample": lambda s: (_r(s, 3, 4),),
    "mean_over_time": lambda s: (_r(s, 5, 3), _r(s + 1, 3, 2)),
    "huber": lambda s: (1.5 * _r(s, 4, 3), _r(s + 1, 4, 3)),
    "kl": lambda s: (_r(s, 4, 3), _r(s + 1, 4, 3)),
    "logistic": lambda s: (_r(s, 6, 3), _r(s + 1, 3), np.where(_r(s + 2, 6) > 0, 1, -1)),
    "gru_mix": lambda s: (_r(s, 5, 3), _r(s + 1, 5, 3), _r(s + 2, 5, 3)),
}
