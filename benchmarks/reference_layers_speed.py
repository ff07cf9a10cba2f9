"""What the reference's layers cost beside the same formulas in well-written NumPy.

The plain forms below are what one writes who knows NumPy and looks for speed: no loop over entries, windows as views,
products as matrix products, the precision of the input, sums over the examples of a normalization in double precision
(as torch has them). The reference carries differences in double precision too, and checks its arguments.

    python benchmarks/reference_layers_speed.py --write docs/measurements/reference-layers-speed.md
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from _table import made_with, markdown, publish
from _units import best_seconds, keep_memory
from gradcheck.reference import BatchNorm, LayerNorm

from gradcheck import reference

Array = Any
Call = Callable[[], Any]
_RNG = np.random.default_rng(0)


# -- plain NumPy -----------------------------------------------------------------------------------------------------


def _sum(x: Array, axes: tuple[int, ...], sums: type) -> Array:
    return x.sum(axis=axes, keepdims=True, dtype=sums).astype(x.dtype, copy=False)


def norm_forward(x: Array, gamma: Array, beta: Array, axes: tuple[int, ...], sums: type) -> tuple[Array, Any]:
    """Normalize along `axes`."""
    n = np.prod([x.shape[axis] for axis in axes], dtype=x.dtype)
    deviation = x - _sum(x, axes, sums) / n
    inverse = 1 / np.sqrt(_sum(deviation * deviation, axes, sums) / n + x.dtype.type(1e-5))
    x_hat = deviation * inverse
    return gamma * x_hat + beta, (x_hat, inverse, gamma, axes, sums)


def norm_backward(g: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Send a gradient through `norm_forward`."""
    x_hat, inverse, gamma, axes, sums = cache
    everyone = tuple(axis for axis, n in enumerate(gamma.shape) if n == 1)
    dgamma, dbeta = _sum(g * x_hat, everyone, sums), _sum(g, everyone, sums)
    if everyone == axes:
        n = x_hat.size // gamma.size
        return gamma * inverse * (g - dbeta / n - x_hat * (dgamma / n)), dgamma, dbeta
    h = g * gamma
    n = x_hat.size // inverse.size
    mean, along = _sum(h, axes, sums) / n, _sum(h * x_hat, axes, sums) / n
    return inverse * (h - mean - x_hat * along), dgamma, dbeta


def conv_forward(x: Array, w: Array, b: Array, stride: int, padding: int) -> tuple[Array, Any]:
    """Convolve by one product of a matrix of windows."""
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    n, c, high, wide, kh, kw = seen.shape
    columns = seen.transpose(0, 2, 3, 1, 4, 5).reshape(n * high * wide, c * kh * kw)
    out = (columns @ w.reshape(len(w), -1).T + b).reshape(n, high, wide, len(w)).transpose(0, 3, 1, 2)
    return out, (columns, w, padded.shape, stride, padding)


