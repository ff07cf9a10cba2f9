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


OF_SUFFIX = {
    ".json": "json",
    ".html": "html",
    ".htm": "html",
    ".xml": "junit",
    ".md": "markdown",
    ".sarif": "sarif",
}
"""What the name of a file says about its format."""
_TEXT = ("", ".txt", ".log")


def of_suffix(file: Path | None) -> str | None:
    """Return the format that the name of a file says, None where it says none."""
    return None if file is None else OF_SUFFIX.get(file.suffix.lower())


def named_format(file: Path) -> str:
    """Return the format that the name of a file says, ``full`` for a text.

    Raises
    ------
    InvalidArgument
        It says none.
    """
    found = of_suffix(file) or ("full" if file.suffix.lower() in _TEXT else None)
    if found is None:
        known = ", ".join((*OF_SUFFIX, ".txt"))
        raise InvalidArgument(
            f"output-file={file} ends in {file.suffix!r}, which is no format; take one of {known}, "
            "or say --output-format"
        )
    return found


def show(text: str, color: str = "auto") -> None:
    """Write `text` to standard output, in color where that is wanted."""
    if text and wants_color(color, terminal=sys.stdout.isatty()):
        console("always").print(styled(text))
    elif text:
        click.echo(text, color=False)


def deliver(text: str, output_file: Path | None, color: str = "auto") -> list[str]:
    """Write `text` to the file, or show it where there is none; where it cannot be, show and return a complaint."""
    from ..renderers._files import write_atomically

    if output_file is None:
        show(text, color)
        return []
    try:
        write_atomically(output_file, text + "\n")
    except OSError as error:
        show(text, color)
        return [f"output-file={output_file} cannot be written: {error.strerror}; what it would hold is above"]
    return []


def put(text: str, output_file: Path | None, color: str = "auto") -> None:
    """Write `text` to the file, or show it where there is none.

    Raises
    ------
    InvalidArgument
        The file cannot be written; then the text is shown first.
    """
    for complaint in deliver(text, output_file, color):
        raise InvalidArgument(complaint)


@contextmanager
def written(report: Readable, places: Iterable[tuple[str, Path]]) -> Iterator[list[str]]:
    """Write `report` to every place that can be written to, and complain of the others at the end of the block.

    What took an hour to find is shown first. The block may add complaints of its own to the list that it is given.
    """
    from ..renderers._files import write_report

    unwritten: list[str] = []
    for format_name, path in places:
        try:
            write_report(report, format_name, path)
        except InvalidArgument as error:
            unwritten.append(str(error))
    yield unwritten
    if unwritten:
        raise InvalidArgument("; ".join(unwritten))
