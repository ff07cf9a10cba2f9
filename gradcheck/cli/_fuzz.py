"""``gradcheck fuzz``: search on, with fresh seeds and more and more examples, until the time is up."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING

import click

from ..engine.config import Configuration
from . import _complete
from ._duration import Duration, told
from ._guard import Exit, fault
from ._options import settings_options
from ._style import color_option

if TYPE_CHECKING:
    from ..engine._fuzz import Fuzzed
    from ..report import SuiteReport


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGET]...", shell_complete=_complete.targets)
@click.option("--max-time", type=Duration(), required=True, help="How long to search: 90s, 5m, 1h30m.")
@click.option("--seed", type=click.IntRange(min=0), help="Repeats a search; by default a new one, which is printed.")
@click.option("--keep-going", is_flag=True, help="Go on after a failure, without the law that failed.")
@settings_options("select", "ignore", "max-examples", "timeout", "memory", "cases", "reports")
@click.option("--no-isolation", is_flag=True, help="No process of its own for the subjects: for debuggers.")
@color_option
@click.option("-q", "--quiet", is_flag=True, help="One line per failure, and no progress.")
@click.option("-v", "--verbose", is_flag=True, help="Every law, with its examples.")
def fuzz(
    targets: tuple[str, ...],
    *,
    configuration: Configuration,
    max_time: float,
    seed: int | None,
    keep_going: bool,
    no_isolation: bool,
    color: str,
    quiet: bool,
    verbose: bool,
) -> int:
    """Search the TARGETs for failures beyond the usual examples, until the time is up or something fails.

    Without TARGETs, the subjects of [tool.gradcheck]. Every round takes a fresh seed and twice the examples of the
    one before. A failure is stored as a case, and told with the command that finds it again.
    """
    from ..engine import Settings
    from ..engine._select import Selection
    from ..renderers._files import destination, write_report
    from ._output import show

    places = [destination(text) for text in configuration["reports"]]
    Selection.configured(configuration)  # refuses unknown codes before anything is imported
