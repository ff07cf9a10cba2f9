r"""Stairs of a cast: part of f is rounded to sixteen bits somewhere inside, beside terms that keep all their digits.

On one of its stairs such a function is exactly what it is without that part, so every small step agrees on a slope
that is not meant. But at the edge of the stair, a distance d away, f jumps: by what is missing from the slope over
that distance or more, and by no more than an ulp of the format. At a kink nothing jumps.
"""

from __future__ import annotations

import numpy as np

from .._problem import Mask
from ..ladder._case import Case
from ..ladder._ladder import Ladder, Rung

_LITTLE = 0.1
"""Share of the slope up to which the part that was cast is looked for: more of it shows from afar."""

_LINEAR, _ASKED = 3, 8
"""Steps that must see no bend at all; lanes that are asked."""

_NEAR = (2.0**-3, 2.0**-5, 2.0**-8, 2.0**-14)
"""How near the edge is approached, step by step: what a kink shows falls with it, a jump does not."""

_FALLS = 3.0
"""How much less the edge of a stair may show from nearer: two jumps, of either side, may have become one."""

_ULP = 2.0**-6
"""Share of f that a jump may be: an ulp of bfloat16 is half of it or less."""


def are_of_a_cast(case: Case, ladder: Ladder, suspects: Mask) -> Mask:
    """Return which of `suspects` stand on a stair as wide and as high as rounding to sixteen bits makes it."""
    found = np.zeros(suspects.size, dtype=bool)
    if not case.brief:
        missing = np.abs(ladder.best().residual)
        little = suspects & (missing < _LITTLE * case.scale(ladder.best()))
        for lane in np.flatnonzero(little)[:_ASKED].tolist():
            found[lane] = _Stair(case, ladder, lane).lacks(float(missing[lane]))
    return found


class _Stair:
    """What one lane is between the edges that are nearest to the point."""

    def __init__(self, case: Case, ladder: Ladder, lane: int) -> None:
        self._case, self._ladder, self._lane = case, ladder, lane

    def lacks(self, missing: float) -> bool:
        """Whether f is exactly linear up to a jump that makes up for a slope of `missing`."""
        straight = [self._bend(rung) == 0.0 for rung in self._ladder.rungs]
        edge = max((k for k, is_straight in enumerate(straight) if not is_straight), default=-1)
        if edge < 0 or len(straight) - 1 - edge < _LINEAR:
            return False
        inside, outside = self._ladder.rungs[edge + 1].step, self._ladder.rungs[edge]
        jump = 0.0
        for near in _NEAR:
            inside, outside = self._approached(inside, outside, near)
            before, jump = jump, self._bend(outside)
            if jump < before / _FALLS:
                return False
        return missing * inside / 2 <= jump <= _ULP * float(outside.size[self._lane])

    def _approached(self, inside: float, outside: Rung, near: float) -> tuple[float, Rung]:
        """Return steps on both sides of the edge, by halving, until they are no more than `near` apart."""
        while outside.step > inside * (1 + near):
            middle = self._case.sample(float(np.sqrt(inside * outside.step)))
            if self._bend(middle):
                outside = middle
            else:
                inside = middle.step
        return inside, outside

    def _bend(self, rung: Rung) -> float:
        """Return |f(x + h) - 2 f(x) + f(x - h)|; zero where that is rounding."""
        bend = abs(float(rung.bend[self._lane])) * rung.step
        return bend if bend > 16 * float(self._ladder.noise_at(rung)[self._lane]) else 0.0
