"""Large subjects as data: well-written NumPy, forward beside backward, at any number of inputs and parameters.

Each forward returns ``(out, cache)``, each backward takes ``(dout, cache)`` and returns one gradient per input, so
that every checker of the tables can run the same code. `Workload.draw` makes inputs of about `n` numbers in all; the
tables use `Workload.full`.

The gradients are held against an independent oracle in ``tests/benchmarks/test_benchmarks_workloads.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
from scipy.special import ndtr

Array = np.ndarray
Arrays = tuple[Array, ...]

MILLION = 10**6


@dataclass(frozen=True)
class Workload:
    """A subject, how its inputs are drawn, and whether it has kinks."""

    name: str
    forward: Callable[..., tuple[Any, Any]]
    backward: Callable[[Any, Any], Arrays]
    draw: Callable[[int, np.random.Generator], Arrays]
    full: int = MILLION
    kinked: bool = False

    def inputs(self, n: int | None = None, seed: int = 0) -> Arrays:
        """Return inputs of about `n` numbers in all, those of the tables by default."""
        return self.draw(n or self.full, np.random.default_rng(seed))

    def out(self, *inputs: Array) -> Any:
        """Return the output alone."""
        return self.forward(*inputs)[0]

    def upstream(self, inputs: Arrays, seed: int = 1) -> Any:
        """Return an upstream gradient of the output's shape."""
        return np.asarray(np.random.default_rng(seed).uniform(0.5, 1.5, np.shape(self.out(*inputs))))


def sizes(inputs: Arrays) -> int:
    """Return how many numbers there are in all."""
    return sum(a.size for a in inputs)


# -- matrix products -------------------------------------------------------------------------------------------------


def affine(x: Array, W: Array, b: Array) -> tuple[Array, Any]:
    """X W + b."""
    out = x @ W
    out += b
    return out, (x, W)


def affine_backward(dout: Array, cache: Any) -> Arrays:
    """Return dY W^T, X^T dY, sum dY."""
    x, W = cache
    return dout @ W.T, x.T @ dout, dout.sum(axis=0)


def _square(batch: int) -> Callable[[int, np.random.Generator], Arrays]:
    def draw(n: int, rng: np.random.Generator) -> Arrays:
        side = max(isqrt(n), 2)
        W = rng.standard_normal((side, side)) / np.sqrt(side)
        return rng.standard_normal((min(batch, side), side)), W, rng.standard_normal(side)

    return draw


def conv(x: Array, w: Array) -> tuple[Array, Any]:
    """Correlate (N, H, W, C) with (K, K, C, O), as one product with a matrix of windows."""
    k, _, channels, _ = w.shape
    n, height, width = x.shape[0], x.shape[1] - k + 1, x.shape[2] - k + 1
    windows = np.empty((n, height, width, k, k, channels))
    for i in range(k):
        for j in range(k):
            windows[:, :, :, i, j] = x[:, i : i + height, j : j + width]
    flat = windows.reshape(n * height * width, -1)
    return (flat @ w.reshape(flat.shape[1], -1)).reshape(n, height, width, -1), (flat, w, x.shape)


def conv_backward(dout: Array, cache: Any) -> Arrays:
    """Spread every output back over its window."""
    flat, w, shape = cache
    k, _, channels, count = w.shape
    n, height, width, _ = dout.shape
    du = dout.reshape(-1, count)
    dwindows = (du @ w.reshape(-1, count).T).reshape(n, height, width, k, k, channels)
    dx = np.zeros(shape)
    for i in range(k):
        for j in range(k):
            dx[:, i : i + height, j : j + width] += dwindows[:, :, :, i, j]
    return dx, (flat.T @ du).reshape(w.shape)


