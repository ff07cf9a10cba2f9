"""Layers of the second set that work on images and on maps of channels: (N, C, H, W)."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


def batch_norm2d_forward(x: Array, gamma: Array, beta: Array, eps: float = 1e-2) -> Any:
    mean = x.mean(axis=(0, 2, 3), keepdims=True)
    std = np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + eps)
    xhat = (x - mean) / std
    return gamma[:, None, None] * xhat + beta[:, None, None], (xhat, gamma, std)


def batch_norm2d_backward(dout: Array, cache: Any) -> Any:
    xhat, gamma, std = cache
    dgamma = (dout * xhat).sum(axis=(0, 2, 3))
    dbeta = dout.sum(axis=(0, 2, 3))
    g = dout * gamma[:, None, None]
    dx = g - g.mean(axis=(0, 2, 3), keepdims=True) - xhat * (g * xhat).mean(axis=(0, 2, 3), keepdims=True)
    return dx / std, dgamma, dbeta


def instance_norm_forward(x: Array, eps: float = 1e-2) -> Any:
    mean = x.mean(axis=(2, 3), keepdims=True)
    std = np.sqrt(x.var(axis=(2, 3), keepdims=True) + eps)
    xhat = (x - mean) / std
    return xhat, (xhat, std)


def instance_norm_backward(dout: Array, cache: Any) -> Any:
    xhat, std = cache
    centre = dout.mean(axis=(2, 3), keepdims=True)
    along = (dout * xhat).mean(axis=(2, 3), keepdims=True)
    return (dout - centre - xhat * along) / std


def conv_images_forward(x: Array, w: Array, b: Array) -> Any:
    stride, pad = 2, 1
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    n, _, height, width = padded.shape
    k = w.shape[2]
    rows, columns = (height - k) // stride + 1, (width - k) // stride + 1
    out = np.zeros((n, len(w), rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = padded[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
            out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out, (padded, w, stride, pad)


def conv_images_backward(dout: Array, cache: Any) -> Any:
    padded, w, stride, pad = cache
    k = w.shape[2]
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            rows, columns = slice(i * stride, i * stride + k), slice(j * stride, j * stride + k)
            u = dout[:, :, i, j]
            dpadded[:, :, rows, columns] += np.tensordot(u, w, axes=([1], [0]))
            dw += np.tensordot(u, padded[:, :, rows, columns], axes=([0], [0]))
    db = dout.sum(axis=(0, 2, 3))
    return dpadded[:, :, pad:-pad, pad:-pad], dw, db


def max_pool2d_forward(x: Array) -> Any:
    n, c, height, width = x.shape
    windows = x.reshape(n, c, height // 2, 2, width // 2, 2)
    out = windows.max(axis=(3, 5))
    return out, (windows, out)


def max_pool2d_backward(dout: Array, cache: Any) -> Any:
    windows, out = cache
    winner = windows == out[:, :, :, None, :, None]
    dx = winner * dout[:, :, :, None, :, None]
    n, c, height, _, width, _ = windows.shape
    return dx.reshape(n, c, 2 * height, 2 * width)


def global_pool_forward(x: Array) -> Any:
    return x.mean(axis=(2, 3)), x.shape


def global_pool_backward(dout: Array, shape: Any) -> Any:
    area = shape[2] * shape[3]
    return np.broadcast_to(dout[:, :, None, None] / area, shape).copy()


def nearest_forward(x: Array) -> Any:
    return x.repeat(2, axis=2).repeat(2, axis=3), x.shape


def nearest_backward(dout: Array, shape: Any) -> Any:
    n, c, height, width = shape
    return dout.reshape(n, c, height, 2, width, 2).sum(axis=(3, 5))


def channel_bias_forward(x: Array, b: Array) -> Any:
    return x + b[:, None, None], None


def channel_bias_backward(dout: Array, cache: Any) -> Any:
    db = dout.sum(axis=(0, 2, 3))
    return dout, db


def layer_scale_forward(x: Array, scale: Array) -> Any:
    return x + scale * np.tanh(x), (x, scale)


def layer_scale_backward(dout: Array, cache: Any) -> Any:
    x, scale = cache
    t = np.tanh(x)
    dx = dout + dout * scale * (1 - t**2)
    dscale = (dout * t).sum(axis=0)
    return dx, dscale


def drop_path_forward(x: Array, y: Array) -> Any:
    keep = (np.arange(len(x)) % 3 > 0) / (2 / 3)
    return x + keep[:, None] * y, keep


def drop_path_backward(dout: Array, keep: Array) -> Any:
    return dout.copy(), keep[:, None] * dout
