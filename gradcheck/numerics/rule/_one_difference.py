r"""One centred difference for each of many lanes: it certifies, without a bound for its own truncation.

.. math:: |r| + E \le \mathrm{claim}\cdot s \quad\text{or}\quad |r| \le E \le \tfrac12\,\mathrm{aim}\cdot s,
    \qquad E = \frac{4\eta}{h} + \nu, \qquad |S| \le 10^{-2} s

with the claim of the first look, for what that has noticed is not forgiven after it, and the aim of the ladder.
Truncation only enlarges the residual r, unless it happens to cancel what is wrong with the claim, at a step that is
drawn; so a residual that small certifies (`_look` argues the same of a random direction). The bend S keeps kinks out.

A lane gets two of three steps at most: one at which rounding and the curvature of a plain function are both far below
the claim; then a large one, if rounding hides it there, for what does not curve and is small beside its output; or a
small one, if it shows, for what curves more. So that no error finds one where truncation cancels it, the large one
has to agree with the first, as far as rounding lets the first be seen, and the small one is extrapolated with it.
What stands still at two steps has no slope, if it claims none. What is left open is not judged: a ladder climbs
(`_rule`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._precision import Precision
from .._problem import Mask, Vector
from ..ladder._case import Case
from ..ladder._ladder import Rung
from ._judged import Judged, Ruling

_BENT = 1e-2


def single_steps(precision: Precision) -> tuple[float, ...]:
    """Return the first, the large and the small step; with h^2 a quarter of the claim, truncation is a twentieth."""
    middle = float(np.sqrt(precision.glance[0])) / 2
    return middle, precision.first, middle / 4


@dataclass(frozen=True, slots=True)
class First:
    """What the first difference of each lane has shown; a step of 0 says that this is the first."""

    step: float
    residual: Vector
    error: Vector
    still: Mask


def judge_by_one(case: Case, rung: Rung, first: First) -> tuple[Judged, First]:
    """Return PASS for the lanes that `rung` certifies, OPEN for all others; and what it showed, for the next."""
    scale, length = case.scale(rung), np.abs(case.unit)
    noise = np.maximum(case.noise, case.precision.eps / 2 * rung.size)
    with np.errstate(all="ignore"):
        seen = First(rung.step, rung.residual, 4 * noise / rung.step + case.rounding, rung.still)
        value, error, agrees = _beside(first, seen)
        residual = np.abs(value)
        off = residual + error
        close = off <= case.precision.glance[0] * scale
        close |= (residual <= error) & (error <= case.precision.aim / 2 * scale)
        certified = close & agrees & (np.abs(rung.bend) <= _BENT * scale) & ~rung.still
    certified |= first.still & rung.still & (case.analytic == 0)
    judged = Judged(
        ruling=np.where(certified, Ruling.PASS, Ruling.OPEN).astype(np.int8),
        analytic=case.analytic / case.unit,
        numeric=(case.analytic + value) / case.unit,
        bound=np.maximum(error, residual) / length,
        hidden=np.maximum(2 * off, case.precision.aim * np.abs(case.analytic)) / length,
        scale=scale / length,
        limit=[],
        unit=case.unit,
        rungs=[rung],
        kinked=np.zeros_like(certified),
        denied=np.zeros_like(certified),
    )
    return judged, seen


def _beside(first: First, seen: First) -> tuple[Vector, Vector, Mask]:
    """Return the residual beside that of the first step, its error, and whether both may be of one slope."""
    if not first.step:
        return seen.residual, seen.error, np.ones_like(seen.still)
    weight = (first.step / seen.step) ** 2 - 1
    if weight < 0:
        return seen.residual, seen.error, np.abs(seen.residual - first.residual) <= seen.error + first.error
    value = seen.residual + (seen.residual - first.residual) / weight
    return value, seen.error + (seen.error + first.error) / weight, np.isfinite(value)
