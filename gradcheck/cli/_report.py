"""``gradcheck report``: what can be done with the reports that runs wrote."""

from __future__ import annotations

from pathlib import Path

import click

from ..renderers import FORMATS
from ._guard import Exit
from ._style import color_option


@click.group()
def report() -> None:
    """Do something with the JSON reports that runs wrote."""


@report.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="REPORT.json...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("-o", "--output-file", type=click.Path(dir_okay=False, path_type=Path), help="Instead of the terminal.")
@click.option(
    "--output-format", type=click.Choice(list(FORMATS)), help="Default: what the name of the file says, or full."
)
@click.option("--report", "reports", multiple=True, metavar="FORMAT=PATH", help="Write this too; repeatable.")
@click.option("--exit-code", is_flag=True, help="Exit as `gradcheck run` would have with the merged report.")
@color_option
def merge(
    files: tuple[Path, ...],
    *,
    output_file: Path | None,
    output_format: str | None,
    reports: tuple[str, ...],
    exit_code: bool,
    color: str,
) -> int:
    """Merge the JSON reports of several jobs or shards into one report of any format.

    A subject that is in several of them becomes one: of two results of a law the graver counts.
    """
    from ..renderers import render
    from ..renderers._files import destination, write_report
    from ..report import merged
    from ._output import named_format, show
    from ._reading import read_report
    from ._run import exit_code as exit_of

    places = [destination(text) for text in reports]
    form = output_format or (named_format(output_file) if output_file is not None else "full")
    whole = merged([read_report(file) for file in files])
    for format_name, path in places:
        write_report(whole, format_name, path)
    if output_file is not None:
        write_report(whole, form, output_file)
    elif not places or output_format is not None:
        show(render(whole, form), color)
    return exit_of(whole) if exit_code else Exit.PASSED
