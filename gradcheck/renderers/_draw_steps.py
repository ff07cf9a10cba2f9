"""The error against the step: a mistake is a flat line far above the V of truncation and rounding."""

from __future__ import annotations

from collections.abc import Sequence

from ..report import StepError
from ._axes import HEIGHT, LEFT, TOP, WIDTH, Axes
from ._curves import curves
from ._svg import Drawing, element, polyline, text

LABEL = "relative error against relative step, both logarithmic; dashed: what truncation and rounding can explain"


def error_against_step(steps: Sequence[StepError]) -> Drawing | None:
    """Return the picture; None where fewer than two steps can be drawn."""
    drawn = curves(steps)
    if drawn is None:
        return None
    axes = Axes(drawn.steps[0], max(drawn.steps[-1], drawn.steps[0] + 1e-9), drawn.low, drawn.high, powers=True)
    points = [(axes.x(x), axes.y(y)) for x, y in zip(drawn.steps, drawn.error, strict=True)]
    allowed = [axes.at(x, y) for x, y in zip(drawn.steps, drawn.explicable, strict=True)]
    dots = "".join(element("circle", cx=x, cy=y, r=2.6, class_="dotbad") for x, y in points)
    body = [*axes.frame("relative step"), polyline(allowed, "dash"), polyline(points, "bad"), dots]
    words = [text(LEFT + 6, TOP - 2, "error", "wordbad"), text(LEFT + 38, TOP - 2, "- - explicable")]
    return Drawing(WIDTH, HEIGHT, LABEL, "".join([*body, *words]))
