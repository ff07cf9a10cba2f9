"""Normalizations: of batches, layers, groups, rows; and softmax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .draws import normal, together
from .member import Member
from .shared import log_softmax, softmax, softmax_vjp


def standardized(x: Any, axis: int | tuple[int, ...], eps: float) -> tuple[Any, Any]:
    """Return (x - mean) / sqrt(var + eps), and the root."""
    centred = x - x.mean(axis=axis, keepdims=True)
    root = np.sqrt((centred**2).mean(axis=axis, keepdims=True) + eps)
    return centred / root, root


def standardized_vjp(u: Any, hat: Any, root: Any, axis: int | tuple[int, ...]) -> Any:
    """(u - mean u - x^ mean(u x^)) / root."""
    return (u - u.mean(axis=axis, keepdims=True) - hat * (u * hat).mean(axis=axis, keepdims=True)) / root


def norm_forward(axis: int) -> Callable[..., Any]:
    """Layer (axis 1) or batch (axis 0) normalization with gain and shift, and what its backward needs."""

    def forward(x: Any, gamma: Any, beta: Any) -> Any:
        hat, root = standardized(x, axis, 1e-5)
        return gamma * hat + beta, (hat, root, gamma)

    return forward


def norm_backward(axis: int) -> Callable[..., Any]:
    """Backward of `norm_forward`."""

    def backward(u: Any, cache: Any) -> list[Any]:
        hat, root, gamma = cache
        return [standardized_vjp(u * gamma, hat, root, axis), (u * hat).sum(axis=0), u.sum(axis=0)]

    return backward


def uncached(
    forward: Callable[..., Any], backward: Callable[..., Any]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Turn a pair into a function and its vjp."""
    return lambda *a: forward(*a)[0], lambda u, *a: backward(u, forward(*a)[1])


LAYER_NORM = uncached(norm_forward(1), norm_backward(1))

BATCH_NORM = uncached(norm_forward(0), norm_backward(0))


def rms_norm(x: Any, g: Any) -> Any:
    """Return g x / rms(x)."""
    return g * x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6)


def rms_norm_vjp(u: Any, x: Any, g: Any) -> list[Any]:
    """With x^ = x / r: (g u - x^ mean(g u x^)) / r, and sum u x^."""
    r = np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6)
    hat, v = x / r, u * g
    return [(v - hat * (v * hat).mean(axis=-1, keepdims=True)) / r, (u * hat).sum(axis=0)]


def group_norm(x: Any, gamma: Any) -> Any:
    """Normalize channels (N, C) in two groups."""
    hat, _ = standardized(x.reshape(len(x), 2, -1), 2, 1e-5)
    return hat.reshape(x.shape) * gamma


def group_norm_vjp(u: Any, x: Any, gamma: Any) -> list[Any]:
    """As a standardization of every group."""
    groups = (len(x), 2, x.shape[1] // 2)
    hat, root = standardized(x.reshape(groups), 2, 1e-5)
    dx = standardized_vjp((u * gamma).reshape(groups), hat, root, 2)
    return [dx.reshape(x.shape), (u * hat.reshape(x.shape)).sum(axis=0)]


def instance_norm(x: Any) -> Any:
    """Normalize every plane of (N, C, H, W)."""
    return standardized(x, (2, 3), 1e-5)[0]


def instance_norm_vjp(u: Any, x: Any) -> Any:
    """As a standardization of every plane."""
    return standardized_vjp(u, *standardized(x, (2, 3), 1e-5), (2, 3))


def l2_normalize(x: Any) -> Any:
    """Return x / |x| by rows."""
    return x / np.sqrt((x * x).sum(axis=-1, keepdims=True))


def l2_normalize_vjp(u: Any, x: Any) -> Any:
    """(u - x^ <u, x^>) / |x|."""
    length = np.sqrt((x * x).sum(axis=-1, keepdims=True))
    hat = x / length
    return (u - hat * (u * hat).sum(axis=-1, keepdims=True)) / length


MEMBERS = (
    Member("softmax", "vjp", softmax, softmax_vjp, normal(3, 5)),
    Member("saturated softmax", "vjp", softmax, softmax_vjp, normal(3, 5, scale=10)),
    Member(
        "log softmax",
        "vjp",
        log_softmax,
        lambda u, x: u - softmax(x) * u.sum(axis=-1, keepdims=True),
        normal(3, 5, scale=3),
    ),
    Member("unit rows", "vjp", l2_normalize, l2_normalize_vjp, normal(4, 3)),
    Member("unit rows at 1e-5", "vjp", l2_normalize, l2_normalize_vjp, normal(4, 3, scale=1e-5)),
    Member("layer norm", "vjp", *LAYER_NORM, together(normal(4, 6), normal(6, shift=1), normal(6))),
    Member("RMS norm", "vjp", rms_norm, rms_norm_vjp, together(normal(4, 6), normal(6, shift=1))),
    Member(
        "batch norm", "pair", norm_forward(0), norm_backward(0), together(normal(8, 3), normal(3, shift=1), normal(3))
    ),
    Member(
        "batch norm, mean 100 std",
        "pair",
        norm_forward(0),
        norm_backward(0),
        together(normal(8, 3, shift=100), normal(3, shift=1), normal(3)),
    ),
    Member(
        "batch norm of 1200",
        "pair",
        norm_forward(0),
        norm_backward(0),
        together(normal(40, 30), normal(30, shift=1), normal(30)),
    ),
    Member(
        "layer norm layer",
        "layer",
        *LAYER_NORM,
        together(normal(4, 6, scale=100), normal(6, shift=1), normal(6)),
        parameters=("gamma", "beta"),
    ),
    Member(
        "group norm", "vjp", group_norm, group_norm_vjp, together(normal(4, 6), normal(6, shift=1)), held_out=True
    ),
    Member(
        "instance norm", "vjp", instance_norm, instance_norm_vjp, normal(2, 2, 3, 3, scale=5, shift=20), held_out=True
    ),
    Member(
        "softmax at temperature 0.05",
        "vjp",
        lambda x: softmax(20 * x),
        lambda u, x: 20 * softmax_vjp(u, 20 * x),
        normal(3, 5),
        held_out=True,
    ),
    Member(
        "batch norm layer",
        "layer",
        *BATCH_NORM,
        together(normal(10, 4, scale=1e-3), normal(4, shift=1), normal(4)),
        parameters=("gamma", "beta"),
        held_out=True,
    ),
)
