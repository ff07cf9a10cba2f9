"""Activations of a deep net, layer by layer: the shape of each histogram, and its spread above it."""

from __future__ import annotations

from ..report import Layers
from ._svg import Drawing, element, line, shown, text
from ._words import short

CELL, GAP, HIGH = 33.0, 3.0, 44.0
PEAK = 4
"""How many times higher than the next one a bar is drawn."""
_TOP, _BASE = 28.0, 72.0


def layers_picture(layers: Layers) -> Drawing:
    """Return one histogram per layer, from left to right."""
    depth = len(layers.counts)
    body = [text(0, 11, f"{layers.title}, from {layers.low:g} to {layers.high:g}; above: spread", "strong")]
    for k, (counts, spread) in enumerate(zip(layers.counts, layers.spread, strict=True)):
        x = k * (CELL + GAP)
        body += [text(x + CELL / 2, _TOP - 4, short(spread), "mid"), _bars(x, counts)]
        body += [line(x, _BASE, x + CELL, _BASE, "axis"), text(x + CELL / 2, _BASE + 12, k + 1, "mid")]
    return Drawing(depth * (CELL + GAP) - GAP, _BASE + 16, about_layers(layers), "".join(body))


def about_layers(layers: Layers) -> str:
    """Return the picture in words."""
    first, last = layers.spread[0], layers.spread[-1]
    return (
        f"activations of {len(layers.counts)} layers with {layers.title}: "
        f"the spread goes from {short(first)} to {short(last)}"
    )


def _bars(x: float, counts: tuple[int, ...]) -> str:
    """Return a histogram as one outline, as high as there is room; a lone peak is cut off."""
    second = sorted(counts)[-2]
    most, wide = max(min(max(counts), PEAK * second), 1), CELL / len(counts)
    path = f"M{shown(x)} {shown(_BASE)}"
    for k, amount in enumerate(counts):
        y = _BASE - HIGH * min(amount / most, 1)
        path += f"V{shown(y)}H{shown(x + (k + 1) * wide)}"
    return element("path", d=f"{path}V{shown(_BASE)}z", class_="bar")
