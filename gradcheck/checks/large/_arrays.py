"""The arrays of the first look at a large subject: upstreams, directions, copies and samples, in borrowed memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd, prod

import numpy as np

from ...numerics import FEW, Tiled, Vector, faint_outputs, middle, spread, square_sum
from ...subjects import Array, is_same
from ..bench._bench import Bench
from ._scratch import Scratch

Part = tuple[list[Array], float]

_SAMPLE, _FEW = 4096, 512
_MILLIONS = 500_000
"""Numbers from which an upstream of every second number, and one more backward, cost too much."""


class Upstream:
    """The upstream of every output, in memory of its own: strided, unless a framework derives what reads it."""

    def __init__(self, bench: Bench, outputs: Sequence[Tiled], scratch: Scratch) -> None:
        self._outputs, self._factor = outputs, 1.0
        self._is_known = bench.subject.linear or bench.subject.derived or not bench.subject.ruled
        self._is_huge = max(bench.size, *(tiled.size for tiled in outputs)) >= _MILLIONS
        made = _in_a_row if bench.subject.derived else _strided
        self._views = [made(piece.shape, scratch) for piece in bench.outputs]
        for view, tiled in zip(self._views, outputs, strict=True):
            if view.ndim == 1:
                tiled.write(view)
            else:
                flat = scratch.empty(tiled.size)
                tiled.write(flat)
                view[...] = flat.reshape(view.shape)

    def views(self, factor: float = 1.0) -> list[Array]:
        """Return read-only views that hold `factor` times the upstream."""
        for view in self._views:
            if factor != self._factor:
                view *= factor / self._factor
        self._factor = factor
        return [locked(view) for view in self._views]

    def parts(self, rises: Sequence[float], ahead: Sequence[Vector], base: Sequence[Vector]) -> Iterator[Part]:
        """Yield upstreams with zeros in them, which a backward may skip, and what each sees of ``ahead - base``.

        The `middle` of each output, columns first in memory, and nothing of the others. Where they or the inputs are
        very large, each of several outputs as a whole. They are of the size of the last views. None where a framework
        derives the backward, or where we multiply by the upstream ourselves. ``rises`` is what the whole of each
        output sees.
        """
        if self._is_known or (len(self._views) == 1 and (self._is_huge or self._views[0].size == 1)):
            return
        none = [locked(np.zeros(view.shape)) for view in self._views]
        for k, view in enumerate(self.views(self._factor)):
            if self._is_huge:
                part, seen = view, rises[k] * self._factor
            else:
                part, seen = _middle_of(view, ahead[k], base[k])
            yield [part if n == k else zeros for n, zeros in enumerate(none)], seen


def _middle_of(view: Array, ahead: Vector, base: Vector) -> tuple[Array, float]:
    """Return the upstream `view` with zeros around its middle, and what that sees of ``ahead - base``."""
    part, rows = np.zeros(view.shape, order="F"), middle(view.shape)
    part[rows] = view[rows]
    moved = ahead.reshape(view.shape)[rows] - base.reshape(view.shape)[rows]
    return locked(part), float(np.vdot(view[rows], moved))


def _in_a_row(shape: tuple[int, ...], scratch: Scratch) -> Array:
    return scratch.empty(prod(shape)).reshape(shape)


def _strided(shape: tuple[int, ...], scratch: Scratch) -> Array:
    """Return memory for an upstream: every second number, rows apart and out of order, or a vector backwards.

    Of a very large one the numbers of a row are neighbours.
    """
    if len(shape) == 1:
        return scratch.empty(shape[0])[::-1]
    if not shape:
        return np.empty(())
    apart = 2 if prod(shape) < _MILLIONS else 1
    turned = (*shape[:-1][::-1], apart * shape[-1] + 1)
    memory = scratch.empty(prod(turned)).reshape(turned)[..., : apart * shape[-1] : apart]
    return memory.transpose(*range(len(shape) - 1)[::-1], len(shape) - 1)


def written_out(weights: Sequence[Tiled], factor: float = 1.0) -> Vector:
    """Return `factor` times the weights of all arrays as one vector."""
    flat = np.empty(sum(tiled.size for tiled in weights))
    start = 0
    for tiled in weights:
        tiled.write(flat[start : start + tiled.size], factor)
        start += tiled.size
    return flat


def locked(view: Array) -> Array:
    locked = view[...]
    locked.flags.writeable = False
    return locked


def tiled_for(tile: Vector, value: Array) -> Tiled:
    """Return the direction for one input: steps alike for all entries, unless their magnitudes span decades."""
    magnitudes = np.abs(sample(value, _FEW).astype(float))
    magnitudes = magnitudes[magnitudes > 0]
    low, middle, high = spread(magnitudes) if magnitudes.size else (1.0, 1.0, 1.0)
    if high <= 100 * low:
        return Tiled(tile, value.size, 2.0 ** round(np.log2(middle)))
    sizes = np.maximum(np.abs(np.ravel(value), dtype=float), 0.01 * middle)
    return Tiled(tile, value.size, 1.0, sizes)


def typical_entry(gradient: Vector, tiled: Tiled, share: float) -> float:
    """Return a typical entry of `gradient`, times the least of its steps; `share` is the norm of their products."""
    if tiled.sizes is None:
        return share / float(np.sqrt(max(tiled.size, 1)))
    return float(np.sqrt(square_sum(gradient) / tiled.size) * tiled.sizes.min(initial=np.inf))


def elsewhere(value: Array) -> Array:
    """Return other values from the same domain that cost next to nothing: the longest axis in reverse.

    Where that changes nothing, as for a constant, other values they have to be.
    """
    few = sample(value)
    if few.size < 2 or np.all(few == few[0]):
        return np.asarray(0.75 * value)
    return np.flip(value, int(np.argmax(value.shape)))


def sample(value: Array, most: int = _SAMPLE) -> Array:
    """Return about `most` of the entries of `value`, evenly spread."""
    flat = np.ravel(value) if value.flags.c_contiguous else np.asarray(value.flat[:: max(1, value.size // most)])
    return flat[:: max(1, flat.size // most)]


def some_are_faint(ahead: Sequence[Vector], base: Sequence[Vector], outputs: Sequence[Tiled]) -> bool:
    """Whether more than a few outputs of a sample are, and move, far less than the others of their array."""
    now, before = (
        np.concatenate([sample(array) * tiled.unit for array, tiled in zip(arrays, outputs, strict=True)])
        for arrays in (ahead, base)
    )
    return int(np.count_nonzero(faint_outputs(before) & faint_outputs(now - before))) > FEW


def flattened(arrays: Sequence[Array]) -> list[Vector]:
    return [array.astype(float, copy=False).ravel() for array in arrays]


def is_as_before(now: Array, before: Array) -> bool:
    """Whether a sample of `now` is that of `before`: of every column, and of the last entries."""
    flat, other = now.ravel(), before.ravel()
    most = max(1, flat.size // _SAMPLE)
    apart = next(k for k in range(most, 2 * most + 2) if k == 1 or gcd(k, flat.size) == 1)
    return is_same(flat[::apart], other[::apart]) and is_same(flat[-_FEW:], other[-_FEW:])
