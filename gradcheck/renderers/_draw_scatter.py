"""Analytic against numeric: right entries lie on the diagonal, within the band that the numeric can be off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..report import Finding
from ._axes import HEIGHT, WIDTH, Axes, has_place, span
from ._svg import Drawing, element, line
from ._words import size

SURELY = 5.0
"""A difference of so many bounds is drawn as wrong."""


@dataclass(frozen=True, slots=True)
class _Point:
    numeric: float
    analytic: float
    bound: float

    @property
    def off(self) -> bool:
        return abs(self.analytic - self.numeric) > SURELY * self.bound


def scatter(finding: Finding) -> Drawing | None:
    """Return the picture of the entries that were compared; None where there are none."""
    points = [p for p in _points(finding) if has_place(p.numeric) and has_place(p.analytic)]
    if not points:
        return None
    low, high = span([value for p in points for value in (p.numeric, p.analytic)])
    if not high > low:
        return None
    axes = Axes(low, high, low, high)
    widest = max((p.bound for p in points if math.isfinite(p.bound)), default=0.0)
    body = [*axes.frame("numeric", "analytic"), _band(axes, widest)]
    body.append(line(axes.x(low), axes.y(low), axes.x(high), axes.y(high), "dash"))
    body += [_dot(axes, p) for p in sorted(points, key=lambda p: p.off)]
    wrong = sum(p.off for p in points)
    label = (
        f"analytic against numeric of {len(points)} entries, {wrong} of them off the diagonal; "
        f"the band is {size(widest)} to either side, as far as a numeric value can be off"
    )
    return Drawing(WIDTH, HEIGHT, label, "".join(body))


def _points(finding: Finding) -> Sequence[_Point]:
    if finding.field is None:
        return [_Point(e.numeric, e.analytic, e.bound) for e in finding.entries]
    field = finding.field
    return [_Point(*row) for row in zip(field.numeric, field.analytic, field.bound, strict=True)]


def _band(axes: Axes, widest: float) -> str:
    """Return the band around the diagonal, cut off where the picture ends."""
    low, high, wide = axes.low, axes.high, min(widest, axes.high - axes.low)
    corners = [
        (low, low),
        (low, low + wide),
        (high - wide, high),
        (high, high),
        (high, high - wide),
        (low + wide, low),
    ]
    path = "L".join(f"{axes.x(x):.1f} {axes.y(y):.1f}" for x, y in corners)
    return element("path", d=f"M{path}z", class_="band")


def _dot(axes: Axes, point: _Point) -> str:
    x, y = axes.x(point.numeric), axes.y(point.analytic)
    if point.off:
        return element("path", d=f"M{x - 2.8:.1f} {y - 2.8:.1f}l5.6 5.6m0 -5.6l-5.6 5.6", class_="bad")
    return element("circle", cx=x, cy=y, r=2.2, class_="dot1")
