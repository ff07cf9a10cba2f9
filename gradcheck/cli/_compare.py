"""``gradcheck compare``: what is different between two reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ._guard import Exit
from ._style import color_option

if TYPE_CHECKING:
    from ..report import Changes

ALSO = {
    "gone": "GONE",
    "undecided": "UNDECIDED",
    "closer": "CLOSER",
    "coarser": "COARSER",
    "costlier": "COSTLIER",
    "still": "STILL",
}
"""Word of ``--fail-on`` -> the sort of change."""
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("old", metavar="OLD.json", type=_FILE)
@click.argument("new", metavar="NEW.json", type=_FILE)
@click.option(
    "--output-format",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="Markdown is for job summaries and comments.",
)
@click.option("-o", "--output-file", type=click.Path(dir_okay=False, path_type=Path), help="Instead of the terminal.")
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(list(ALSO)),
    help="Exit with 1 for these as well: no longer run, no longer decided, closer to its bound, sees less, costs "
    "more, still failing.",
)
@color_option
def compare(
    old: Path, new: Path, *, output_format: str, output_file: Path | None, fail_on: tuple[str, ...], color: str
) -> int:
    """Compare two JSON reports: new failures, fixed and remaining ones, and passes that wear.

    A pass wears where an error comes closer to its bound, where the smallest error that would have been noticed
    grows, or where the checks cost more. Exits with 1 if something fails in NEW that did not fail in OLD.
    """
    from ..renderers._changes import FORMATS
    from ..report import changes
    from ._output import put
    from ._reading import read_report

    found = changes(read_report(old), read_report(new))
    text = FORMATS[output_format](found)
    put(text, output_file, color)
    return exit_code(found, fail_on)


def exit_code(found: Changes, fail_on: tuple[str, ...] = ()) -> Exit:
    """Return what the process says about `found`."""
    from ..report import Sort

    if not found.new:
        return Exit.NOTHING
    bad = {Sort.NEW, *(Sort[ALSO[word]] for word in fail_on)}
    return Exit.FAILED if any(change.sort in bad for change in found.changes) else Exit.PASSED
