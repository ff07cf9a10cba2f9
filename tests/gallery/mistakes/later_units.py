"""Layers of the second set, written after the hypotheses: gates, cells, attention, losses, in readable code."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


def _sigmoid(x: Array) -> Any:
    return 1 / (1 + np.exp(-x))


def two_layer_forward(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Any:
    z = x @ w1 + b1
    h = np.maximum(z, 0)
    return h @ w2 + b2, (x, w1, z, h, w2)


def two_layer_backward(dout: Array, cache: Any) -> Any:
    x, w1, z, h, w2 = cache
    dw2 = h.T @ dout
    db2 = dout.sum(axis=0)
    dh = dout @ w2.T
    dz = dh * (z > 0)
    dw1 = x.T @ dz
    db1 = dz.sum(axis=0)
    dx = dz @ w1.T
    return dx, dw1, db1, dw2, db2


def logistic_unit_forward(x: Array, w: Array, b: Array) -> Any:
    p = 1 / (1 + np.exp(-(x @ w + b)))
    return p, (x, w, p)


def logistic_unit_backward(dout: Array, cache: Any) -> Any:
    x, w, p = cache
    dz = dout * p * (1 - p)
    return np.outer(dz, w), x.T @ dz, dz.sum()


def swiglu_forward(a: Array, b: Array) -> Any:
    gate = 1 / (1 + np.exp(-a))
    return a * gate * b, (a, b, gate)


def swiglu_backward(dout: Array, cache: Any) -> Any:
    a, b, gate = cache
    da = dout * b * (gate + a * gate * (1 - gate))
    db = dout * a * gate
    return da, db


def hard_sigmoid_forward(x: Array) -> Any:
    return np.clip(x / 6 + 0.5, 0, 1), x


def hard_sigmoid_backward(dout: Array, x: Array) -> Any:
    inside = (x > -3) & (x < 3)
    return dout * inside / 6


def lstm_cell_forward(x: Array, h: Array, c: Array, w: Array, u: Array) -> Any:
    n = h.shape[1]
    z = x @ w + h @ u
    i, f, o = (1 / (1 + np.exp(-z[:, k * n : (k + 1) * n])) for k in range(3))
    g = np.tanh(z[:, 3 * n :])
    new = f * c + i * g
    t = np.tanh(new)
    return o * t, (x, h, c, w, u, i, f, o, g, t)


def lstm_cell_backward(dout: Array, cache: Any) -> Any:
    x, h, c, w, u, i, f, o, g, t = cache
    do = dout * t
    dnew = dout * o * (1 - t**2)
    di = dnew * g
    df = dnew * c
    dg = dnew * i
    dc = dnew * f
    dz = np.concatenate([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)], axis=1)
    return dz @ w.T, dz @ u.T, dc, x.T @ dz, h.T @ dz


def gru_cell_forward(x: Array, h: Array, w: Array, u: Array) -> Any:
    z = 1 / (1 + np.exp(-(x @ w + h @ u)))
    n = np.tanh(x)
    return (1 - z) * n + z * h, (x, h, w, u, z, n)


def gru_cell_backward(dout: Array, cache: Any) -> Any:
    x, h, w, u, z, n = cache
    dz = dout * (h - n) * z * (1 - z)
    dn = dout * (1 - z)
    dx = dz @ w.T + dn * (1 - n**2)
    dh = dout * z + dz @ u.T
    return dx, dh, x.T @ dz, h.T @ dz


def causal_weights_forward(scores: Array) -> Any:
    allowed = np.tril(np.ones(scores.shape))
    e = np.exp(scores) * allowed
    p = e / e.sum(axis=1, keepdims=True)
    return p, p


def causal_weights_backward(dout: Array, p: Array) -> Any:
    inner = (dout * p).sum(axis=1, keepdims=True)
    return p * (dout - inner)


def heads_forward(q: Array, k: Array, v: Array) -> Any:
    scores = np.einsum("hid,hjd->hij", q, k) / np.sqrt(q.shape[2])
    e = np.exp(scores)
    p = e / e.sum(axis=2, keepdims=True)
    return np.einsum("hij,hjd->hid", p, v), (q, k, v, p)


def heads_backward(dout: Array, cache: Any) -> Any:
    q, k, v, p = cache
    dv = np.einsum("hij,hid->hjd", p, dout)
    dp = np.einsum("hid,hjd->hij", dout, v)
    ds = p * (dp - (dp * p).sum(axis=2, keepdims=True)) / np.sqrt(q.shape[2])
    dq = np.einsum("hij,hjd->hid", ds, k)
    dk = np.einsum("hij,hid->hjd", ds, q)
    return dq, dk, dv


def smoothed_loss_forward(x: Array, y: Array) -> Any:
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    target = np.full(x.shape, 0.1 / x.shape[1])
    target[np.arange(len(x)), y] += 0.9
    return -(target * np.log(p)).sum() / len(x), (p, target)


def smoothed_loss_backward(dout: Array, cache: Any) -> Any:
    p, target = cache
    return (p - target) / len(p) * dout


def logits_loss_forward(z: Array, t: Array) -> Any:
    return (np.log1p(np.exp(z)) - t * z).mean(), (z, t)


def logits_loss_backward(dout: Array, cache: Any) -> Any:
    z, t = cache
    p = 1 / (1 + np.exp(-z))
    dz = dout * (p - t) / z.size
    return dz, -dout * z / z.size


def gaussian_kl_forward(mu: Array, logvar: Array) -> Any:
    return -0.5 * (1 + logvar - mu**2 - np.exp(logvar)).sum() / len(mu), (mu, logvar)


def gaussian_kl_backward(dout: Array, cache: Any) -> Any:
    mu, logvar = cache
    dmu = mu / len(mu)
    dlogvar = 0.5 * (np.exp(logvar) - 1) / len(mu)
    return dmu * dout, dlogvar * dout


def distance_forward(a: Array, b: Array) -> Any:
    d = np.sqrt(((a - b) ** 2).sum(axis=1))
    return d, (a, b, d)


def distance_backward(dout: Array, cache: Any) -> Any:
    a, b, d = cache
    da = (dout / d)[:, None] * (a - b)
    return da, -da


def logsumexp_forward(x: Array) -> Any:
    top = x.max(axis=1, keepdims=True)
    e = np.exp(x - top)
    total = e.sum(axis=1)
    return np.log(total) + top[:, 0], (e, total)


def logsumexp_backward(dout: Array, cache: Any) -> Any:
    e, total = cache
    return dout[:, None] * e / total[:, None]
