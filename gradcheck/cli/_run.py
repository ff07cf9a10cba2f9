"""``gradcheck run``: check what the targets declare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..renderers import FORMATS
from ._guard import Exit, fault

if TYPE_CHECKING:
    from ..engine import Settings
    from ..report import RunReport

COLORS = click.Choice(["auto", "always", "never"])


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option("-c", "--checks", multiple=True, metavar="CODES", help="Only these codes or families: GC101,GC5.")
@click.option("--exclude-checks", multiple=True, metavar="CODES", help="Not these codes or families.")
@click.option("-n", "--max-examples", type=click.IntRange(min=1), help="Generated examples per law.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Repeats a run exactly.")
@click.option("-x", "--fail-fast", is_flag=True, help="Stop after the first failing subject.")
@click.option("--max-failures", type=click.IntRange(min=1), help="Stop after so many failing subjects.")
@click.option("--min-checks", type=click.IntRange(min=0), default=0, help="Fail where fewer checks run in all.")
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(["inconclusive", "vacuous"]),
    help="Exit with 1 for these as well.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=300,
    show_default=True,
    help="Seconds without a word after which a subject is given up.",
)
@click.option("--in-process", is_flag=True, help="No process of their own for the subjects: for debuggers.")
@click.option("--output-format", type=click.Choice(list(FORMATS)), help="Default: full; concise with -q.")
@click.option("-o", "--output-file", type=click.Path(dir_okay=False, path_type=Path), help="Instead of the terminal.")
@click.option("--report", "reports", multiple=True, metavar="FORMAT=PATH", help="Write this too; repeatable.")
@click.option("--color", type=COLORS, default="auto", show_default=True)
@click.option("-q", "--quiet", is_flag=True, help="One line per problem, and no progress.")
@click.option("-v", "--verbose", is_flag=True, help="Every law, and why one does not apply.")
def run(
    targets: tuple[str, ...],
    *,
    checks: tuple[str, ...],
    exclude_checks: tuple[str, ...],
    max_examples: int | None,
    seed: int,
    fail_fast: bool,
    max_failures: int | None,
    min_checks: int,
    fail_on: tuple[str, ...],
    timeout: float,
    in_process: bool,
    output_format: str | None,
    output_file: Path | None,
    reports: tuple[str, ...],
    color: str,
    quiet: bool,
    verbose: bool,
) -> int:
    """Check everything that the TARGETs declare.

    A TARGET is a module, `module:name`, `file.py`, `file.py:name`, or a folder.
    """
    import sys

    from ..engine import Settings
    from ..renderers._files import destination, write_atomically, write_report
    from ._output import show
    from ._style import ink_for

    places = [destination(text) for text in reports]
    settings = Settings(
        seed=seed,
        max_examples=max_examples,
        checks=_words(checks),
        exclude=_words(exclude_checks),
        max_failures=1 if fail_fast else max_failures,
        min_checks=min_checks,
    )
    report, faults = _checked(targets, settings, None if in_process else timeout, watched=not quiet)
    for format_name, path in places:
        write_report(report, format_name, path)
    ink = ink_for(color, sys.stdout) if output_file is None else None
    text = _text(report, output_format or ("concise" if quiet else "full"), verbose=verbose, ink=ink)
    if output_file is None:
        show(text, color)
    else:
        write_atomically(output_file, text + "\n")
    if faults:
        return fault(faults[0], verbose=verbose)
    return exit_code(report, fail_on)


def _words(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip() for text in texts for word in text.split(",") if word.strip())


def _checked(
    targets: tuple[str, ...], settings: Settings, timeout: float | None, *, watched: bool
) -> tuple[RunReport, list[BaseException]]:
    import sys
    from contextlib import nullcontext, redirect_stdout

    from ..engine import Container, collect
    from ..engine import run as engine_run
    from ._progress import live_progress

    faults: list[BaseException] = []
    contained = nullcontext() if timeout is None else Container(targets, settings, timeout)
    with live_progress(wanted=watched) as tell, contained as container:
        with redirect_stdout(sys.stderr):  # what a module prints when it is imported is no report
            collected = collect(targets)
        report = engine_run(collected, settings, progress=tell, on_fault=faults.append, container=container)
    return report, faults


def _text(report: RunReport, format_name: str, *, verbose: bool, ink: str | None) -> str:
    from ..renderers import _full, render

    full = format_name == "full"
    return _full.render(report, verbose=verbose, ink=ink) if full else render(report, format_name)


def exit_code(report: RunReport, fail_on: tuple[str, ...] = ()) -> Exit:
    """Return what the process says about `report`."""
    from ..report import Status, Verdict

    if not report.complete:
        return Exit.INTERRUPTED
    if not any(suite.ran for suite in report.suites):
        return Exit.NOTHING
    doubtful = "inconclusive" in fail_on and report.verdict is Verdict.INCONCLUSIVE
    statuses = {result.status for suite in report.suites for result in suite.results}
    empty = "vacuous" in fail_on and Status.VACUOUS in statuses
    return Exit.FAILED if report.verdict is Verdict.FAIL or doubtful or empty else Exit.PASSED
