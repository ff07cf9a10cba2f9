"""Subjects by laws as a picture: a small square per law, green where it holds."""

from __future__ import annotations

from collections.abc import Iterator

from ..report import RunReport
from ._escape import for_html, visible
from ._matrix import GRADIENTS, TONES, Table, tables
from ._svg import Drawing, element, squares, text
from ._words import count

CELL, HEAD, NAMES = 14.0, 58.0, 150.0
MOST = 200
"""Subjects that a picture shows."""
_LONG = 24


def matrix_picture(run: RunReport) -> Drawing | None:
    """Return the tables of `run` below each other; None where nothing ran."""
    parts: list[str] = []
    y, wide, room = 4.0, 0.0, MOST
    for table in tables(run):
        shown = table.suites[:room]
        if not shown or not table.titles:
            continue
        room -= len(shown)
        parts += _drawn(table, len(shown), y)
        y += HEAD + CELL * len(shown) + 16
        wide = max(wide, NAMES + CELL * len(table.titles) + 30)
    if not parts:
        return None
    left = len(run.suites) - (MOST - room)
    more = f"; {count(left, 'more subject')} left out" if left > 0 else ""
    label = f"{count(len(run.suites), 'subject')} by laws: green holds, red does not, amber is undecided{more}"
    return Drawing(max(wide, 260.0), y, label, "".join(parts))


def _drawn(table: Table, rows: int, top: float) -> Iterator[str]:
    base = top + HEAD
    yield text(0, base - 6, table.kind or GRADIENTS, "strong")
    for k, column in enumerate(table.titles):
        x = NAMES + CELL * (k + 0.5) + 3
        turned = f"rotate(-60 {x:.0f} {base - 6:.0f})"
        yield element("text", for_html(column), x=x, y=base - 6, transform=turned)
    for row, suite in enumerate(table.suites[:rows]):
        y = base + CELL * row
        yield text(0, y + 10, _short(suite.subject))
        for k, cell in enumerate(table.row(suite)):
            if cell is not None:
                yield squares([(NAMES + CELL * k, y)], CELL - 2, CELL - 2, TONES[cell.status])


def _short(name: str) -> str:
    shown = visible(name)
    return shown if len(shown) <= _LONG else shown[: _LONG - 3] + "..."
