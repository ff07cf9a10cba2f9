"""``gradcheck fuzz``: search on, with fresh seeds and more and more examples, until the time is up."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from ..engine.config import Configuration
from . import _complete
from ._duration import Duration, told
from ._guard import fault
from ._options import settings_options
from ._style import color_option

if TYPE_CHECKING:
    from ..engine import Settings, Source
    from ..engine._fuzz import Fuzzed

MOST_EVENTS = 12
"""Events that the last lines tell; the json format has the others, law by law."""


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGET]...", shell_complete=_complete.targets)
@click.option(
    "--max-time", type=Duration(), default="5m", show_default=True, help="How long to search: 90s, 5m, 1h30m."
)
@click.option("--seed", type=click.IntRange(min=0), help="Repeats a search; by default a new one, which is printed.")
@click.option("--keep-going", is_flag=True, help="Go on after a failure, without the law that failed.")
@settings_options(
    "select", "ignore", "max-examples", "timeout", "memory", "cases", "keep-cases", "reports", "annotations"
)
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
    from ..engine._github import append_summary, workflow_commands
    from ..engine._select import Selection
    from ..renderers._files import destination
    from ._output import show, written
    from ._run import exit_code, text_of
    from ._signals import interruptible

    places = [destination(text) for text in configuration["reports"]]
    Selection.configured(configuration)  # refuses unknown codes before anything is imported
    settings = replace(Settings.of(configuration), seed=secrets.randbits(31) if seed is None else seed)
    job = _Job(configuration.sources(targets), settings, configuration, max_time, keep_going=keep_going)
    faults: list[BaseException] = []
    with interruptible():
        done = _searched(job, faults, contained=not no_isolation, quiet=quiet)
    report = done.report(settings)
    with written(report, places):
        show(text_of(report, "concise" if quiet else "full", verbose=verbose), color)
        show("\n".join(summary(done)), color)
        append_summary(report)
        if commands := workflow_commands(report, configuration):
            click.echo(commands)
    return fault(faults[0], verbose=verbose) if faults else exit_code(report)


@dataclass(frozen=True)
class _Job:
    """What was asked for."""

    sources: tuple[Source, ...]
    settings: Settings
    configuration: Configuration
    seconds: float
    keep_going: bool


def _searched(job: _Job, faults: list[BaseException], *, contained: bool, quiet: bool) -> Fuzzed:
    import sys
    from contextlib import nullcontext, redirect_stdout

    from ..engine import Container, collect
    from ..engine._fuzz import Fuzzed
    from ..engine._fuzz import fuzz as engine_fuzz
    from ..renderers._words import count
    from ._progress import watching

    limits = {"timeout": job.configuration["timeout"], "memory": job.configuration.memory}
    container = Container(job.sources, job.settings, **limits) if contained else nullcontext()
    with watching(sys.stderr, quiet=quiet) as watch, container as process:
        try:
            with redirect_stdout(sys.stderr):  # what a module prints when it is imported is no report
                collected = collect(job.sources)
        except KeyboardInterrupt:
            return Fuzzed(job.settings.seed, complete=False)
        watch.say(f"fuzzing {count(len(collected), 'subject')} for {told(job.seconds)}, seed {job.settings.seed}")
        return engine_fuzz(
            collected,
            job.settings,
            seconds=job.seconds,
            keep_going=job.keep_going,
            progress=lambda tick: watch.tick(tick, job.seconds),
            found=watch.failed,
            on_fault=faults.append,
            container=process,
        )


def summary(done: Fuzzed) -> list[str]:
    """Return what was tried: how much, what of it, and how to do it again."""
    from ..renderers._words import count

    failures = count(done.failures, "failure") if done.failures else "nothing found"
    tried = f"{done.examples:,} examples in {count(done.rounds, 'round')}, {told(done.seconds)}"
    events = [f"{name} {amount:,}" for name, amount in done.events.most_common(MOST_EVENTS)]
    more = len(done.events) - len(events)
    return [
        f"{failures}: {tried}",
        *([f"   = drawn: {', '.join(events)}{f' and {more} other structures' if more else ''}"] if events else []),
        f"   = repeat: the same command with --seed {done.seed}",
    ]
