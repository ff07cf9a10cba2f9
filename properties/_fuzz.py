"""`fuzz_suite` and `fuzz_search`: one round of a search that goes on until somebody's time is up.

A round is what `run_suite`, or `search`, does with the seed of the round; so the same seed and the same number of
examples repeat it exactly. The laws come in another order in every round, so that none is always the last one.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection
from typing import Any

from ..report import Cost, LawResult, SuiteReport
from ..subjects import Declaration, location_of
from ._driver import time_is_up, until
from ._plan import plan
from ._run import run_law
from ._store import Cases
from .search import search


def fuzz_suite(
    subject: Any,
    *,
    seed: int,
    max_examples: int,
    seconds: float,
    codes: Collection[str],
    cases: Cases = "auto",
    first: bool = True,
    on_result: Callable[[LawResult], None] | None = None,
) -> SuiteReport:
    """Hold the laws of a subject's kind against it, for so many seconds at most.

    Parameters
    ----------
    subject
        What `run_suite` takes.
    seed, max_examples, cases
        Of every law, as `run_suite` takes them.
    seconds
        Then no further example is tried; what fails is shrunk all the same.
    codes
        The laws that may be held.
    first
        Whether laws without a search are held as well: repeating a test of chance until it fails is no search.
    on_result
        Called with each result as soon as it is there.

    Returns
    -------
    SuiteReport
        The laws that were held, those that do not apply left out.

    """
    start = time.monotonic()
    chosen = plan(subject)
    wanted = [law for law in chosen.laws if law.code in codes and (first or law.effort is not None)]
    random.Random(seed).shuffle(wanted)
    results: list[LawResult] = []
    with until(start + seconds):
        for law in wanted:
            if time_is_up():
                break
            results.append(run_law(chosen, law.code, rng=seed, max_examples=max_examples, cases=cases))
            if on_result is not None:
                on_result(results[-1])
    return SuiteReport(
        chosen.name,
        chosen.kind,
        tuple(result for result in results if result.examples),
        Cost(seconds=time.monotonic() - start),
        seed,
        chosen.facts,
        location=location_of(chosen.declaration.thing),
    )


def fuzz_search(
    declaration: Declaration, *, seed: int, max_examples: int, seconds: float, cases: Cases = "auto"
) -> SuiteReport:
    """Search for an input at which a gradient is wrong, from the example inputs, for so many seconds at most."""
    with until(time.monotonic() + seconds):
        report = search(declaration, rng=seed, max_examples=max_examples, cases=cases)
    suite: SuiteReport = report.as_suite()
    return suite