def conv_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Send a gradient through `conv_forward`: two products, and one addition for each entry of the kernel."""
    columns, w, shape, stride, padding = cache
    n, filters, high, wide = dout.shape
    _, c, kh, kw = w.shape
    rows = dout.transpose(0, 2, 3, 1).reshape(-1, filters)
    dw, db = (rows.T @ columns).reshape(w.shape), rows.sum(axis=0)
    shares = (rows @ w.reshape(filters, -1)).reshape(n, high, wide, c, kh, kw)
    dx = np.zeros((n, shape[2], shape[3], c), dout.dtype)
    for i in range(kh):
        for j in range(kw):
            dx[:, i : i + stride * high : stride, j : j + stride * wide : stride] += shares[..., i, j]
    inside = slice(padding, -padding or None)
    return dx[:, inside, inside].transpose(0, 3, 1, 2), dw, db


def pool_forward(x: Array) -> tuple[Array, Any]:
    """Take the maximum of windows of 2 by 2, side by side."""
    n, c, h, w = x.shape
    seen = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)
    winner = seen.argmax(axis=-1)[..., np.newaxis]
    return np.take_along_axis(seen, winner, axis=-1)[..., 0], (winner, x.shape)


def pool_backward(dout: Array, cache: Any) -> Array:
    """Send a gradient through `pool_forward`."""
    winner, (n, c, h, w) = cache
    shares = np.zeros((*dout.shape, 4), dout.dtype)
    np.put_along_axis(shares, winner, dout[..., np.newaxis], axis=-1)
    return shares.reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h, w)


def entropy(z: Array, labels: Array) -> Array:
    """Return the mean cross-entropy of the softmax of `z`."""
    shifted = z - z.max(axis=1, keepdims=True)
    losses = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(z)), labels]
    return losses.mean()


def entropy_grad(z: Array, labels: Array) -> Array:
    """Differentiate `entropy`."""
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(z)), labels] -= 1
    return p / len(z)


# -- side by side ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Workload:
    """One computation both ways; ``make(dtype, sums)`` returns what to call: the reference, and plain NumPy.

    Both are of that precision, and plain sums over examples of the second.
    """

    name: str
    make: Callable[[type, type], tuple[Call, Call]]


def _draw(dtype: type, *shape: int) -> Array:
    return _RNG.standard_normal(shape).astype(dtype)


def _batch_norm(shape: tuple[int, ...], way: str, dtype: type, sums: type) -> tuple[Call, Call]:
    x, g, layer = _draw(dtype, *shape), _draw(dtype, *shape), BatchNorm(shape[1])
    beside, axes = (1, -1, *(1,) * (len(shape) - 2)), (0, *range(2, len(shape)))
    gamma, beta = np.ones(shape[1], dtype).reshape(beside), np.zeros(shape[1], dtype).reshape(beside)
    layer.forward(x)
    _, cache = norm_forward(x, gamma, beta, axes, sums)
    if way == "forward":
        return partial(layer.forward, x), partial(norm_forward, x, gamma, beta, axes, sums)
    return partial(layer.backward, g), partial(norm_backward, g, cache)


def _layer_norm(shape: tuple[int, int], way: str, dtype: type, sums: type) -> tuple[Call, Call]:
    x, g, layer = _draw(dtype, *shape), _draw(dtype, *shape), LayerNorm(shape[1])
    gamma, beta = np.ones((1, shape[1]), dtype), np.zeros((1, shape[1]), dtype)
    layer.forward(x)
    _, cache = norm_forward(x, gamma, beta, (1,), sums)
    if way == "forward":
        return partial(layer.forward, x), partial(norm_forward, x, gamma, beta, (1,), sums)
    return partial(layer.backward, g), partial(norm_backward, g, cache)


def _conv(
    images: tuple[int, int, int, int], filters: int, kernel: int, stride: int, way: str, dtype: type, sums: type
) -> tuple[Call, Call]:
    x, w, b = _draw(dtype, *images), _draw(dtype, filters, images[1], kernel, kernel), _draw(dtype, filters)
    options = {"stride": stride, "padding": kernel // 2}
    out, cache = reference.conv2d_forward(x, w, b, **options)
    _, plain = conv_forward(x, w, b, **options)
    g = _draw(dtype, *out.shape)
    if way == "forward":
        return partial(reference.conv2d_forward, x, w, b, **options), partial(conv_forward, x, w, b, **options)
    return partial(reference.conv2d_backward, g, cache), partial(conv_backward, g, plain)


def _pool(images: tuple[int, int, int, int], way: str, dtype: type, sums: type) -> tuple[Call, Call]:
    x = _draw(dtype, *images)
    out, cache = reference.max_pool2d_forward(x)
    _, plain = pool_forward(x)
    g = _draw(dtype, *out.shape)
    if way == "forward":
        return partial(reference.max_pool2d_forward, x), partial(pool_forward, x)
    return partial(reference.max_pool2d_backward, g, cache), partial(pool_backward, g, plain)


def _entropy(shape: tuple[int, int], way: str, dtype: type, sums: type) -> tuple[Call, Call]:
    z, labels = _draw(dtype, *shape), _RNG.integers(shape[1], size=shape[0])
    if way == "forward":
        return partial(reference.softmax_cross_entropy, z, labels), partial(entropy, z, labels)
    return partial(reference.softmax_cross_entropy_grad, z, labels), partial(entropy_grad, z, labels)


_FORMS: dict[str, Callable[..., tuple[Call, Call]]] = {
    "BatchNorm, 1024 x 512": partial(_batch_norm, (1024, 512)),
    "BatchNorm, 32 x 64 x 28 x 28": partial(_batch_norm, (32, 64, 28, 28)),
    "LayerNorm, 1024 x 512": partial(_layer_norm, (1024, 512)),
    "conv2d, 16 x 16 x 28 x 28, 32 kernels of 3 x 3": partial(_conv, (16, 16, 28, 28), 32, 3, 1),
    "conv2d, 8 x 64 x 14 x 14, 64 kernels of 3 x 3": partial(_conv, (8, 64, 14, 14), 64, 3, 1),
    "conv2d, 8 x 3 x 64 x 64, 16 kernels of 7 x 7, stride 2": partial(_conv, (8, 3, 64, 64), 16, 7, 2),
    "max_pool2d, 32 x 32 x 28 x 28": partial(_pool, (32, 32, 28, 28)),
    "softmax cross-entropy, 4096 x 100": partial(_entropy, (4096, 100)),
}

WORKLOADS = tuple(
    Workload(f"{name}: {way}", partial(form, way)) for name, form in _FORMS.items() for way in ("forward", "backward")
)


COLUMNS: dict[str, tuple[type, type, type]] = {
    "float64": (np.float64, np.float64, np.float64),
    "float32": (np.float32, np.float32, np.float64),
    "float32, plain sums too": (np.float32, np.float32, np.float32),
    "float32, plain in float64": (np.float32, np.float64, np.float64),
}
"""Heading -> the precision of the reference's input, of the plain form's, and of its sums over examples."""


def ratio(workload: Workload, ours: type, plain: type, sums: type, rounds: int) -> float:
    """Return the time of the reference in that of plain NumPy, each in its precision."""
    calls = {"reference": workload.make(ours, sums)[0], "plain": workload.make(plain, sums)[1]}
    best = best_seconds(calls, rounds)
    return best["reference"] / best["plain"]


def table(rounds: int, workloads: Sequence[Workload] = WORKLOADS) -> str:
    """Return one row per workload, one column per pair of precisions."""
    rows = [
        [workload.name, *(f"{ratio(workload, *precisions, rounds):.2f}" for precisions in COLUMNS.values())]
        for workload in workloads
    ]
    return markdown(("computation", *COLUMNS), rows)


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=31, help="rounds of which the best counts")
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the table to this file")
    asked = parser.parse_args()
    keep_memory()
    parts = [
        f"## Time of the reference's layers, in that of plain NumPy, best of {asked.rounds} rounds",
        table(asked.rounds),
        "The plain forms stay in the precision of their input, but for sums over the examples of a normalization,\n"
        "which are taken in double precision, and in the third column are not. The reference carries normalizations\n"
        "and losses in double precision throughout; the last column compares it with plain forms that do so too.\n"
        "Convolutions and pooling stay in the precision of the input. The plain cross-entropy has no digits left\n"
        "where it is small; the reference has all of them.",
        made_with(),
    ]
    publish("\n\n".join(parts), asked.write)


if __name__ == "__main__":
    main()
