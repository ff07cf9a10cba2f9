r"""What every initializer does around its formula: check the sizes, count the fans, make a generator.

A dense layer has one matrix of shape (fan_in, fan_out). A convolution has kernels of shape
(fan_out, fan_in, height, width), and a unit of it reads from every channel at every position of the kernel:

.. math:: \text{fan\_in} = \text{channels} \cdot K_h K_w, \qquad \text{fan\_out} = \text{filters} \cdot K_h K_w
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._options import generator, is_whole, whole

Weights: TypeAlias = NDArray[np.float64]
"""Weights of shape (fan_in, fan_out), or (filters, channels, height, width)."""

Kernel: TypeAlias = tuple[int, ...] | None
"""The size of the kernels of a convolution, (height, width) for images; None for a dense layer."""

Seed: TypeAlias = int | Sequence[int] | np.random.SeedSequence | np.random.BitGenerator | np.random.Generator | None
"""Whatever `numpy.random.default_rng` takes; a generator is used, and advanced, as it is."""


class Fans(NamedTuple):
    """The shape of a layer's weights, and how many values a unit reads, and how many units read a value."""

    shape: tuple[int, ...]
    fan_in: int
    fan_out: int

    def from_matrix(self, matrix: Weights) -> Weights:
        """Return a matrix of shape (fan_in, units) in the shape of the weights."""
        dense = len(self.shape) == 2
        return matrix if dense else np.ascontiguousarray(matrix.T).reshape(self.shape)

    @property
    def units(self) -> int:
        """How many units there are, each with weights of its own."""
        return self.shape[1] if len(self.shape) == 2 else self.shape[0]


def layer(fan_in: int, fan_out: int, kernel: Kernel = None) -> Fans:
    """Return shape and fans of a dense layer, or of a convolution with `kernel`.

    Raises
    ------
    ValueError
        One of the sizes is below 1.
    """
    for name, fan in (("fan_in", fan_in), ("fan_out", fan_out)):
        whole(name, fan, "the number of units on that side")
    if kernel is None:
        return Fans((fan_in, fan_out), fan_in, fan_out)
    size = _sizes(kernel)
    if not size:
        raise ValueError(f"kernel={kernel!r} must hold numbers of at least 1, all whole, such as (3, 3), or be None")
    return fans((fan_out, fan_in, *size))


def fans(shape: Sequence[int]) -> Fans:
    """Count the fans of weights of a given shape.

    Parameters
    ----------
    shape
        (fan_in, fan_out) of a dense layer, or (filters, channels, height, width) of a convolution.

    Returns
    -------
    named tuple
        ``shape``, ``fan_in`` and ``fan_out``.

    Raises
    ------
    ValueError
        There are fewer than two sizes, or one is below 1.

    Examples
    --------
    >>> fans((64, 16, 3, 3))
    Fans(shape=(64, 16, 3, 3), fan_in=144, fan_out=576)
    """
    size = _sizes(shape)
    if len(size) < 2:
        raise ValueError(f"shape={shape!r} must hold at least two sizes, none below 1, in whole numbers")
    if len(size) == 2:
        return Fans(size, *size)
    filters, channels, *kernel = size
    positions = math.prod(kernel)
    return Fans(size, channels * positions, filters * positions)


def _sizes(shape: Any) -> tuple[int, ...]:
    """Return the sizes as plain numbers; none where one of them is no whole number above 0."""
    size = tuple(shape) if isinstance(shape, Iterable) else ()
    return tuple(int(n) for n in size) if all(is_whole(n) and n > 0 for n in size) else ()


def normal(size: Fans, std: float, rng: Seed) -> Weights:
    """Draw weights from the normal distribution with mean 0 and standard deviation `std`."""
    return generator(rng).standard_normal(size.shape) * std


def uniform(size: Fans, std: float, rng: Seed) -> Weights:
    """Draw weights from the uniform distribution with mean 0 and standard deviation `std`: up to its sqrt(3)-fold."""
    bound = math.sqrt(3) * std
    return generator(rng).uniform(-bound, bound, size.shape)
