"""The error against the step as a small picture: inline SVG without script or font, readable in the dark.

Both axes are logarithmic. A mistake is a flat line far above what truncation and rounding can explain; an error
of the differences follows them down and up again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ..report import StepError

WIDTH, HEIGHT = 420, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 34
_TINY = 1e-300


def error_against_step(steps: Sequence[StepError]) -> str:
    """Return the picture; nothing where fewer than two steps can be drawn."""
    drawn = [step for step in sorted(steps, key=lambda s: s.step) if _drawable(step)]
    if len(drawn) < 2:
        return ""
    xs = [math.log10(step.step) for step in drawn]
    error = [math.log10(max(step.error, _TINY)) for step in drawn]
    allowed = [math.log10(max(step.allowed, _TINY)) for step in drawn]
    floor = max(min(*error, *allowed), -20.0)
    error, allowed = ([max(value, floor) for value in values] for values in (error, allowed))
    frame = _Frame(min(xs), max(xs), math.floor(floor), math.ceil(max(*error, *allowed)) or 1)
    body = [*frame.axes(), frame.line(xs, allowed, "allowed"), frame.line(xs, error, "error")]
    label = "error against relative step; the dashed line is what truncation and rounding can explain"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        f"<title>{label}</title>{''.join(body)}</svg>"
    )


def _drawable(step: StepError) -> bool:
    return step.step > 0 and all(math.isfinite(value) for value in (step.step, step.error, step.allowed))


class _Frame:
    """Where decimal logarithms lie on the picture."""

    def __init__(self, left: float, right: float, low: int, high: int) -> None:
        self.left, self.right = left, max(right, left + 1e-9)
        self.low, self.high = low, max(high, low + 1)

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
        for power in _ticks(self.low, self.high):
            y = self.y(power)
            yield f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
            yield f'<text x="{_LEFT - 6}" y="{y + 3.5}" text-anchor="end">1e{power}</text>'
        for power in _ticks(math.ceil(self.left), math.floor(self.right)):
            yield f'<text x="{self.x(power)}" y="{base + 15}" text-anchor="middle">1e{power}</text>'
        yield f'<text x="{(WIDTH + _LEFT) / 2}" y="{HEIGHT - 4}" text-anchor="middle">relative step</text>'


def _ticks(low: int, high: int, most: int = 5) -> range:
    return range(low, high + 1, max(1, math.ceil((high - low) / most)))
