"""Where reports are shown: a terminal or not, in color or not, in which characters."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import TextIO

from ._line import Line, State

NARROW = 80
"""Columns that reports are made for."""


def terminal() -> Iterator[Line]:
    """Yield a line for the terminal, and one for its characters."""
    yield screen(sys.stdout, os.environ)
    yield characters(sys.stdout)


def screen(stream: TextIO, environment: Mapping[str, str]) -> Line:
    """Say what `stream` is, and whether it gets color."""
    color = "no color (NO_COLOR)" if environment.get("NO_COLOR") else "color"
    if not stream.isatty():
        forced = "color (FORCE_COLOR)" if environment.get("FORCE_COLOR") else "plain text, no color"
        return Line("terminal", State.OK, f"none: {forced if color == 'color' else color}")
    if environment.get("TERM") == "dumb":
        return Line("terminal", State.OK, "TERM=dumb: plain text, no color, no moving line")
    columns = shutil.get_terminal_size().columns
    said = f"{columns} columns, {color}"
    if columns < NARROW:
        return Line("terminal", State.NOTE, f"{said}: lines of reports are longer", f"{NARROW} columns, or -q")
    return Line("terminal", State.OK, said)


def characters(stream: TextIO) -> Line:
    """Say whether `stream` can show what reports are written with."""
    encoding = stream.encoding or "ascii"
    try:
        "·├─●⠤".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        said = f"{encoding}: characters it lacks are spelled out, pictures are drawn with ASCII"
        return Line("encoding", State.NOTE, said, "PYTHONIOENCODING=utf-8, or a locale in UTF-8")
    return Line("encoding", State.OK, encoding)
