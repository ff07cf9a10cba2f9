"""What `reference_speed.py` times: each reference beside the fastest plain NumPy form of the same formula.

*Plain* is what one would write without a thought for tails, overflow, NaN or warnings; it may be wrong there. A row
is a name, our call, the plain call, and how many times slower ours may be.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special

from gradcheck import reference

Array = np.ndarray


@dataclass(frozen=True)
class Row:
    """One comparison: two calls without arguments that do the same."""

    name: str
    ours: Callable[[], Any]
    plain: Callable[[], Any]
    allowed: float = 1.5


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _inner(x: Array) -> Array:
    return math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)


def _mish_grad(x: Array) -> Array:
    t = np.tanh(np.log1p(np.exp(x)))
    return t + x * _sigmoid(x) * (1 - t * t)


def _gelu_tanh_grad(x: Array) -> Array:
    t = np.tanh(_inner(x))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * math.sqrt(2 / math.pi) * (1 + 0.134145 * x * x)


def _silu_grad(x: Array) -> Array:
    s = _sigmoid(x)
    return s * (1 + x * (1 - s))


def _sigmoid_grad(x: Array) -> Array:
    s = _sigmoid(x)
    return s * (1 - s)


def _softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _log_softmax(x: Array) -> Array:
    d = x - x.max(axis=-1, keepdims=True)
    return d - np.log(np.exp(d).sum(axis=-1, keepdims=True))


PLAIN: dict[str, Callable[[Array], Array]] = {
    "sigmoid": _sigmoid,
    "sigmoid_grad": _sigmoid_grad,
    "log_sigmoid": lambda x: -np.log1p(np.exp(-x)),
    "tanh": np.tanh,
    "tanh_grad": lambda x: 1 - np.tanh(x) ** 2,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "softsign_grad": lambda x: 1 / (1 + np.abs(x)) ** 2,
    "hard_sigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "hard_swish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "relu": lambda x: np.maximum(x, 0),
    "relu_grad": lambda x: (x > 0).astype(x.dtype),
    "leaky_relu": lambda x: np.maximum(0.01 * x, x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "elu_grad": lambda x: np.where(x > 0, 1, np.exp(x)),
    "celu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "softplus_grad": _sigmoid,
    "squareplus": lambda x: 0.5 * (x + np.sqrt(x * x + 4)),
    "squareplus_grad": lambda x: 0.5 * (1 + x / np.sqrt(x * x + 4)),
    "sparse_plus": lambda x: np.where(x < 1, 0.25 * np.maximum(x + 1, 0) ** 2, x),
    "silu": lambda x: x * _sigmoid(x),
    "silu_grad": _silu_grad,
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "mish_grad": _mish_grad,
    "gelu": lambda x: 0.5 * x * (1 + scipy.special.erf(x * math.sqrt(0.5))),
    "gelu_grad": lambda x: (
        0.5 * (1 + scipy.special.erf(x * math.sqrt(0.5))) + x * np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    ),
    "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(_inner(x))),
    "gelu_tanh_grad": _gelu_tanh_grad,
    "tanhshrink": lambda x: x - np.tanh(x),
    "tanhshrink_grad": lambda x: np.tanh(x) ** 2,
    "softshrink": lambda x: x - np.clip(x, -0.5, 0.5),
    "hardshrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "threshold": lambda x: np.where(x > 1, x, 0),
}
"""Elementwise references -> the textbook's formula."""

ALONG_ROWS = {"softmax": _softmax, "log_softmax": _log_softmax}


def activation_rows(size: int = 10**6, dtype: type = np.float64) -> list[Row]:
    """Return the activations at `size` standard normal numbers, and the softmax family on rows of a hundred."""
    x = np.random.default_rng(0).standard_normal(size).astype(dtype)
    table = x.reshape(-1, 100)
    return [
        *(_row(name, plain, x) for name, plain in PLAIN.items()),
        *(_row(name, plain, table) for name, plain in ALONG_ROWS.items()),
    ]


def _row(name: str, plain: Callable[[Array], Array], x: Array) -> Row:
    return Row(name, lambda: getattr(reference, name)(x), lambda: plain(x))


WORKLOADS: list[Callable[[], list[Row]]] = [activation_rows]
"""Append a function that makes further rows; it is called once, when they are timed."""
