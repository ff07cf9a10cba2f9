"""``gradcheck run``: check what the targets declare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..engine.config import Configuration
from ..renderers import FORMATS
from . import _complete
from ._guard import Exit, fault
from ._options import settings_options
from ._style import color_option

if TYPE_CHECKING:
    from ..engine import Settings, Source
    from ..report import RunReport


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGET]...", shell_complete=_complete.targets)
@settings_options()
@click.option("-x", "--fail-fast", is_flag=True, help="Stop after the first failing subject.")
@click.option("--max-failures", type=click.IntRange(min=1), help="Stop after so many failing subjects.")
@click.option(
    "--no-isolation",
    "--in-process",
    "in_process",
    is_flag=True,
    help="No process of their own for the subjects: for debuggers.",
)
@click.option(
    "--update-expected",
    metavar="REASON",
    help="Write what fails now among the expected failures of [tool.gradcheck], for this reason; remove stale ones.",
)
@click.option(
    "--output-format", type=click.Choice(list(FORMATS)), help="Default: what FILE says; full; concise with -q."
)
@click.option("-o", "--output-file", type=click.Path(dir_okay=False, path_type=Path), help="Instead of the terminal.")
@color_option
@click.option("-q", "--quiet", is_flag=True, help="One line per problem, and no progress.")
@click.option("-v", "--verbose", is_flag=True, help="Every law, and why one does not apply.")
def run(
    targets: tuple[str, ...],
    *,
    configuration: Configuration,
    fail_fast: bool,
    max_failures: int | None,
    in_process: bool,
    update_expected: str | None,
    output_format: str | None,
    output_file: Path | None,
    color: str,
    quiet: bool,
    verbose: bool,
) -> int:
    """Check everything that the TARGETs declare; without any, the subjects of [tool.gradcheck].

    A TARGET is a module, `module:name`, `file.py`, `file.py:name`, a folder, or the name of a configured subject.
    """
    import sys
    from dataclasses import replace

    from ..engine import Settings, config
    from ..engine._github import append_summary, workflow_commands
    from ..engine._select import Selection
    from ..renderers._files import destination
    from ._output import deliver, of_suffix, written
    from ._signals import interruptible
    from ._style import ink_for

    places = [destination(text) for text in configuration["reports"]]
    Selection.configured(configuration)  # refuses unknown codes before anything is imported
    settings = Settings.of(configuration, max_failures=1 if fail_fast else max_failures)
    if targets and not settings.asked_by.startswith("--"):  # the minimum of the project is one of all its subjects
        settings = replace(settings, min_checks=0)
    sources = configuration.sources(targets)
    with interruptible():
        report, faults = checked(sources, settings, configuration, contained=not in_process, quiet=quiet)
    with written(report, places) as complaints:
        ink = ink_for(color, sys.stdout) if output_file is None else None
        form = output_format or of_suffix(output_file) or ("concise" if quiet else "full")
        text = text_of(report, form, verbose=verbose, ink=ink)
        complaints += deliver(text, output_file, color)
        append_summary(report)
        if output_format in (None, "full", "concise") and (commands := workflow_commands(report, configuration)):
            click.echo(commands)
        if update_expected is not None:
            click.echo(config.update_expected(configuration, report, update_expected), err=True)
    if faults:
        return fault(faults[0], verbose=verbose)
    return exit_code(report, configuration["fail-on"])


def checked(
    sources: tuple[Source, ...],
    settings: Settings,
    configuration: Configuration,
    *,
    contained: bool,
    quiet: bool,
) -> tuple[RunReport, list[BaseException]]:
    """Return the report of a run, and the faults of gradcheck itself."""
    import sys
    from contextlib import nullcontext, redirect_stdout

    from ..engine import Container, collect
    from ..engine import run as engine_run
    from ..engine._overlooked import overlooked, sentence
    from ..engine._run import interrupted
    from ..engine.config import refuse_stale
    from ..report import RunReport
    from ._progress import watching

    faults: list[BaseException] = []
    limits = {"timeout": configuration["timeout"], "memory": configuration.memory, "jobs": configuration.processes}
    processes = Container(sources, settings, **limits) if contained else nullcontext()
    with watching(sys.stderr, quiet=quiet) as watch, processes as container:
        try:
            with redirect_stdout(sys.stderr):  # what a module prints when it is imported is no report
                collected = collect(sources)
        except KeyboardInterrupt:
            return RunReport((interrupted("nothing was checked yet"),), complete=False), faults
        if sources == configuration.subjects:
            refuse_stale(configuration.expected, [i.declaration.name for i in collected], configuration.file)
        left_out = sentence(overlooked(sources, collected))
        if left_out:
            click.echo(left_out, err=True)
        notes = (("left out", left_out),) if left_out else ()
        report = engine_run(
            collected,
            settings,
            progress=watch.law,
            on_suite=watch.finished,
            on_fault=faults.append,
            container=container,
            notes=notes,
        )
    return report, faults


def text_of(report: RunReport, format_name: str, *, verbose: bool = False, ink: str | None = None) -> str:
    """Return `report` in a format; `verbose` and `ink` are those of ``full``."""
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
