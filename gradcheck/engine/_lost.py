"""What is said of a subject that brought its process down: how, after which law, and with which input."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..report import Finding, LawResult, Status, SuiteReport
from ..subjects import location_of
from ._check_one import has_laws, store_of
from ._collect import Collected
from ._settings import Settings

if TYPE_CHECKING:
    from ..properties._store import Stored


LOST = "the subject comes back"
"""Title of what was violated by a subject that brought its process down."""


def lost(item: Collected, done: Sequence[LawResult], what: str, last: Path, settings: Settings) -> SuiteReport:
    """Return the suite of a subject that did not come back; `last` is the file of what it was about to try."""
    from ..properties._last import last_of
    from ..properties._store import COMES_BACK

    declaration, example = item.declaration, last_of(last)
    of_law = example is not None and example.code != COMES_BACK
    when = f"during {example.code}" if example is not None and of_law else _when(item, done)
    finding = Finding("GC907", f"`{declaration.name}` {what} {when}", location=location_of(declaration.thing))
    crash = LawResult("GC907", LOST, Status.FAILED, (finding,))
    if example is not None and example.drawn:
        crash = _with_example(crash, finding, example, settings)
    return SuiteReport(declaration.name, declaration.kind or "", (*done, crash), seed=settings.seed)


def seconds_since_example(last: Path) -> float:
    """Return how long ago a law tried an example, by the file in which it is noted; infinity where none does."""
    from ..properties._last import last_of
    from ..properties._store import COMES_BACK

    example = last_of(last)
    of_law = example is not None and example.code != COMES_BACK
    return time.time() - last.stat().st_mtime if of_law else math.inf


def came_back(item: Collected, settings: Settings) -> None:
    """Forget the input from which a subject did not come back last time: this time it did."""
    from ..properties._store import COMES_BACK

    store = store_of(settings)
    for case in store.find(item.declaration.name, item.declaration.kind or "", COMES_BACK) if store else ():
        store.repaired(case)


def _when(item: Collected, done: Sequence[LawResult]) -> str:
    if done:
        return f"after {done[-1].code}"
    laws = has_laws(item.declaration)
    return "while its traits were inferred" if laws else "while its gradients were checked at its own inputs"


def _with_example(crash: LawResult, finding: Finding, example: Stored, settings: Settings) -> LawResult:
    """Add the example, and store it, so that it is tried first next time."""
    store = store_of(settings)
    case = store.remember(replace(example, smallest=True)) if store is not None else None
    told = replace(finding, detail=("the last input, not a smallest one:", *example.line.split("\n")))
    return replace(crash, findings=(told,), case=case)
