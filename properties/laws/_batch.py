r"""What the laws of normalizations share: the moments of what is normalized together, and what rounding may do.

Rounding. The mean of n numbers up to M is off by n ulps of M, hence so is every deviation, and the normalized value
by \ :math:`n \varepsilon M / \sqrt{v + \epsilon}`: large where the offset is large and the spread small. Every
tolerance is a few units of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._case import Case
from .._expect import epsilon, largest
from ..adapters._instance import Instance
from ..adapters.normalization import Array, Normalization
from ..strategies import choice

ULPS = 16


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean and variance of each set that shares them, and ``room``: what rounding may do to a normalized value.

    All in the shape of the input. Where the mean is left alone, it is 0 here, and the variance the mean square; of
    rows that are divided by their length, it is the sum of squares.
    """

    mean: Array
    variance: Array
    root: Array
    room: Array

    @classmethod
    def of(cls, x: Array, norm: Normalization) -> Moments:
        """Return the moments of `x`, in two passes."""
        mean = norm.over(np.mean, x) if "centered" in norm.abilities else np.zeros_like(x)
        variance = norm.square(x - mean)
        root = np.asarray(np.sqrt(np.maximum(variance + norm.eps, np.finfo(float).tiny)))
        size = norm.over(_largest, x) / root
        return cls(mean, variance, root, ULPS * epsilon(x) * norm.count(x) * (size + 1))


def shaken(norm: Normalization, case: Case) -> Instance:
    """Return a layer whose scale and shift are ordinary."""
    layer = norm.fresh()
    layer.shake(case.generator(case.pick("parameters", choice((0, 1, 2, 3)))))
    return layer


def undoing(layer: Instance, x: Array, norm: Normalization) -> Array:
    """Return what undoing scale and shift rounds away: a few units of beta / gamma."""
    ratio = np.abs(layer.row(layer.shift, x) / layer.row(layer.scale, x))
    return ULPS * epsilon(x) * norm.over(np.max, 1 + ratio + 0 * np.abs(x))


def _largest(x: Array, axis: Any, keepdims: bool) -> Array:  # noqa: ARG001, FBT001 -- as NumPy calls its reductions
    return np.asarray(largest(x, axis))
