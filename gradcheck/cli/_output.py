"""Text on standard output, and reports in files."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .._errors import InvalidArgument
from ._style import console, styled, wants_color

if TYPE_CHECKING:
    from ..report import Readable


def show(text: str, color: str = "auto") -> None:
    """Write `text` to standard output, in color where that is wanted."""
    if text and wants_color(color, terminal=sys.stdout.isatty()):
        console("always").print(styled(text))
    elif text:
        click.echo(text, color=False)


@contextmanager
def written(report: Readable, places: Iterable[tuple[str, Path]]) -> Iterator[None]:
    """Write `report` to every place that can be written to, and complain of the others at the end of the block.

    What took an hour to find is shown first.
    """
    from ..renderers._files import write_report

    unwritten = []
    for format_name, path in places:
        try:
            write_report(report, format_name, path)
        except InvalidArgument as error:
            unwritten.append(str(error))
    yield
    if unwritten:
        raise InvalidArgument("; ".join(unwritten))
