# ruff: noqa: RUF059 - a mistake may need what the right backward does not
"""Layers with windows, indices and time, as people write them: forward returns (out, cache)."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


def conv1d_forward(x: Array, w: Array, stride: int = 1) -> Any:
    size = (len(x) - len(w)) // stride + 1
    out = np.array([(x[i * stride : i * stride + len(w)] * w).sum() for i in range(size)])
    return out, (x, w, stride)


def conv1d_backward(dout: Array, cache: Any) -> Any:
    x, w, stride = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(len(dout)):
        dx[i * stride : i * stride + len(w)] += dout[i] * w
        dw += dout[i] * x[i * stride : i * stride + len(w)]
    return dx, dw


def strided_conv_forward(x: Array, w: Array, stride: int = 2) -> Any:
    size = (len(x) - len(w)) // stride + 1
    out = np.array([(x[i * stride : i * stride + len(w)] * w).sum() for i in range(size)])
    return out, (x, w, stride)


def strided_conv_backward(dout: Array, cache: Any) -> Any:
    x, w, stride = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(len(dout)):
        start = i * stride
        dx[start : start + len(w)] += dout[i] * w
        dw += dout[i] * x[start : start + len(w)]
    return dx, dw


def conv2d_forward(x: Array, w: Array) -> Any:
    kh, kw = w.shape
    h, v = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    out = np.array([[(x[i : i + kh, j : j + kw] * w).sum() for j in range(v)] for i in range(h)])
    return out, (x, w)


def conv2d_backward(dout: Array, cache: Any) -> Any:
    x, w = cache
    kh, kw = w.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(dout.shape[0]):
        for j in range(dout.shape[1]):
            dx[i : i + kh, j : j + kw] += dout[i, j] * w
            dw += dout[i, j] * x[i : i + kh, j : j + kw]
    return dx, dw


def max_pool_forward(x: Array, size: int = 2) -> Any:
    windows = x.reshape(x.shape[0], -1, size)
    return windows.max(axis=2), (windows, x.shape)


def max_pool_backward(dout: Array, cache: Any) -> Any:
    windows, shape = cache
    winner = windows == windows.max(axis=2, keepdims=True)
    dx = winner * dout[:, :, None]
    return dx.reshape(shape)


def avg_pool_forward(x: Array, size: int = 3) -> Any:
    out = np.array([x[i : i + size].mean(axis=0) for i in range(len(x) - size + 1)])
    return out, (x, size)


def avg_pool_backward(dout: Array, cache: Any) -> Any:
    x, size = cache
    dx = np.zeros_like(x)
    for i in range(len(dout)):
        dx[i : i + size] += dout[i] / size
    return dx


def embedding_forward(table: Array, rows: Array) -> Any:
    return table[rows], (table, rows)


def embedding_backward(dout: Array, cache: Any) -> Any:
    table, rows = cache
    dtable = np.zeros_like(table)
    np.add.at(dtable, rows, dout)
    return (dtable,)


def rnn_forward(x: Array, h0: Array, w: Array, u: Array) -> Any:
    states = [h0]
    for x_t in x:
        states.append(np.tanh(x_t @ w + states[-1] @ u))
    return np.array(states[1:]), (x, states, w, u)


def rnn_backward(dout: Array, cache: Any) -> Any:
    x, states, w, u = cache
    dx, dw, du = np.zeros_like(x), np.zeros_like(w), np.zeros_like(u)
    dh = np.zeros_like(states[0])
    for t in reversed(range(len(x))):
        dz = (dout[t] + dh) * (1 - states[t + 1] ** 2)
        dx[t] = dz @ w.T
        dw += np.outer(x[t], dz)
        du += np.outer(states[t], dz)
        dh = dz @ u.T
    return dx, dh, dw, du


def dropout_forward(x: Array, keep: float = 0.6) -> Any:
    mask = np.random.default_rng(0).random(x.shape) < keep
    return x * mask / keep, (mask, keep, x)


def dropout_backward(dout: Array, cache: Any) -> Any:
    mask, keep, x = cache
    return dout * mask / keep


def gather_forward(x: Array, order: Array) -> Any:
    return x[:, order], (order, x.shape)


def gather_backward(dout: Array, cache: Any) -> Any:
    order, shape = cache
    dx = np.zeros(shape)
    dx[:, order] = dout
    return (dx,)
