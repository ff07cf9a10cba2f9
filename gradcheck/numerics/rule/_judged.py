"""What a lane came to: its ruling, and the numbers that it rests on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from .._problem import Mask, Vector
from ..ladder._ladder import Rung

_PER_LANE = ("ruling", "analytic", "numeric", "bound", "hidden", "scale", "kinked", "denied")


class Ruling(IntEnum):
    """How one lane ended."""

    OPEN = 0
    PASS = 1
    ROW = 2
    """Certified beside the largest entry, not by its own size."""
    FLAT = 3
    """Certified beside what f does away from a point where it is flat; the claim is zero but for rounding."""
    NEAR = 4
    """Certified below a kink so near that rounding allows no more than three digits."""
    KINK = 5
    """At a kink, inside the hull."""
    FAIL = 6


SOUND = (Ruling.PASS, Ruling.ROW, Ruling.FLAT, Ruling.NEAR)
"""What certifies a slope, by whatever it is held against."""


@dataclass(slots=True)
class Judged:
    """What was decided per lane; ``analytic``, ``numeric``, ``bound`` and ``scale`` are derivatives.

    ``hidden`` is the largest error that a pass may have left; ``limit`` says what kept an open lane undecided;
    ``rungs`` is the ladder, its slopes still per direction.
    """

    ruling: NDArray[np.int8]
    analytic: Vector
    numeric: Vector
    bound: Vector
    hidden: Vector
    scale: Vector
    limit: list[str]
    unit: Vector | float
    rungs: list[Rung]
    kinked: Mask
    """Lanes that were judged by the hull of their one-sided slopes."""
    denied: Mask
    """Lanes that passed next to the point, while larger steps agree on another slope."""

    def taken(self, lanes: Mask) -> Judged:
        """Return the rulings of some lanes alone."""
        parts = {name: getattr(self, name)[lanes] for name in _PER_LANE}
        limits = [text for text, kept in zip(self.limit, lanes, strict=True) if kept]
        return replace(self, limit=limits, **parts)

    def replaced(self, lanes: Mask, other: Judged) -> Judged:
        """Return these rulings with those of `lanes` taken from `other`, which judged them alone."""
        whole = replace(self, limit=list(self.limit))
        for name in _PER_LANE:
            value = getattr(self, name).copy()
            value[lanes] = getattr(other, name)
            setattr(whole, name, value)
        for lane, text in zip(np.flatnonzero(lanes), other.limit, strict=True):
            whole.limit[lane] = text
        return whole