def _images(n: int, rng: np.random.Generator) -> Arrays:
    channels, side = (16, 32) if n >= MILLION // 10 else (2, 6)
    count = max(n // (channels * side * side), 1)
    x = rng.standard_normal((count, side, side, channels))
    return x, rng.standard_normal((3, 3, channels, channels)) / (3 * np.sqrt(channels))


# -- normalizations --------------------------------------------------------------------------------------------------


def _normalization(axis: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Over the batch (axis 0) or over the features (axis 1), with gain and shift."""

    def forward(x: Array, gamma: Array, beta: Array) -> tuple[Array, Any]:
        hat = x - x.mean(axis=axis, keepdims=True)
        inverse = 1 / np.sqrt(np.mean(hat * hat, axis=axis, keepdims=True) + 1e-5)
        hat *= inverse
        return gamma * hat + beta, (hat, inverse, gamma)

    def backward(dout: Array, cache: Any) -> Arrays:
        hat, inverse, gamma = cache
        dgamma, dbeta = (dout * hat).sum(axis=0), dout.sum(axis=0)
        dhat = dout * gamma
        mean = dhat.mean(axis=axis, keepdims=True)
        along = (dhat * hat).mean(axis=axis, keepdims=True)
        dhat -= mean
        dhat -= hat * along
        dhat *= inverse
        return dhat, dgamma, dbeta

    return forward, backward


def _features(n: int, rng: np.random.Generator) -> Arrays:
    width = 256 if n >= MILLION // 10 else 4
    x = rng.standard_normal((max(n // width, 3), width))
    return x, 1 + 0.1 * rng.standard_normal(width), rng.standard_normal(width)


# -- attention and losses --------------------------------------------------------------------------------------------


def _softmax(z: Array) -> Array:
    e = z - z.max(axis=-1, keepdims=True)
    np.exp(e, out=e)
    e /= e.sum(axis=-1, keepdims=True)
    return e


def attention(q: Array, k: Array, v: Array) -> tuple[Array, Any]:
    """softmax(Q K^T / sqrt d) V, for every head."""
    scores = q @ k.swapaxes(1, 2)
    scores /= np.sqrt(q.shape[2])
    p = _softmax(scores)
    return p @ v, (q, k, v, p)


def attention_backward(dout: Array, cache: Any) -> Arrays:
    """Back through the product, the softmax and the scores."""
    q, k, v, p = cache
    ds = dout @ v.swapaxes(1, 2)
    ds -= np.einsum("hqk,hqk->hq", ds, p)[:, :, None]
    ds *= p
    ds /= np.sqrt(q.shape[2])
    return ds @ k, ds.swapaxes(1, 2) @ q, p.swapaxes(1, 2) @ dout


def _heads(n: int, rng: np.random.Generator) -> Arrays:
    length, width = (256, 64) if n >= MILLION // 10 else (4, 3)
    shape = (max(n // (3 * length * width), 1), length, width)
    return tuple(rng.standard_normal(shape) for _ in range(3))


def _labels(count: int, classes: int) -> tuple[Array, Array]:
    return np.arange(count), (7 * np.arange(count) + 3) % classes


def cross_entropy(z: Array) -> tuple[Any, Any]:
    """Mean of -log softmax(z) at fixed labels."""
    p, at = _softmax(z), _labels(*z.shape)
    return -np.mean(np.log(p[at])), (p, at)


def cross_entropy_backward(dout: Any, cache: Any) -> Arrays:
    """(softmax(z) - onehot) / N."""
    p, at = cache
    dz = p * (dout / len(p))
    dz[at] -= dout / len(p)
    return (dz,)


def _logits(n: int, rng: np.random.Generator) -> Arrays:
    side = max(isqrt(n), 2)
    return (rng.standard_normal((side, side)),)


def network(x: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> tuple[Any, Any]:
    """Mean cross-entropy of relu(X W1 + b1) W2 + b2."""
    hidden = x @ W1
    hidden += b1
    np.maximum(hidden, 0, out=hidden)
    loss, cache = cross_entropy(hidden @ W2 + b2)
    return loss, (x, W1, hidden, W2, cache)


def network_backward(dout: Any, cache: Any) -> Arrays:
    """Back through the loss, the second layer, the mask and the first layer."""
    x, W1, hidden, W2, kept = cache
    (dz,) = cross_entropy_backward(dout, kept)
    dhidden = dz @ W2.T
    dhidden *= hidden > 0
    return dhidden @ W1.T, x.T @ dhidden, dhidden.sum(axis=0), hidden.T @ dz, dz.sum(axis=0)


def _two_layers(n: int, rng: np.random.Generator) -> Arrays:
    side = max(isqrt(n // 2), 2)
    W1, W2 = (rng.standard_normal((side, side)) * np.sqrt(2 / side) for _ in range(2))
    x = rng.standard_normal((min(64, side), side))
    return x, W1, 0.1 * rng.standard_normal(side), W2, 0.1 * rng.standard_normal(side)


# -- elementwise, and a pool -----------------------------------------------------------------------------------------


def relu(x: Array) -> tuple[Array, Any]:
    """max(x, 0)."""
    return np.maximum(x, 0), x


def relu_backward(dout: Array, cache: Any) -> Arrays:
    """Where x is positive."""
    return (dout * (cache > 0),)


def gelu(x: Array) -> tuple[Array, Any]:
    """Return x Phi(x)."""
    phi = ndtr(x)
    return x * phi, (x, phi)


def gelu_backward(dout: Array, cache: Any) -> Arrays:
    """Phi(x) + x phi(x)."""
    x, phi = cache
    density = x * x
    density *= -0.5
    np.exp(density, out=density)
    density *= x / np.sqrt(2 * np.pi)
    density += phi
    density *= dout
    return (density,)


def max_pool(x: Array) -> tuple[Array, Any]:
    """Largest of every 2 x 2 tile of (N, H, W)."""
    corners = [x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    out = np.maximum(np.maximum(corners[0], corners[1]), np.maximum(corners[2], corners[3]))
    return out, (x, out)


def max_pool_backward(dout: Array, cache: Any) -> Arrays:
    """To the first of the largest."""
    x, out = cache
    dx, left = np.zeros_like(x), np.ones(out.shape, dtype=bool)
    for i in (0, 1):
        for j in (0, 1):
            here = left & (x[:, i::2, j::2] == out)
            dx[:, i::2, j::2] = dout * here
            left &= ~here
    return (dx,)


def _vector(n: int, rng: np.random.Generator) -> Arrays:
    return (rng.standard_normal(n),)


def _planes(n: int, rng: np.random.Generator) -> Arrays:
    side = 32 if n >= MILLION // 10 else 2
    return (rng.standard_normal((max(n // side**2, 1), side, side)),)


# -- the table -------------------------------------------------------------------------------------------------------

WORKLOADS = (
    Workload("affine 1024 x 1024, batch 64", affine, affine_backward, _square(64), 1024**2),
    Workload("affine 1024 x 1024, batch 512", affine, affine_backward, _square(512), 1024**2),
    Workload("conv2d 3 x 3", conv, conv_backward, _images),
    Workload("batch norm", *_normalization(0), _features),
    Workload("layer norm", *_normalization(1), _features),
    Workload("attention", attention, attention_backward, _heads),
    Workload("softmax cross-entropy", cross_entropy, cross_entropy_backward, _logits),
    Workload("max pool 2 x 2", max_pool, max_pool_backward, _planes, kinked=True),
    Workload("relu", relu, relu_backward, _vector, kinked=True),
    Workload("gelu", gelu, gelu_backward, _vector),
    Workload("two-layer net, 10^5 parameters", network, network_backward, _two_layers, 10**5, kinked=True),
)

BY_NAME = {workload.name: workload for workload in WORKLOADS}
