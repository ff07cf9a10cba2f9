"""Numbers as colored cells: blue below zero, red above, the strongest color at the largest size."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from ._palette import LEVELS
from ._svg import Drawing, element, shown, squares, text
from ._words import number, short

WIDTH, MOST_HIGH, CELL = 210.0, 190.0, 26.0
LEAST, ROOMY = 96.0, 32.0
_HEAD, _FOOT = 16.0, 16.0
_NAN = "odd"
_STRONG = {"v0", "v1", f"v{LEVELS - 2}", f"v{LEVELS - 1}"}
"""Colors that dark words are hard to read on."""


def cells(
    title: str, values: Sequence[float], grid: tuple[int, int], scale: float, *, numbers: bool = False
) -> Drawing:
    """Return `values`, row by row on a `grid` of (rows, columns), in colors up to `scale`; NaN stays empty."""
    rows, columns = grid
    wide, high = _cell(rows, columns, ROOMY if numbers else CELL)
    groups: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for k, value in enumerate(values):
        if not math.isnan(value):
            groups[level(value, scale)].append((wide * (k % columns), _HEAD + high * (k // columns)))
    written = _written(values, columns, (wide, high), scale) if numbers else ""
    body = [text(0, 11, title, "strong"), *(squares(places, wide, high, name) for name, places in groups.items())]
    frame = f"M0.5 {_HEAD + 0.5}h{shown(wide * columns - 1)}v{shown(high * rows - 1)}h-{shown(wide * columns - 1)}z"
    foot = _HEAD + high * rows + 12
    body += [element("path", d=frame, class_="grid"), written, text(0, foot, f"±{number(scale)}")]
    known = [value for value in values if not math.isnan(value)]
    between = f"from {number(min(known))} to {number(max(known))}" if known else "nothing to show"
    return Drawing(
        max(wide * columns, LEAST), foot + 4, f"{title}, {rows} x {columns} cells, {between}", "".join(body)
    )


def level(value: float, scale: float) -> str:
    """Return the class of a number: ``v0`` for the most negative, ``v5`` for nothing, ``v10`` for the most positive.

    >>> level(-2.0, 2.0), level(0.0, 2.0), level(float("inf"), 2.0)
    ('v0', 'v5', 'odd')
    """
    if not math.isfinite(value):
        return _NAN
    half = LEVELS // 2
    share = value / scale if scale else 0.0
    step = math.ceil(half * min(abs(share), 1.0) - 0.25)  # what is a twentieth of the scale still shows
    return f"v{half + (step if share > 0 else -step)}"


def largest(*series: Sequence[float]) -> float:
    """Return the largest size of a finite number."""
    return max((abs(v) for values in series for v in values if math.isfinite(v)), default=0.0)


def _cell(rows: int, columns: int, most: float) -> tuple[float, float]:
    wide = min(WIDTH / columns, most)
    return wide, max(min(wide, MOST_HIGH / rows), 3.0)


def _written(values: Sequence[float], columns: int, cell: tuple[float, float], scale: float) -> str:
    """Return the numbers in their cells; what is nothing beside the largest is written as 0."""

    def place(k: int) -> tuple[float, float]:
        return cell[0] * (k % columns + 0.5), _HEAD + cell[1] * (k // columns + 0.5) + 3.5

    rounded = [0.0 if abs(value) < 1e-3 * scale else value for value in values]
    inks = [f"mid {'bright' if level(value, scale) in _STRONG else 'strong'}" for value in rounded]
    return "".join(text(*place(k), short(value), inks[k]) for k, value in enumerate(rounded))
