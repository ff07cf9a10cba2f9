"""What the floating-point format of the subject allows.

=============  ============================================================================================
``eps``        unit roundoff class: spacing of the format at 1
``first``      first relative step of a ladder
``claim``      what a pass promises of one entry: error at most ``claim`` times its scale
``aim``        what a ladder climbs for before it settles for ``claim``: as sharp as the first look
``lattice``    smallest and largest odd multiple of an ulp by which noise is measured
``glance``     what the first look certifies of a direction, on small and on large problems
``steps``      its smallest and largest usual step
``backward``   unit roundoff class of the backward, where it is coarser than that of the forward
``widen``      by how much that lattice grows where the subject moves in stairs, and how often it may
=============  ============================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike


@dataclass(frozen=True, slots=True)
class Precision:
    """Constants of the decision rule for one floating-point format."""

    name: str
    eps: float
    first: float
    claim: float
    lattice: tuple[int, int]
    widen: tuple[int, int]
    glance: tuple[float, float]
    steps: tuple[float, float]
    backward: float = 0.0

    @property
    def aim(self) -> float:
        """What the careful rule tries to reach: what the first look has noticed is not forgiven after it."""
        return min(self.claim, 5 * self.glance[0])

    @property
    def grid(self) -> np.dtype[np.floating]:
        """The format whose numbers the displaced points are taken from."""
        return np.dtype(self.name)


DOUBLE = Precision("float64", 2.0**-52, 2.0**-6, 1e-6, (1001, 8001), (2048, 2), (2e-8, 1e-7), (2.0**-26, 2.0**-17))
SINGLE = Precision("float32", 2.0**-23, 2.0**-3, 2e-3, (9, 39), (32, 3), (1e-3, 1e-3), (2.0**-12, 2.0**-7))


def with_coarse_backward(precision: Precision, coarse: float = SINGLE.eps) -> Precision:
    """Return constants for a backward that rounds to a format with the unit roundoff `coarse`, unlike the forward."""
    glance = (max(precision.glance[0], 8 * coarse), max(precision.glance[1], 8 * coarse))
    claim = (128 if coarse <= SINGLE.eps else 16) * coarse
    return replace(precision, claim=max(precision.claim, claim), glance=glance, backward=coarse)


def precision_of(dtype: DTypeLike) -> Precision | None:
    """Return the constants for results of `dtype`; None where differences would be hopeless (16 bits)."""
    eps = roundoff(np.dtype(dtype))
    if eps <= DOUBLE.eps:
        return DOUBLE
    return SINGLE if eps <= SINGLE.eps else None


@cache
def roundoff(dtype: np.dtype[Any]) -> float:
    """Return the distance from 1 to the next number of `dtype`, also of formats that `numpy.finfo` does not know.

    >>> roundoff(np.dtype(np.float16)) == np.finfo(np.float16).eps
    True
    """
    return next(2.0**-k for k in range(64) if k == 52 or _rounded(1 + 2.0 ** -(k + 1), dtype) == 1.0)


@cache
def largest(dtype: np.dtype[Any]) -> float:
    """Return about the largest number of `dtype`: the largest power of two."""
    return next(2.0**k for k in range(1023, 0, -1) if np.isfinite(_rounded(2.0**k, dtype)))


def _rounded(value: float, dtype: np.dtype[Any]) -> float:
    with np.errstate(all="ignore"):
        return float(np.asarray(value).astype(dtype))
