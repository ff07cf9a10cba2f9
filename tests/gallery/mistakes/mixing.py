# ruff: noqa: RUF059 - a mistake may need what the right backward does not
"""Layers whose outputs depend on several entries, as people write them: forward returns (out, cache)."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


def affine_forward(x: Array, w: Array, b: Array) -> Any:
    return x @ w + b, (x, w)


def affine_backward(dout: Array, cache: Any) -> Any:
    x, w = cache
    dx = dout @ w.T
    dw = x.T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


def scale_shift_forward(x: Array, gamma: Array, beta: Array) -> Any:
    return x * gamma + beta, (x, gamma)


def scale_shift_backward(dout: Array, cache: Any) -> Any:
    x, gamma = cache
    dx = dout * gamma
    dgamma = (dout * x).sum(axis=0)
    dbeta = dout.sum(axis=0)
    return dx, dgamma, dbeta


def softmax_forward(x: Array) -> Any:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    s = e / e.sum(axis=1, keepdims=True)
    return s, s


def softmax_backward(dout: Array, s: Array) -> Any:
    inner = (dout * s).sum(axis=1, keepdims=True)
    return s * (dout - inner)


def batch_norm_forward(x: Array, gamma: Array, beta: Array, eps: float = 1e-2) -> Any:
    mu, var = x.mean(axis=0), x.var(axis=0)
    std = np.sqrt(var + eps)
    xhat = (x - mu) / std
    return gamma * xhat + beta, (xhat, gamma, std, var, eps)


def batch_norm_backward(dout: Array, cache: Any) -> Any:
    xhat, gamma, std, var, eps = cache
    dxhat = dout * gamma
    through_mean = dxhat.mean(axis=0)
    through_variance = xhat * (dxhat * xhat).mean(axis=0)
    dx = (dxhat - through_mean - through_variance) / std
    dgamma = (dout * xhat).sum(axis=0)
    dbeta = dout.sum(axis=0)
    return dx, dgamma, dbeta


def layer_norm_forward(x: Array, eps: float = 1e-2) -> Any:
    mu, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    std = np.sqrt(var + eps)
    xhat = (x - mu) / std
    return xhat, (xhat, std, var, eps)


def layer_norm_backward(dout: Array, cache: Any) -> Any:
    xhat, std, var, eps = cache
    through_mean = dout.mean(axis=1, keepdims=True)
    through_variance = xhat * (dout * xhat).mean(axis=1, keepdims=True)
    return (dout - through_mean - through_variance) / std


def rms_norm_forward(x: Array, gamma: Array, eps: float = 1e-2) -> Any:
    rms = np.sqrt((x**2).mean(axis=1, keepdims=True) + eps)
    return gamma * x / rms, (x, gamma, rms)


def rms_norm_backward(dout: Array, cache: Any) -> Any:
    x, gamma, rms = cache
    g = dout * gamma
    xhat = x / rms
    dx = (g - xhat * (g * xhat).mean(axis=1, keepdims=True)) / rms
    dgamma = (dout * xhat).sum(axis=0)
    return dx, dgamma


def residual_forward(x: Array, w: Array) -> Any:
    h = np.tanh(x @ w)
    return x + h, (x, w, h)


def residual_backward(dout: Array, cache: Any) -> Any:
    x, w, h = cache
    dh = dout * (1 - h**2)
    dx = dout + dh @ w.T
    dw = x.T @ dh
    return dx, dw


def bilinear_forward(a: Array, m: Array, b: Array) -> Any:
    return a @ m @ b.T, (a, m, b)


def bilinear_backward(dout: Array, cache: Any) -> Any:
    a, m, b = cache
    da = dout @ b @ m.T
    dm = a.T @ dout @ b
    db = dout.T @ a @ m
    return da, dm, db


def glu_forward(a: Array, b: Array) -> Any:
    gate = 1 / (1 + np.exp(-b))
    return a * gate, (a, gate)


def glu_backward(dout: Array, cache: Any) -> Any:
    a, gate = cache
    da = dout * gate
    db = dout * a * gate * (1 - gate)
    return da, db
