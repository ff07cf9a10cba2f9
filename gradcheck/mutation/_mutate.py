"""`mutate`: put mistakes into a backward, one at a time, and see which of them the tests notice.

    score = 100 killed / (killed + survived)

Mistakes that never return anything, and those whose values are the same at every point, are left out.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from .._errors import InvalidArgument, TargetError
from ..engine import collect
from ..engine._importing import import_file, import_named
from ..engine._target import parse
from ..report import Mutation, MutationReport
from ._by_suite import BySuite
from ._by_tests import ByTests
from ._draw import in_turns
from ._mutants import Mutant, chosen_operators, mutants_of, shown_path
from ._sites import Site, sites_named, sites_of

Progress = Callable[[str, str, int, int], None]
"""Called as ``progress(function, mistake, done, total)``."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a search is asked to do.

    ``tests`` is a command line, our own suite without one; ``timeout`` are seconds for one mistake, derived from what
    the right code takes if None; ``examples`` are those of each law of the suite.
    """

    tests: str | None = None
    most: int = 100
    seed: int = 0
    jobs: int = 1
    timeout: float | None = None
    operators: tuple[str, ...] = ()
    examples: int | None = 20


def mutate(target: str, settings: Settings | None = None, progress: Progress | None = None) -> MutationReport:
    """Put mistakes into what `target` declares, or is called like a backward, and judge them.

    Raises
    ------
    InvalidArgument
        The target holds no backward, an operator is unknown, or the judge is not content with the right code.

    """
    settings = settings or Settings()
    operators = chosen_operators(settings.operators)
    start = time.perf_counter()
    sites = _sites(target, tests=settings.tests is not None)
    every = [mutant for number, site in enumerate(sites) for mutant in mutants_of(number, site, operators)]
    if not every:
        raise InvalidArgument(
            f"target={target!r}: nothing can be put into {_list([site.name for site in sites])}; "
            "its source cannot be read, or the operators do not occur there"
        )
    drawn = list(islice(in_turns(every, settings.seed), settings.most))
    judge: BySuite | ByTests
    if settings.tests is None:
        judge = BySuite(target, sites, settings.seed, settings.examples, settings.jobs, settings.timeout)
    else:
        judge = ByTests(settings.tests, sites, settings.timeout, _suite_of(target, sites, settings))
    with contextlib.closing(judge):
        judge.prepare(sorted({mutant.site for mutant in drawn}))
        found = list(_judged(judge, drawn, sites, settings.jobs, progress))
    mutations = tuple(sorted(found, key=lambda mutation: (mutation.file, mutation.line)))
    left = len(every) - len(mutations)
    seconds = time.perf_counter() - start
    complete = len(mutations) == len(drawn)
    return MutationReport(target, judge.name, mutations, left, settings.seed, seconds, complete)


def _sites(target: str, *, tests: bool) -> list[Site]:
    """Return where mistakes can be put; what nobody declared only counts where somebody else judges."""
    try:
        sites = sites_of([item.declaration for item in collect([target])])
    except TargetError:
        sites = []
        if not tests or not _undeclared(target):
            raise
    known = {site.function for site in sites}
    sites += [site for site in _undeclared(target) if tests and site.function not in known]
    if not sites:
        raise InvalidArgument(
            f"target={target!r} has no backward written in Python to put mistakes into; name a (forward, backward) "
            "pair, a layer, or a function with its derivative"
        )
    return sites


def _undeclared(target: str) -> list[Site]:
    parsed = parse(target)
    if parsed.file is not None:
        sites = sites_named(import_file(parsed.file, target))
    elif parsed.module is not None:
        sites = sites_named(import_named(parsed.module, target, Path.cwd()))
    else:
        return []
    wanted = parsed.name
    return [site for site in sites if wanted is None or site.name == wanted or site.name.startswith(f"{wanted}.")]


def _suite_of(target: str, sites: Sequence[Site], settings: Settings) -> BySuite | None:
    """Return what tells equivalent mistakes from others, where the target is declared."""
    if not any(site.subjects for site in sites):
        return None
    return BySuite(target, sites, settings.seed, settings.examples, settings.jobs, None)


def _judged(
    judge: BySuite | ByTests, drawn: Sequence[Mutant], sites: Sequence[Site], jobs: int, progress: Progress | None
) -> Iterator[Mutation]:
    """Yield what became of each mistake, as many as there were before an interrupt."""

    def one(mutant: Mutant) -> Mutation:
        site = sites[mutant.site]
        fate, by, note = judge.fate(mutant, site)
        where = shown_path(site.file)
        return Mutation(site.name, where, mutant.line, mutant.operator, mutant.what, fate, by, mutant.diff, note)

    pool = ThreadPoolExecutor(max(jobs, 1))
    waiting: list[Future[Mutation]] = [pool.submit(one, mutant) for mutant in drawn]
    try:
        for done, future in enumerate(waiting):
            if progress is not None:
                progress(sites[drawn[done].site].name, drawn[done].what, done, len(drawn))
            wait([future])
            yield future.result()
    except KeyboardInterrupt:
        return
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
