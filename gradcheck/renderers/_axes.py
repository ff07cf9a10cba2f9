"""Where numbers lie on a picture, and the lines and labels that say so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ._svg import element, line, text
from ._words import number

WIDTH, HEIGHT = 340.0, 210.0
"""Of a picture with axes: it fits on a telephone without being made smaller."""
LEFT, RIGHT, TOP, BOTTOM = 48.0, 10.0, 12.0, 34.0
_HUGE = 1e100


@dataclass(frozen=True, slots=True)
class Axes:
    """Two axes from `left` to `right` and from `low` to `high`; `powers` says which of them are logarithms."""

    left: float
    right: float
    low: float
    high: float
    powers: bool = False

    def x(self, value: float) -> float:
        """Return how far from the left `value` lies."""
        return LEFT + (value - self.left) / (self.right - self.left) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Return how far from the top `value` lies."""
        return HEIGHT - BOTTOM - (value - self.low) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)

    def at(self, x: float, y: float) -> tuple[float, float] | None:
        """Return where a point lies; None where it has no place."""
        return (self.x(x), self.y(y)) if has_place(x) and has_place(y) else None

    def frame(self, below: str, beside: str = "") -> Iterator[str]:
        """Yield grid, labels and the names of the axes."""
        base = HEIGHT - BOTTOM
        for value in self._ticks(self.low, self.high):
            y = self.y(value)
            yield line(LEFT, y, WIDTH - RIGHT, y, "grid")
            yield text(LEFT - 5, y + 3.5, self._label(value), "end")
        for value in self._ticks(self.left, self.right):
            yield line(self.x(value), base, self.x(value), base + 4, "axis")
            yield text(self.x(value), base + 15, self._label(value), "mid")
        yield line(LEFT, base, WIDTH - RIGHT, base, "axis")
        yield text((WIDTH + LEFT) / 2, HEIGHT - 4, below, "mid")
        if beside:
            turned = f"rotate(-90 9 {(TOP + base) / 2:.0f})"
            yield element("text", beside, x=9, y=(TOP + base) / 2, class_="mid", transform=turned)

    def _ticks(self, low: float, high: float) -> Sequence[float]:
        return powers(low, high) if self.powers else round_numbers(low, high)

    def _label(self, value: float) -> str:
        return f"1e{value:.0f}" if self.powers else number(value)


def has_place(value: float) -> bool:
    """Say whether a number can be put on an axis: it is finite, and differences of such numbers are, too."""
    return abs(value) < _HUGE  # false for NaN


def powers(low: float, high: float, most: int = 5) -> list[float]:
    """Return whole numbers from `low` to `high`, about `most` of them."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    return [float(k) for k in range(first, last + 1, max(1, math.ceil((last - first) / most)))]


def round_numbers(low: float, high: float, most: int = 5) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten from `low` to `high`, at most about `most`.

    >>> round_numbers(-0.3, 1.1)
    [0.0, 0.5, 1.0]
    """
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def span(values: Sequence[float], margin: float = 0.06) -> tuple[float, float]:
    """Return an interval around the finite ones of `values`, with a margin; around 0 where there are none."""
    known = [value for value in values if has_place(value)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    room = margin * (high - low) or margin * abs(high) or 1.0
    return low - room, high + room
