"""Renderers: one file per output format, each a pure function from a report to text.

A format is found by its name in `FORMATS`; the file that writes it is imported when it is first asked for.
"""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING

from .._errors import InvalidArgument

if TYPE_CHECKING:
    from ..report import Readable

FORMATS = {
    "full": "_full",
    "concise": "_concise",
    "json": "_json",
    "junit": "_junit",
    "github": "_github",
    "gitlab": "_gitlab",
    "markdown": "_markdown",
    "html": "_html",
    "sarif": "_sarif",
}
"""Name of a format -> the file that writes it."""

__all__ = ["FORMATS", "check_format", "render"]


def check_format(format_name: str, said: str | None = None) -> str:
    """Return `format_name` if it is the name of a format; `said` is the argument in which it was said.

    Raises
    ------
    InvalidArgument
        No such format.

    """
    if format_name not in FORMATS:
        near = difflib.get_close_matches(format_name, FORMATS, 1)
        ask = f"did you mean {near[0]!r}? " if near else ""
        where = said or f"format_name={format_name!r}"
        raise InvalidArgument(
            f"{where}: {format_name!r} is no output format; {ask}The formats are {', '.join(FORMATS)}"
        )
    return format_name


def render(report: Readable, format_name: str = "full") -> str:
    """Return `report` (of a check, a suite or a run) as text in one of the `FORMATS`.

    Raises
    ------
    InvalidArgument
        No such format.

    """
    module = import_module(f".{FORMATS[check_format(format_name)]}", __name__)
    text: str = module.render(report)
    return text
