"""The error against the step as a picture made of characters, for a terminal.

Both axes are logarithmic. The error is drawn with one dot per column, what truncation and rounding can explain with
fine braille dots; each keeps its shape without color. ASCII does with ``#`` and ``.``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..report import StepError
from ._curves import Curves, curves, ticks

WIDTH, HEIGHT = 48, 7
_FIELD = 6
_EMPTY = " "


@dataclass(frozen=True, slots=True)
class Ink:
    """The characters of a picture; ``fine`` says that a cell of the explicable has 2 x 4 dots."""

    point: str
    between: str
    explicable: str
    vertical: str
    tick: str
    corner: str
    horizontal: str
    mark: str
    fine: bool


INKS = {
    "braille": Ink("●", "•", "⠤", "│", "┤", "└", "─", "┬", fine=True),
    "ascii": Ink("#", "#", ".", "|", "+", "+", "-", "+", fine=False),
}
"""Name of a way to draw -> its characters."""

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of a braille cell, by row and column."""


def chart(steps: Sequence[StepError], ink: str) -> list[str]:
    """Return the picture as lines, at most 60 columns wide; none where fewer than two steps can be drawn."""
    drawn = curves(steps)
    if drawn is None:
        return []
    pen = INKS[ink]
    rows = _explicable(drawn, pen)
    _draw_error(rows, drawn, pen)
    labels = {_row(power, drawn): f"1e{power}" for power in ticks(drawn.low, drawn.high, HEIGHT // 2)}
    return [*_framed(rows, labels, pen), *_axis(drawn, pen), f"{'':{_FIELD}}{_legend(pen)}"]


def _legend(pen: Ink) -> str:
    return f"{pen.point * 2} relative error   {pen.explicable * 2} explicable by rounding and truncation"


# -- where things lie ------------------------------------------------------------------------------------------------


def _across(value: float, drawn: Curves, columns: int) -> int:
    return round((value - drawn.steps[0]) / (drawn.steps[-1] - drawn.steps[0]) * (columns - 1))


def _down(value: float, drawn: Curves, rows: int) -> int:
    return round((drawn.high - value) / (drawn.high - drawn.low) * (rows - 1))


def _row(value: float, drawn: Curves) -> int:
    return _down(value, drawn, HEIGHT)


def _traced(drawn: Curves, values: Sequence[float], columns: int, rows: int) -> Iterator[tuple[int, int]]:
    """Yield ``(row, column)`` of a line through `values`, one per column, and what is between where it is steep."""
    at = [_across(step, drawn, columns) for step in drawn.steps]
    before: int | None = None
    for column in range(columns):
        k = max(i for i, start in enumerate(at[:-1]) if start <= column)
        share = (column - at[k]) / max(at[k + 1] - at[k], 1)
        row = _down(values[k] + share * (values[k + 1] - values[k]), drawn, rows)
        start = row if before is None or abs(row - before) < 2 else before + (1 if row > before else -1)
        for between in range(min(start, row), max(start, row) + 1):
            yield between, column
        before = row


# -- the curves ------------------------------------------------------------------------------------------------------


def _explicable(drawn: Curves, pen: Ink) -> list[list[str]]:
    across, down = (2, 4) if pen.fine else (1, 1)
    cells = [[0] * WIDTH for _ in range(HEIGHT)]
    for row, column in _traced(drawn, drawn.explicable, across * WIDTH, down * HEIGHT):
        cells[row // down][column // across] |= _DOTS[row % down][column % across]
    return [[_cell(bits, pen) for bits in line] for line in cells]


def _cell(bits: int, pen: Ink) -> str:
    if not bits:
        return _EMPTY
    return chr(0x2800 + bits) if pen.fine else pen.explicable


def _draw_error(rows: list[list[str]], drawn: Curves, pen: Ink) -> None:
    for row, column in _traced(drawn, drawn.error, WIDTH, HEIGHT):
        rows[row][column] = pen.between
    for step, value in zip(drawn.steps, drawn.error, strict=True):
        rows[_row(value, drawn)][_across(step, drawn, WIDTH)] = pen.point


# -- the frame -------------------------------------------------------------------------------------------------------


def _framed(rows: list[list[str]], labels: dict[int, str], pen: Ink) -> list[str]:
    edges = [pen.tick if k in labels else pen.vertical for k in range(HEIGHT)]
    lines = enumerate(zip(edges, rows, strict=True))
    return [f"{labels.get(k, ''):>{_FIELD}} {edge}{''.join(cells)}".rstrip() for k, (edge, cells) in lines]


def _axis(drawn: Curves, pen: Ink) -> list[str]:
    """Return the line below the picture, and the powers of ten with the name of the axis."""
    low, high = (int(-(-drawn.steps[0] // 1)), int(drawn.steps[-1] // 1))
    line, words = [pen.horizontal] * WIDTH, [_EMPTY] * WIDTH
    for power in ticks(low, high, 3):
        column = _across(power, drawn, WIDTH)
        line[column] = pen.mark
        label = f"1e{power}"
        start = min(column, WIDTH - len(label))
        words[start : start + len(label)] = label
    margin = " " * (_FIELD + 1)
    return [f"{margin}{pen.corner}{''.join(line)}", f"{margin} {''.join(words).rstrip()}  relative step"]
