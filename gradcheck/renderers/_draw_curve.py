"""A function of one number, its claimed derivative, and its kinks."""

from __future__ import annotations

from collections.abc import Sequence

from ..report import Curve
from ._axes import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, Axes, span
from ._svg import Drawing, line, polyline, text
from ._words import number

MOST = 8.0
"""Values beyond are cut off, so that what happens near 0 is seen."""


def curve_picture(curve: Curve) -> Drawing:
    """Return f as a line, f' as a broken one, kinks as upright lines."""
    inside = [min(max(value, -MOST), MOST) for value in (*curve.value, *curve.slope) if value == value]
    axes = Axes(curve.x[0], curve.x[-1], *span(inside))
    body = [*axes.frame("x"), *(_kink(axes, kink) for kink in curve.kinks)]
    body.append(polyline(_points(axes, curve.x, curve.value, ()), "line1"))
    body.append(polyline(_points(axes, curve.x, curve.slope, curve.kinks), "dash2") if curve.slope else "")
    words = [text(LEFT + 6, TOP - 2, "f", "word1")]
    words += [text(LEFT + 20, TOP - 2, "- - f' as claimed", "word2")] if curve.slope else []
    return Drawing(WIDTH, HEIGHT, about_curve(curve), "".join([*body, *words]))


def about_curve(curve: Curve) -> str:
    """Return the picture in words."""
    where = f", bends or jumps at {', '.join(map(number, curve.kinks))}" if curve.kinks else ", no kink known"
    claimed = " and its derivative as claimed" if curve.slope else "; no derivative is claimed"
    return f"the function{claimed}, between {number(curve.x[0])} and {number(curve.x[-1])}{where}"


def _kink(axes: Axes, kink: float) -> str:
    return line(axes.x(kink), TOP, axes.x(kink), HEIGHT - BOTTOM, "dash")


def _points(
    axes: Axes, xs: Sequence[float], ys: Sequence[float], breaks: Sequence[float]
) -> list[tuple[float, float] | None]:
    """Return the points of a line that is broken at `breaks` and where it leaves the picture."""
    found: list[tuple[float, float] | None] = []
    before = xs[0]
    for x, y in zip(xs, ys, strict=True):
        if any(before < edge < x for edge in breaks):
            found.append(None)
        found.append(axes.at(x, y) if axes.low <= y <= axes.high else None)
        before = x
    return found
