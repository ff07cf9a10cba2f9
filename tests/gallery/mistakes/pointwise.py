# ruff: noqa: RUF059 - a mistake may need what the right backward does not
"""Elementwise layers, as people write them: a forward that returns (out, cache), and its backward."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import erf

Array = Any


def relu_forward(x: Array) -> Any:
    return np.maximum(x, 0), x


def relu_backward(dout: Array, x: Array) -> Any:
    mask = x > 0
    return dout * mask


def leaky_relu_forward(x: Array, slope: float = 0.2) -> Any:
    return np.where(x > 0, x, slope * x), (x, slope)


def leaky_relu_backward(dout: Array, cache: Any) -> Any:
    x, slope = cache
    return dout * np.where(x > 0, 1.0, slope)


def sigmoid_forward(x: Array) -> Any:
    y = 1 / (1 + np.exp(-x))
    return y, (x, y)


def sigmoid_backward(dout: Array, cache: Any) -> Any:
    x, y = cache
    return dout * y * (1 - y)


def tanh_forward(x: Array) -> Any:
    y = np.tanh(x)
    return y, (x, y)


def tanh_backward(dout: Array, cache: Any) -> Any:
    x, y = cache
    return dout * (1 - y**2)


def softplus_forward(x: Array) -> Any:
    y = np.logaddexp(0, x)
    return y, (x, y)


def softplus_backward(dout: Array, cache: Any) -> Any:
    x, y = cache
    return dout / (1 + np.exp(-x))


def silu_forward(x: Array) -> Any:
    gate = 1 / (1 + np.exp(-x))
    return x * gate, (x, gate)


def silu_backward(dout: Array, cache: Any) -> Any:
    x, gate = cache
    return dout * (gate + x * gate * (1 - gate))


def gelu_forward(x: Array) -> Any:
    cdf = 0.5 * (1 + erf(x / np.sqrt(2)))
    return x * cdf, (x, cdf)


def gelu_backward(dout: Array, cache: Any) -> Any:
    x, cdf = cache
    pdf = np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)
    return dout * (cdf + x * pdf)


def elu_forward(x: Array) -> Any:
    y = np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
    return y, (x, y)


def elu_backward(dout: Array, cache: Any) -> Any:
    x, y = cache
    return dout * np.where(x > 0, 1.0, y + 1)
