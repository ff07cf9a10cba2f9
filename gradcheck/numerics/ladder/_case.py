"""One direction to judge: what the decision (`_rule`) is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._precision import Precision
from .._problem import Mask, Vector
from ._ladder import Estimate, Rung

_ROUNDED_AWAY, _FEW_ULPS, _SOME = 2.0**-44, 2.0**24, 4096

REPEATS = 5
"""Pairs of fresh steps that confirm a failure."""


@dataclass(slots=True, kw_only=True)
class Case:
    """One direction to judge: its lanes' analytic slopes and their noises.

    ``row`` is the largest contribution to the lane, ``beside`` the largest that it may be certified beside as a last
    resort.
    ``allowance`` gives the noise of the analytic slopes of some lanes at least, NaN for others; it costs backward
    calls, so it is asked for only where the few ulps of ``rounding`` do not settle a lane; without it a lane may pass
    and nothing else. ``repeats`` is how many pairs of fresh steps must show a failure again: 0 where whoever asks
    looks at what fails once more, so that nothing need confirm it. ``brief`` says that others have failed before.
    ``single`` marks the lanes that are one output each: where several kinks meet in one sum, a valid choice for each
    can lie outside the one-sided slopes of the sum. ``unit`` is the length of the direction: slopes divided by it are
    derivatives. ``at`` is the coordinate that moves.
    ``least`` is the smallest residual that may be called wrong: what a backward may round away that computes in the
    scale of the other entries.
    ``settles`` is what a lane may settle for at the end of its ladder, where that is more than the ``claim``.
    ``unseen`` is rounding that the measured ``noise`` may have missed: half an ulp of x, as far as the slope carries
    it. It may excuse a residual, and certifies nothing: beside an edge, where slopes are steep, nothing is so lost.
    ``bends`` is the share of a bend that fails to fall with the step by which that step counts as worse: 0 where the
    residual of a kink never settles.
    ``own_noise`` is that of the outputs that the coordinate moves at all: sums of many hide in ``noise`` what a
    single one shows.
    ``refined`` is ``sample`` with more digits, ``reclaimed`` the analytic slope of one lane; they return None where
    there are none to be had.
    """

    analytic: Vector
    noise: Vector
    row: Vector
    beside: Vector
    precision: Precision
    sample: Callable[[float], Rung]
    allowance: Callable[[Mask], Vector] | None
    single: Mask
    least: Vector | float = 0.0
    settles: Vector | float = 0.0
    unseen: Vector | float = 0.0
    bends: Vector | float = 1.0
    least_step: float = 0.0
    repeats: int = REPEATS
    brief: bool = False
    unit: Vector | float = 1.0
    at: Vector | float = 0.0
    refined: Callable[[float], Rung | None] = lambda _: None
    reclaimed: Callable[[int], float | None] = lambda _: None
    own_noise: Callable[[], Vector] | None = None

    @property
    def rounding(self) -> Vector:
        """A few ulps of the analytic slope; of its row where the backward rounds to float32."""
        fine = 4 * self.precision.eps * np.abs(self.analytic)
        return fine + 4 * self.precision.backward * np.maximum(np.abs(self.analytic), self.row)

    def scale(self, seen: Estimate | Rung) -> Vector:
        """Return what an error is measured by: the larger of both slopes, and a little of the row."""
        truth = np.abs(self.analytic + np.where(np.isfinite(seen.residual), seen.residual, 0))
        return np.maximum(np.maximum(np.abs(self.analytic), truth), 1e-3 * self.row)

    def cap(self, estimate: Estimate) -> Vector:
        """Return the largest error that a pass may leave."""
        return self.precision.claim * self.scale(estimate)


def rounded_away(claims: Vector, typical: Vector | float, sizes: Vector | float) -> Vector:
    """Return what a backward may have rounded away of `claims`, if it computed in the scale of `typical` ones.

    A sigmoid less a label has lost its digits where it saturates: what is left is zero, or a few ulps of what the
    claims typically are, and nothing but that shows it. So of such claims an error of 2^-44 of a typical contribution
    is none; of others each counts. Typical is what a quarter exceeds (`upper_quartile`): beside one entry of e^25
    those of e^-8 are no rounding, if most are about 1. ``sizes`` turns claims into contributions.
    """
    with np.errstate(all="ignore"):
        ulps = np.abs(claims) / (np.spacing(typical) / 4)
        lost = (ulps == np.round(ulps)) & (ulps < _FEW_ULPS)
    return np.where(lost, _ROUNDED_AWAY * typical * sizes, 0.0)


def upper_quartile(values: NDArray[np.float64]) -> float:
    """Return the size that a quarter of the `values` exceed, zeros left out, by a sample where they are many."""
    few = values.ravel()[:: max(1, values.size // _SOME)]
    found = np.abs(few[few != 0])
    rank = 3 * found.size // 4
    return float(np.partition(found, rank)[rank]) if found.size else 0.0
