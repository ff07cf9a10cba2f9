"""The error against the step as a small picture: inline SVG without script or font, readable in the dark.

Both axes are logarithmic. A mistake is a flat line far above what truncation and rounding can explain; an error
of the differences follows them down and up again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ..report import StepError
from ._curves import curves, ticks

WIDTH, HEIGHT = 420, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 34


def error_against_step(steps: Sequence[StepError]) -> str:
    """Return the picture; nothing where fewer than two steps can be drawn."""
    drawn = curves(steps)
    if drawn is None:
        return ""
    xs = drawn.steps
    frame = _Frame(xs[0], xs[-1], drawn.low, drawn.high)
    body = [*frame.axes(), frame.line(xs, drawn.explicable, "allowed"), frame.line(xs, drawn.error, "error")]
    label = "error against relative step; the dashed line is what truncation and rounding can explain"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        f"<title>{label}</title>{''.join(body)}</svg>"
    )


class _Frame:
    """Where decimal logarithms lie on the picture."""

    def __init__(self, left: float, right: float, low: int, high: int) -> None:
        self.left, self.right = left, max(right, left + 1e-9)
        self.low, self.high = low, high

    def x(self, value: float) -> float:
        share = (value - self.left) / (self.right - self.left)
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)

    def line(self, xs: Iterable[float], ys: Iterable[float], name: str) -> str:
        points = [(self.x(x), self.y(y)) for x, y in zip(xs, ys, strict=True)]
        path = " ".join(f"{x},{y}" for x, y in points)
        dots = "".join(f'<circle class="{name}" cx="{x}" cy="{y}" r="2.5"/>' for x, y in points)
        return f'<polyline class="{name}" points="{path}"/>{dots}'

    def axes(self) -> Iterable[str]:
        base = HEIGHT - _BOTTOM
        for power in ticks(self.low, self.high):
            y = self.y(power)
            yield f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
            yield f'<text x="{_LEFT - 6}" y="{y + 3.5}" text-anchor="end">1e{power}</text>'
        for power in ticks(math.ceil(self.left), math.floor(self.right)):
            yield f'<text x="{self.x(power)}" y="{base + 15}" text-anchor="middle">1e{power}</text>'
        yield f'<text x="{(WIDTH + _LEFT) / 2}" y="{HEIGHT - 4}" text-anchor="middle">relative step</text>'
