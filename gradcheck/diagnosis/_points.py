"""Where else to ask: the same values mixed, and batches of other sizes, all within the domain of the first point.

====================  ==========================================================================================
mixed                 every leaf permuted and drawn a little towards zero: signs, signs of domains, ranges stay
a constant leaf       (a bias of zeros, a scale of ones) is drawn apart, or it would hide what multiplies it
another batch         the inputs whose first axis is that of the output get more rows or fewer, none too few; not
                      where a kernel might read on past the end of what it is handed
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
        yield [_mixed(v, rng, None) for v in box.values]


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
            if not _runs(box, outputs, moving, size, follows=bool(fitting)):
                break
            yield [_mixed(v, rng, size if k in moving else None) for k, v in enumerate(box.values)]


def _runs(box: Box, outputs: list[Array], moving: list[int], size: int, *, follows: bool) -> bool:
    """Whether the forward takes that batch, and gives an output that follows it where it should."""
    resized = [np.resize(v, (size, *v.shape[1:])) if k in moving else v for k, v in enumerate(box.values)]
    try:
        found = box.run(resized)
    except Refused:
        return False
    return not follows or outputs[0].ndim == 0 or found[0].shape[0] != outputs[0].shape[0]


def _batch(box: Box, outputs: list[Array]) -> int:
    """Return the size of the batch: the first axis of the output, or of the first input of a scalar function."""
    if outputs[0].ndim:
        return int(outputs[0].shape[0])
    first = next((v for v, is_input in zip(box.values, box.is_input, strict=True) if is_input and v.ndim), None)
    return 0 if first is None else int(first.shape[0])


def _mixed(value: Array, rng: np.random.Generator, rows: int | None) -> Array:
    if value.size == 0:
        return value.copy()
    shape = value.shape if rows is None else (rows, *value.shape[1:])
    count = int(np.prod(shape))
    pool = np.concatenate([rng.permutation(value.ravel()) for _ in range(-(-count // value.size))])[:count]
    if _are_labels(value):
        return pool.reshape(shape)
    if np.ptp(value) == 0:
        size = abs(float(value.flat[0]))
        return (pool + (size or 1.0) * 0.4 * rng.uniform(-1, 1, count)).reshape(shape)
    return (pool * rng.uniform(0.75, 1.0, count)).reshape(shape)
