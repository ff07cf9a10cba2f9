"""The spectrum of training data: what their covariance lets a law say."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .._case import Case
from .._expect import epsilon, largest
from ..adapters._fitted import Array
from ..adapters.preprocessor import Preprocessor

ULPS = 32
BLURRED = 1e-3
"""Where rounding alone may move a number by this share, an example says nothing."""

RANK_GAP = 1e-5
"""Singular values between this share of the largest and rounding leave the rank open."""


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Eigenvalues of the covariance of the training data, falling; ``rank`` of them count."""

    values: Array
    rank: int
    clear: bool
    size: float
    count: int

    @classmethod
    def of(cls, x: Array, ddof: int) -> Spectrum:
        """Return the spectrum of `x`."""
        singular = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
        top, size = float(singular[0]), float(largest(x))
        noise = 100 * epsilon(x) * len(x) * (top + size)
        kept = singular > max(RANK_GAP * top, noise)
        clear = bool(np.all(kept | (singular <= noise)) and top > noise)
        return cls(singular**2 / max(len(x) - ddof, 1), int(kept.sum()), clear, size, len(x))

    @property
    def room(self) -> float:
        """What rounding may do to a variance, relative to it."""
        top, least = float(self.values[0]), float(self.values[self.rank - 1])
        unit = ULPS * float(np.finfo(float).eps) * self.count
        # A covariance taken as the mean square minus the squared mean loses the offset twice; that is allowed here.
        return unit * (top / least + self.size**2 / least + self.size / math.sqrt(least))


def clear_spectrum(x: Array, step: Preprocessor, case: Case) -> Spectrum:
    """Return the spectrum of `x`; an example whose rank or variance rounding hides is idle."""
    spectrum = Spectrum.of(x, step.shown.ddof)
    if not spectrum.clear:
        case.idle("rounding leaves the rank of the data open")
    if spectrum.room > BLURRED:
        case.idle("rounding hides what the law says")
    return spectrum


def same_columns(z: Array, x: Array, case: Case) -> None:
    """Call an example idle whose output has other columns than its data: which were dropped is not known."""
    if z.shape != x.shape:
        case.idle("some features were dropped")


def covariance(z: Array, ddof: int) -> Array:
    """Return the covariance of `z`, with divisor n - ddof."""
    deviation = z - z.mean(axis=0)
    return np.asarray(deviation.T @ deviation / max(len(z) - ddof, 1))
