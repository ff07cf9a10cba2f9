# ruff: noqa: RUF059 - a mistake may need what the right backward does not
"""Losses, as people write them: forward returns (loss, cache), backward takes the upstream of that one number."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


def cross_entropy_forward(x: Array, y: Array) -> Any:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    rows = np.arange(len(x))
    return -np.log(p[rows, y]).sum(), (x, p, y, rows)


def cross_entropy_backward(dout: Array, cache: Any) -> Any:
    x, p, y, rows = cache
    dx = p.copy()
    dx[rows, y] -= 1
    return (dx * dout,)


def mean_square_forward(prediction: Array, target: Array) -> Any:
    difference = prediction - target
    return (difference**2).mean(), difference


def mean_square_backward(dout: Array, difference: Array) -> Any:
    dprediction = 2 * difference / difference.size * dout
    dtarget = -dprediction
    return dprediction, dtarget


def ridge_forward(x: Array, w: Array, strength: float = 0.3) -> Any:
    z = np.tanh(x @ w)
    return z.sum() + 0.5 * strength * (w**2).sum(), (x, w, z, strength)


def ridge_backward(dout: Array, cache: Any) -> Any:
    x, w, z, strength = cache
    dz = (1 - z**2) * dout
    dx = dz @ w.T
    dw = x.T @ dz + strength * w * dout
    return dx, dw


def hinge_forward(score: Array, sign: Array) -> Any:
    margin = 1 - sign * score
    return np.maximum(margin, 0).mean(), (sign, margin)


def hinge_backward(dout: Array, cache: Any) -> Any:
    sign, margin = cache
    return (-sign * (margin > 0) / margin.size * dout,)


def cosine_forward(a: Array, b: Array) -> Any:
    na, nb = np.sqrt((a**2).sum()), np.sqrt((b**2).sum())
    c = (a * b).sum() / (na * nb)
    return c, (a, b, na, nb, c)


def cosine_backward(dout: Array, cache: Any) -> Any:
    a, b, na, nb, c = cache
    da = (b / (na * nb) - c * a / na**2) * dout
    db = (a / (na * nb) - c * b / nb**2) * dout
    return da, db
