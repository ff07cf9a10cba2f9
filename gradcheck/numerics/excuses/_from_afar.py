r"""A claim that holds next to the point alone, while larger steps agree on another slope.

Between two stairs of float32 a part of f that rounds stands still, and a claim that forgets this part is right to the
last digit there. Steps of many stairs see all of f, and three in a row leave the same residual,

.. math:: \max_k r_k - \min_k r_k \le 0.02\,|r|, \qquad |S| < |r|,

as curvature does not, which falls by sixteen from one to the next, nor noise, which grows by four, nor the jump of
slope at a kink, which bends f by twice as much. A function may well have two slopes: what tells is whether it rounds
in part (`_partly`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._problem import Mask, Vector
from ..ladder._case import Case
from ..ladder._ladder import Rung

_NEAREST, _FARTHEST = 2.0**-20, 2.0**-4
"""Steps of many stairs of float32, and short enough for curvature to fall."""

_IN_A_ROW, _ALIKE = 3, 0.02
_LEAST, _OF_THE_ROW = 1e-3, 1e-2
"""Share of the claim, or of this share of the largest in its row, from which on a residual asks for more calls."""


def denied_from_afar(case: Case, rungs: Sequence[Rung]) -> Mask:
    """Return the lanes whose claim is off by the same at some larger steps in a row."""
    found = np.zeros(case.analytic.size, dtype=bool)
    if len(rungs) <= _IN_A_ROW:  # what has passed with these was not denied by them
        return found
    least = _LEAST * np.maximum(np.abs(case.analytic), _OF_THE_ROW * case.row)
    far = sorted((rung for rung in rungs if _NEAREST <= rung.step <= _FARTHEST), key=lambda rung: -rung.step)
    for k in range(len(far) - _IN_A_ROW + 1):
        found |= _agree(far[k : k + _IN_A_ROW], least)
    return found


def _agree(rungs: Sequence[Rung], least: Vector) -> Mask:
    residuals = np.array([rung.residual for rung in rungs])
    with np.errstate(all="ignore"):
        off = np.min(np.abs(residuals), axis=0)
        alike = np.ptp(residuals, axis=0) <= _ALIKE * off
        return np.asarray(alike & (off > least) & (np.abs(rungs[-1].bend) < off))
