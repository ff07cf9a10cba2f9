"""Twelve layers that are right, and bugs that only some inputs show.

A layer is a pair ``forward(x, ...) -> (out, cache)`` and ``backward(dout, cache)``, with the arguments of one call. A
trouble is a condition on the first argument; where it holds, the gradient of that argument is off by a quarter of the
sum of the upstream: visible wherever the true gradient is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray
Pair = tuple[Callable[..., tuple[Any, Any]], Callable[[Any, Any], Any]]


def affine_forward(x: Array, w: Array, b: Array) -> tuple[Array, Any]:
    return x @ w + b, (x, w)


def affine_backward(dout: Array, cache: Any) -> tuple[Array, ...]:
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def relu_forward(x: Array) -> tuple[Array, Any]:
    return np.maximum(x, 0), x


def relu_backward(dout: Array, x: Array) -> tuple[Array]:
    return (dout * (x > 0),)


def tanh_forward(x: Array) -> tuple[Array, Any]:
    y = np.tanh(x)
    return y, y


def tanh_backward(dout: Array, y: Array) -> tuple[Array]:
    return (dout * (1 - y) * (1 + y),)


def softplus_forward(x: Array) -> tuple[Array, Any]:
    return np.logaddexp(0, x), x


def softplus_backward(dout: Array, x: Array) -> tuple[Array]:
    return (dout * np.exp(-np.logaddexp(0, -x)),)


def softmax_forward(x: Array) -> tuple[Array, Any]:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    y = e / e.sum(axis=1, keepdims=True)
    return y, y


def softmax_backward(dout: Array, y: Array) -> tuple[Array]:
    return (y * (dout - (dout * y).sum(axis=1, keepdims=True)),)


def cross_entropy_forward(x: Array, target: Array) -> tuple[Any, Any]:
    top = x.max(axis=1, keepdims=True)
    shifted = x - top - np.log(np.exp(x - top).sum(axis=1, keepdims=True))
    return -shifted[np.arange(len(x)), target].sum(), (np.exp(shifted), target)


def cross_entropy_backward(dout: Any, cache: Any) -> tuple[Array]:
    y, target = cache
    hot = np.zeros_like(y)
    hot[np.arange(len(y)), target] = 1
    return (dout * (y - hot),)


def _normalized(x: Array, axis: int) -> tuple[Array, Array]:
    centred = x - x.mean(axis=axis, keepdims=True)
    root = np.sqrt((centred**2).mean(axis=axis, keepdims=True) + 1e-3)
    return centred / root, root


def _through(d: Array, hat: Array, root: Array, axis: int) -> Array:
    mean = d.mean(axis=axis, keepdims=True)
    return (d - mean - hat * (d * hat).mean(axis=axis, keepdims=True)) / root


def batch_norm_forward(x: Array, gamma: Array, beta: Array) -> tuple[Array, Any]:
    hat, root = _normalized(x, 0)
    return gamma * hat + beta, (hat, root, gamma)


def batch_norm_backward(dout: Array, cache: Any) -> tuple[Array, ...]:
    hat, root, gamma = cache
    return _through(dout * gamma, hat, root, 0), (dout * hat).sum(axis=0), dout.sum(axis=0)


def layer_norm_forward(x: Array, gamma: Array, beta: Array) -> tuple[Array, Any]:
    hat, root = _normalized(x, 1)
    return gamma * hat + beta, (hat, root, gamma)


def layer_norm_backward(dout: Array, cache: Any) -> tuple[Array, ...]:
    hat, root, gamma = cache
    return _through(dout * gamma, hat, root, 1), (dout * hat).sum(axis=0), dout.sum(axis=0)


def prelu_forward(x: Array, slope: Array) -> tuple[Array, Any]:
    return np.where(x > 0, x, slope * x), (x, slope)


def prelu_backward(dout: Array, cache: Any) -> tuple[Array, ...]:
    x, slope = cache
    return dout * np.where(x > 0, 1.0, slope), (dout * np.where(x > 0, 0.0, x)).sum(axis=0)


def masked_forward(x: Array, mask: Array) -> tuple[Array, Any]:
    return np.where(mask, x / 0.8, 0.0), mask


def masked_backward(dout: Array, mask: Array) -> tuple[Array]:
    return (np.where(mask, dout / 0.8, 0.0),)


def conv_forward(x: Array, w: Array) -> tuple[Array, Any]:
    """Correlate (N, T) with (K,), zeros around."""
    padded = np.pad(x, ((0, 0), (len(w) // 2, len(w) - 1 - len(w) // 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(w), axis=1)
    return windows @ w, (windows, w)


def conv_backward(dout: Array, cache: Any) -> tuple[Array, ...]:
    windows, w = cache
    padded = np.zeros((len(dout), dout.shape[1] + len(w) - 1))
    for k, weight in enumerate(w):
        padded[:, k : k + dout.shape[1]] += dout * weight
    start = len(w) // 2
    return padded[:, start : start + dout.shape[1]], np.einsum("nt,ntk->k", dout, windows)


def attention_forward(q: Array, k: Array, v: Array) -> tuple[Array, Any]:
    """softmax(q kᵀ / √d) v, queries (N, D), keys (S, D), values (S, E)."""
    y, _ = softmax_forward(q @ k.T / np.sqrt(q.shape[1]))
    return y @ v, (q, k, v, y)


def attention_backward(dout: Array, cache: Any) -> tuple[Array, ...]:
    q, k, v, y = cache
    (d,) = softmax_backward(dout @ v.T, y)
    d = d / np.sqrt(q.shape[1])
    return d @ k, d.T @ q, y.T @ dout


_RNG = np.random.default_rng(20)


def _normal(*shape: int) -> Array:
    return _RNG.standard_normal(shape)


LAYERS: dict[str, tuple[Pair, tuple[Any, ...]]] = {
    "affine": ((affine_forward, affine_backward), (_normal(4, 3), _normal(3, 5), _normal(5))),
    "ReLU": ((relu_forward, relu_backward), (_normal(4, 3),)),
    "tanh": ((tanh_forward, tanh_backward), (_normal(4, 3),)),
    "softplus": ((softplus_forward, softplus_backward), (_normal(4, 3),)),
    "softmax": ((softmax_forward, softmax_backward), (_normal(4, 3),)),
    "cross entropy": ((cross_entropy_forward, cross_entropy_backward), (_normal(4, 3), np.array([0, 2, 1, 1]))),
    "batch norm": ((batch_norm_forward, batch_norm_backward), (_normal(4, 3), _normal(3), _normal(3))),
    "layer norm": ((layer_norm_forward, layer_norm_backward), (_normal(4, 3), _normal(3), _normal(3))),
    "PReLU": ((prelu_forward, prelu_backward), (_normal(4, 3), np.array([0.25, -0.5, 0.1]))),
    "masking": ((masked_forward, masked_backward), (_normal(4, 3), _normal(4, 3) > 0)),
    "convolution": ((conv_forward, conv_backward), (_normal(4, 5), _normal(3))),
    "attention": ((attention_forward, attention_backward), (_normal(4, 3), _normal(5, 3), _normal(5, 2))),
}
"""Name -> forward and backward, and the arguments of one call."""


@dataclass(frozen=True)
class Trouble:
    """When the gradient is wrong, and the smallest first argument that shows it, in the order of the search."""

    name: str
    holds: Callable[[Array], bool]
    smallest: tuple[int, int]


TROUBLES = (
    Trouble("saturated", lambda x: bool(np.abs(x).max(initial=0) >= 30), (2, 1)),
    Trouble("an entry exactly 0", lambda x: bool((x == 0).any()), (2, 1)),
    Trouble("a constant row", lambda x: bool(x.shape[1] > 1 and (x == x[:, :1]).all(axis=1).any()), (2, 2)),
    Trouble("a constant column", lambda x: bool(len(x) > 1 and (x == x[:1]).all(axis=0).any()), (2, 1)),
    Trouble("batch of one", lambda x: len(x) == 1, (1, 1)),
    Trouble("width one", lambda x: x.shape[1] == 1, (2, 1)),
    Trouble("strided input", lambda x: not x.flags.c_contiguous, (2, 1)),
)
"""Conditions that one draw of standard normal numbers of an ordinary shape never meets."""

SECOND_CALL = Trouble("second call, another batch", lambda x: False, (2, 1))


def planted(pair: Pair, trouble: Trouble) -> Any:
    """Return the pair, or an object with the same two methods, with the bug of `trouble` in it."""
    return Stateful(pair) if trouble is SECOND_CALL else _conditional(pair, trouble)


def _conditional(pair: Pair, trouble: Trouble) -> Pair:
    forward, backward = pair

    def spoilt_forward(x: Array, *more: Any) -> tuple[Any, Any]:
        out, cache = forward(x, *more)
        return out, (cache, trouble.holds(x))

    def spoilt_backward(dout: Any, cache: Any) -> tuple[Array, ...]:
        inner, wrong = cache
        return _spoilt(backward(dout, inner), dout) if wrong else backward(dout, inner)

    return spoilt_forward, spoilt_backward


def _spoilt(gradients: tuple[Array, ...], dout: Any) -> tuple[Array, ...]:
    return gradients[0] + 0.25 * np.sum(dout), *gradients[1:]


class Stateful:
    """The pair as an object that remembers the size of its first batch, and is wrong for any other."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.rows: int | None = None

    def forward(self, *inputs: Any) -> Any:
        out, self.cache = self.pair[0](*inputs)
        self.rows = self.rows or len(inputs[0])
        self.wrong = self.rows != len(inputs[0])
        return out

    def backward(self, dout: Any) -> Any:
        gradients = self.pair[1](dout, self.cache)
        return _spoilt(gradients, dout) if self.wrong else gradients
