"""Layers and array functions with kinks: pools, sorts, rectified layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from .draws import distinct, integers, normal, structured, together, uniform
from .member import Member
from .shared import affine_vjp, conv2d, conv2d_vjp


def _tiles(x: Any) -> Any:
    c, h, w = x.shape
    return x.reshape(c, h // 2, 2, w // 2, 2).swapaxes(2, 3).reshape(c, h // 2, w // 2, 4)


def maxpool(x: Any) -> Any:
    """Largest of every 2 x 2 tile of (C, H, W)."""
    return _tiles(x).max(axis=-1)


def maxpool_vjp(u: Any, x: Any) -> Any:
    """To the first of the largest."""
    tiles = _tiles(x)
    spread = np.where(np.arange(4) == tiles.argmax(axis=-1)[..., None], u[..., None], 0.0)
    c, h, w, _ = spread.shape
    return spread.reshape(c, h, w, 2, 2).swapaxes(2, 3).reshape(x.shape)


def affine_relu(x: Any, W: Any, b: Any) -> Any:
    """max(X W + b, 0), and what its backward needs."""
    z = x @ W + b
    return np.maximum(z, 0), (x, W, b, z > 0)


def affine_relu_backward(u: Any, cache: Any) -> list[Any]:
    """Through the mask, then as an affine layer."""
    x, W, b, mask = cache
    return affine_vjp(u * mask, x, W, b)


def prelu(x: Any, a: Any) -> Any:
    """Return x where positive, a x elsewhere; one slope per channel."""
    return np.where(x > 0, x, a * x)


def prelu_vjp(u: Any, x: Any, a: Any) -> list[Any]:
    """Through each side, and the sum of the negative part."""
    return [u * np.where(x > 0, 1.0, a), (u * np.where(x > 0, 0.0, x)).sum(axis=0)]


def maxout(x: Any) -> Any:
    """Largest of each row of pieces."""
    return x.max(axis=-1)


def maxout_vjp(u: Any, x: Any) -> Any:
    """To the first of the largest."""
    return np.where(np.arange(x.shape[-1]) == x.argmax(axis=-1)[..., None], u[..., None], 0.0)


def sort_vjp(u: Any, x: Any) -> Any:
    """Back to where each came from."""
    g = np.zeros_like(x)
    g[np.argsort(x, kind="stable")] = u
    return g


def city_block(x: Any, y: Any) -> Any:
    """All L1 distances between two sets of points."""
    return np.abs(x[:, None] - y).sum(axis=-1)


def city_block_vjp(u: Any, x: Any, y: Any) -> list[Any]:
    """Signs of the differences, weighted."""
    d = u[..., None] * np.sign(x[:, None] - y)
    return [d.sum(axis=1), -d.sum(axis=0)]


def conv_relu(x: Any, w: Any, b: Any) -> Any:
    """max(conv2d(x), 0), and what its backward needs."""
    z = conv2d(x, w, b)
    return np.maximum(z, 0), (x, w, b, z > 0)


def conv_relu_backward(u: Any, cache: Any) -> list[Any]:
    """Through the mask, then as a convolution."""
    x, w, b, mask = cache
    return conv2d_vjp(u * mask, x, w, b)


MEMBERS = (
    Member("max pool", "vjp", maxpool, maxpool_vjp, structured(normal(2, 4, 6)), kinked=True),
    Member(
        "max along rows",
        "vjp",
        maxout,
        maxout_vjp,
        structured(normal(5, 4)),
        kinked=True,
    ),
    Member(
        "larger of two",
        "vjp",
        np.maximum,
        lambda u, a, b: [u * (a >= b), u * (a < b)],
        structured(together(normal(8), normal(8))),
        kinked=True,
    ),
    Member(
        "L1 distances",
        "vjp",
        city_block,
        city_block_vjp,
        structured(together(normal(3, 2), normal(4, 2))),
        kinked=True,
    ),
    Member(
        "affine relu",
        "pair",
        affine_relu,
        affine_relu_backward,
        structured(together(normal(4, 3), normal(3, 5), normal(5))),
        kinked=True,
    ),
    Member(
        "affine relu of 1500",
        "pair",
        affine_relu,
        affine_relu_backward,
        structured(together(normal(20, 30), normal(30, 30), normal(30))),
        kinked=True,
    ),
    Member(
        "convolution and relu",
        "pair",
        conv_relu,
        conv_relu_backward,
        structured(together(normal(2, 5, 5), normal(3, 2, 2, 2), normal(3))),
        kinked=True,
    ),
    Member(
        "prelu layer",
        "layer",
        prelu,
        prelu_vjp,
        structured(together(normal(5, 4), uniform(0.1, 0.4, 4))),
        kinked=True,
        parameters=("a",),
    ),
    Member("sort", "vjp", np.sort, sort_vjp, structured(distinct(9)), kinked=True, held_out=True),
    Member("maxout of 1200", "vjp", maxout, maxout_vjp, structured(normal(300, 4)), kinked=True, held_out=True),
    Member(
        "hinge per row",
        "vjp",
        lambda s, y: np.maximum(0, 1 - s * (2 * y - 1)),
        lambda u, s, y: -u * (2 * y - 1) * (1 - s * (2 * y - 1) > 0),
        structured(together(normal(9), integers(2, 9))),
        kinked=True,
        held_out=True,
    ),
)
