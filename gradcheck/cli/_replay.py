"""``gradcheck replay``: stored cases, tried once more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import click

from ..engine.config import Configuration
from . import _complete
from ._guard import Exit, fault
from ._options import settings_options
from ._style import color_option

if TYPE_CHECKING:
    from ..engine._again import Again, Outcome
    from ..properties._store import Store, Stored
    from ..report import RunReport


@click.command()
@click.argument("names", nargs=-1, metavar="[ID|PATH]...", shell_complete=_complete.cases)
@click.option(
    "-s",
    "--subject",
    "targets",
    multiple=True,
    metavar="TARGET",
    shell_complete=_complete.targets,
    help="Look for the subjects here first; repeatable.",
)
@click.option("--keep", is_flag=True, help="Delete nothing, also of what is fixed.")
@click.option("--prune", is_flag=True, help="Delete what cannot run any more as well.")
@settings_options("timeout", "memory", "cases", "reports")
@click.option("--no-isolation", is_flag=True, help="No process of its own for the subject: for debuggers.")
@color_option
@click.option("-q", "--quiet", is_flag=True, help="Only the last line.")
@click.option("-v", "--verbose", is_flag=True, help="The whole report of every case that fails.")
def replay(
    names: tuple[str, ...],
    *,
    configuration: Configuration,
    targets: tuple[str, ...],
    keep: bool,
    prune: bool,
    no_isolation: bool,
    color: str,
    quiet: bool,
    verbose: bool,
) -> int:
    """Try stored cases once more: all of them, or those of these IDs, or of these .json files.

    A case whose failure is fixed is deleted, unless `--keep`, or `keep-cases` of the configuration, says otherwise.
    Exits with 1 if a case still fails, with 2 if one cannot be run any more, with 5 where no case is stored.
    """
    from ..renderers._files import destination
    from ._output import show, written
    from ._signals import interruptible

    places = [destination(text) for text in configuration["reports"]]
    store, cases, unread = _cases(names, configuration)
    faults: list[BaseException] = []
    tried: list[Again] = []
    complete = True
    with interruptible():
        try:
            for done in chain(unread, _replayed(cases, targets, configuration, faults, contained=not no_isolation)):
                tried.append(done)
                deleted = not keep and _deleted(done, store, prune=prune)
                lines = _lines(done, deleted=deleted, whole=verbose or len(names) == 1)
                show("" if quiet else "\n".join(lines), color)
        except KeyboardInterrupt:
            complete = False
    left = len(unread) + len(cases) - len(tried)
    with written(_report(tried, left, complete=complete), places):
        show(summary(tried, left), color)
    if faults:
        return fault(faults[0], verbose=verbose)
    return exit_code([done.outcome for done in tried]) if complete else Exit.INTERRUPTED


def _cases(names: Sequence[str], configuration: Configuration) -> tuple[Store | None, list[Stored], list[Again]]:
    """Return the store, the cases that are meant, and those that cannot be read."""
    from .._errors import InvalidArgument
    from ..engine._again import Again, Outcome
    from ..properties._replay import load_case
    from ..properties._store import store_for

    store = store_for(configuration.cases)
    if names:
        return store, [load_case(name, cases=store).stored for name in names], []
    if store is None:
        raise InvalidArgument("no cases are stored here: there is no .gradcheck folder, and no [tool.gradcheck]")
    cases, unread = [], []
    for path in sorted(store.folder.glob("*.json")):
        try:
            cases.append(store.load(path.stem))
        except InvalidArgument as error:
            unread.append(Again(path.stem, Outcome.STUCK, str(error)))
    return store, cases, unread


def _replayed(
    cases: Sequence[Stored],
    targets: Sequence[str],
    configuration: Configuration,
    faults: list[BaseException],
    *,
    contained: bool,
) -> Iterator[Again]:
    from contextlib import nullcontext

    from ..engine import Container, Settings, Source
    from ..engine._replay import replay as engine_replay
    from ..engine._target import parse

    for target in targets:
        parse(target)  # refuses what cannot name anything, whether it is needed or not
    first = tuple(Source(target) for target in targets)
    limits = {"timeout": configuration["timeout"], "memory": configuration.memory}
    container = Container((), Settings.of(configuration), **limits) if contained and cases else nullcontext()
    with container as process:
        yield from engine_replay(
            cases, first, configuration.subjects, named=configuration.named, on_fault=faults.append, container=process
        )


def _deleted(done: Again, store: Store | None, *, prune: bool) -> bool:
    """Delete a case that is fixed, and, where it is asked for, one that cannot run; say whether it was deleted."""
    from ..engine._again import Outcome
    from ..properties._case_files import remove

    fixed = done.outcome is Outcome.FIXED and not (store is not None and store.keep)
    if not fixed and not (done.outcome is Outcome.STUCK and prune):
        return False
    home = done.stored.home if done.stored is not None else store.folder if store is not None else None
    if home is not None:
        remove(home, done.id)
    return home is not None


def _lines(done: Again, *, deleted: bool, whole: bool) -> list[str]:
    from ..engine._again import Outcome
    from ..renderers import render
    from ..renderers._escape import visible

    width = max(len(outcome) for outcome in Outcome)
    named = done.stored is None or done.stored.subject in done.said
    name = "" if named or done.stored is None else f"{visible(done.stored.subject)}: "
    said = visible(" ".join(done.said.split()))  # the message of an exception may have several lines
    head = f"{done.outcome.ljust(width)}  {done.id}  {name}{said}{'; deleted' if deleted else ''}"
    if done.outcome not in (Outcome.FAILING, Outcome.EXPECTED) or done.stored is None:
        return [head]
    if whole and done.suite is not None:
        return [head, render(done.suite, "full"), ""]
    return [head, *(f"{' ' * width}  {visible(line)}" for line in done.stored.line.split("\n"))]


def summary(tried: Sequence[Again], left: int = 0) -> str:
    """Return how many cases there were, how they fare, and how many an interruption left untried."""
    from ..engine._again import Outcome
    from ..renderers._words import count

    if not tried and not left:
        return "no case is stored"
    amounts = Counter(done.outcome for done in tried)
    told = [f"{outcome} {amounts[outcome]}" for outcome in Outcome if amounts[outcome]]
    cut = [f"interrupted before {count(left, 'case')}"] if left else []
    return " · ".join([count(len(tried), "case"), *told, *cut])


def _report(tried: Sequence[Again], left: int, *, complete: bool) -> RunReport:
    from ..engine._run import interrupted
    from ..renderers._words import count
    from ..report import RunReport

    suites = [done.suite for done in tried if done.suite is not None]
    seconds = sum(suite.cost.seconds for suite in suites)
    if not complete:
        suites.append(interrupted(f"{count(left, 'case')} not tried"))
    return RunReport(tuple(suites), (("replayed", summary(tried)),), seconds, complete)


def exit_code(outcomes: Sequence[Outcome]) -> Exit:
    """Return what the process says about cases that fared so."""
    from ..engine._again import Outcome

    if not outcomes:
        return Exit.NOTHING
    if Outcome.FAILING in outcomes:
        return Exit.FAILED
    return Exit.USAGE if Outcome.STUCK in outcomes else Exit.PASSED
