"""Formulas that several rooms of the panel use."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import special

from .draws import normal


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def d_sigmoid(x: Any) -> Any:
    """Its slope, without the cancellation of s (1 - s)."""
    return 1 / ((1 + np.exp(-x)) * (1 + np.exp(x)))


def d_tanh(x: Any) -> Any:
    """1 / cosh(x)^2."""
    return np.cosh(x) ** -2.0


def softmax(x: Any) -> Any:
    """exp(x) / sum exp(x) along the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_vjp(u: Any, x: Any) -> Any:
    """Return s (u - <u, s>)."""
    s = softmax(x)
    return s * (u - (u * s).sum(axis=-1, keepdims=True))


def log_softmax(x: Any) -> Any:
    """Return x - logsumexp(x) along the last axis."""
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def cross_entropy(z: Any, labels: Any) -> Any:
    """Mean of -log softmax(z) at the labels."""
    return -log_softmax(z)[np.arange(len(labels)), labels].mean()


def cross_entropy_grad(z: Any, labels: Any) -> Any:
    """(softmax(z) - onehot) / N."""
    return (softmax(z) - np.eye(z.shape[-1])[labels]) / len(labels)


def affine_vjp(u: Any, x: Any, W: Any, b: Any) -> list[Any]:
    """Return u W^T, x^T u, sum u."""
    return [u @ W.T, x.T @ u, u.sum(axis=0)]


def conv2d(x: Any, w: Any, b: Any) -> Any:
    """Correlate (C, H, W) with every kernel, and add a bias."""
    windows = sliding_window_view(x, w.shape[2:], axis=(1, 2))
    return np.einsum("chwij,ocij->ohw", windows, w) + b[:, None, None]


def conv2d_vjp(u: Any, x: Any, w: Any, b: Any) -> list[Any]:
    """Spread every output back over its window."""
    dx = np.zeros_like(x)
    _, height, width = u.shape
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            dx[:, i : i + height, j : j + width] += np.einsum("ohw,oc->chw", u, w[:, :, i, j])
    windows = sliding_window_view(x, w.shape[2:], axis=(1, 2))
    return [dx, np.einsum("ohw,chwij->ocij", u, windows), u.sum(axis=(1, 2))]


def gather_vjp(u: Any, table: Any, index: Any) -> Any:
    """Sum the upstreams of every row."""
    dtable = np.zeros_like(table)
    np.add.at(dtable, index, u)
    return dtable


def norm(x: Any) -> Any:
    """Euclidean length."""
    return np.sqrt((x * x).sum())


def norm_grad(x: Any) -> Any:
    """Return x / |x|, and zero at zero."""
    length = norm(x)
    return x / length if length else np.zeros_like(x)


def d_gelu(x: Any) -> Any:
    """Phi(x) + x phi(x)."""
    return (1 + special.erf(x / np.sqrt(2))) / 2 + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi)


SEVEN = normal(7)
