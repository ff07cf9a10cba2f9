"""Where else to ask: the same values mixed, and batches of other sizes, all within the domain of the first point.

====================  ==========================================================================================
mixed                 every leaf permuted and drawn a little towards zero: signs, signs of domains, ranges stay
a constant leaf       (a bias of zeros, a scale of ones) is drawn apart, or it would hide what multiplies it
another batch         the inputs whose first axis is that of the output get more rows or fewer, none too few; not
                      where a kernel might read on past the end of what it is handed
another width         those whose last axis is as long as that of the first input get one column more, where a factor
                      was found that may be the number of columns, or of all entries
scattered             each entry of an input far smaller or larger, of either sign if both occur: for what must hold
                      everywhere, on both sides of a threshold and far from it
====================  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ._box import Array, Box, Refused

_BATCHES = (4, 5, 3, 6)
_FARTHER = 2.0
"""Logarithm of the factor by which entries are scattered, up and down."""


def other_points(box: Box, outputs: list[Array], rng: np.random.Generator) -> Iterator[list[Array]]:
    """Yield values of the leaves: of other batch sizes, where that is safe, then of one size."""
    if box.resizable:
        yield from _other_batches(box, outputs, rng)
    for _ in range(2):
        yield [_mixed(v, rng, v.shape) for v in box.values]


def scattered_points(box: Box, rng: np.random.Generator, count: int) -> Iterator[list[Array]]:
    """Yield values of the leaves with those of every input scattered over sizes and signs."""
    for _ in range(count):
        yield [_scattered(v, rng) if mine else v for v, mine in zip(box.values, box.is_input, strict=True)]


def _scattered(value: Array, rng: np.random.Generator) -> Array:
    if _are_labels(value) or not value.size:
        return value.copy()
    inside = value.min() >= 0 and value.max() <= 1  # perhaps probabilities
    sizes = np.exp(rng.uniform(-_FARTHER, 0.0 if inside else _FARTHER, value.shape))
    signs = rng.choice((-1.0, 1.0), value.shape) if value.min() < 0 < value.max() else 1.0
    return np.asarray(rng.permutation(value.ravel()).reshape(value.shape) * sizes * signs)


def _are_labels(value: Array) -> bool:
    return bool(((value == 0) | (value == 1)).all() and np.ptp(value) > 0)


def _other_batches(box: Box, outputs: list[Array], rng: np.random.Generator) -> Iterator[list[Array]]:
    """Yield values of other batch sizes, the likeliest way of changing it first."""
    now = _batch(box, outputs)
    fitting = [k for k, v in enumerate(box.values) if box.is_input[k] and v.ndim and v.shape[0] == now]
    longest = [k for k, v in enumerate(box.values) if box.is_input[k] and v.ndim and v.shape[0] > 2][:1]
    ways = [fitting[:1], fitting[:2], fitting] if fitting else []
    ways = [way for k, way in enumerate(ways) if way not in ways[:k]]
    for moving in ways or [longest] * bool(longest):
        rows = box.values[moving[0]].shape[0]
        sizes = [n for n in _BATCHES if n != rows] if fitting else [rows + 1, rows + 2]
        for size in sizes[:2]:
            shapes = [(size, *v.shape[1:]) if k in moving else v.shape for k, v in enumerate(box.values)]
            if not _runs(box, outputs, shapes, 0 if fitting else None):
                break
            yield [_mixed(v, rng, shape) for v, shape in zip(box.values, shapes, strict=True)]


def another_width(box: Box, outputs: list[Array], rng: np.random.Generator) -> Iterator[list[Array]]:
    """Yield values with one column more, if the forward takes them, and the output has that axis, or none at all."""
    widths = [v.shape[-1] for v, mine in zip(box.values, box.is_input, strict=True) if mine and v.ndim > 1]
    if not (widths and box.resizable):
        return
    shapes = [
        (*v.shape[:-1], widths[0] + 1) if mine and v.ndim > 1 and v.shape[-1] == widths[0] else v.shape
        for v, mine in zip(box.values, box.is_input, strict=True)
    ]
    if _runs(box, outputs, shapes, -1):
        yield [_mixed(v, rng, shape) for v, shape in zip(box.values, shapes, strict=True)]


def _runs(box: Box, outputs: list[Array], shapes: list[tuple[int, ...]], axis: int | None) -> bool:
    """Whether the forward takes these shapes, and gives an output that follows them along `axis`, if any."""
    try:
        found = box.run([np.resize(v, shape) for v, shape in zip(box.values, shapes, strict=True)])
    except Refused:
        return False
    return axis is None or outputs[0].ndim == 0 or found[0].shape[axis] != outputs[0].shape[axis]


def _batch(box: Box, outputs: list[Array]) -> int:
    """Return the size of the batch: the first axis of the output, or of the first input of a scalar function."""
    if outputs[0].ndim:
        return int(outputs[0].shape[0])
    first = next((v for v, is_input in zip(box.values, box.is_input, strict=True) if is_input and v.ndim), None)
    return 0 if first is None else int(first.shape[0])


def _mixed(value: Array, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    if value.size == 0:
        return value.copy()
    count = int(np.prod(shape))
    pool = np.concatenate([rng.permutation(value.ravel()) for _ in range(-(-count // value.size))])[:count]
    if _are_labels(value):
        return pool.reshape(shape)
    if np.ptp(value) == 0:
        size = abs(float(value.flat[0]))
        return (pool + (size or 1.0) * 0.4 * rng.uniform(-1, 1, count)).reshape(shape)
    return (pool * rng.uniform(0.75, 1.0, count)).reshape(shape)
