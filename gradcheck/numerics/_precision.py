"""What the floating-point format of the subject allows.

=============  ============================================================================================
``eps``        unit roundoff class: spacing of the format at 1
``first``      first relative step of a ladder
``claim``      what a pass promises of one entry: error at most ``claim`` times its scale
``lattice``    smallest and largest odd multiple of an ulp by which noise is measured
``glance``     what the first look certifies of a direction, on small and on large problems
``steps``      its smallest and largest usual step
``backward``   unit roundoff class of the backward, where it is coarser than that of the forward
``widen``      by how much that lattice grows where the subject moves in stairs, and how often it may
=============  ============================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    def grid(self) -> np.dtype[np.floating]:
        """The format whose numbers the displaced points are taken from."""
        return np.dtype(self.name)


DOUBLE = Precision("float64", 2.0**-52, 2.0**-6, 1e-6, (1001, 8001), (2048, 2), (2e-8, 1e-7), (2.0**-26, 2.0**-17))
SINGLE = Precision("float32", 2.0**-23, 2.0**-3, 2e-3, (9, 39), (32, 3), (1e-3, 1e-3), (2.0**-12, 2.0**-7))


def with_coarse_backward(precision: Precision) -> Precision:
    """Return constants for a backward that rounds to float32 while the forward does not."""
    coarse = SINGLE.eps
    glance = (max(precision.glance[0], 8 * coarse), max(precision.glance[1], 8 * coarse))
    return replace(precision, claim=max(precision.claim, 128 * coarse), glance=glance, backward=coarse)


def precision_of(dtype: DTypeLike) -> Precision | None:
    """Return the constants for results of `dtype`; None where differences would be hopeless (16 bits)."""
    bits = np.finfo(np.dtype(dtype)).nmant
    if bits >= np.finfo(np.float64).nmant:
        return DOUBLE
    return SINGLE if bits >= np.finfo(np.float32).nmant else None
