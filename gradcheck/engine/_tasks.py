"""What the process that subjects run in can be asked for: name of a task -> what does it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..report import SuiteReport
from ..subjects import Declaration, location_of
from ._check_one import check_one, has_laws
from ._collect import Collected
from ._fuzz_one import Round, fuzz_one
from ._select import Selection
from ._settings import OnFault, Settings, Tell
from .config import Source


@dataclass(frozen=True, slots=True)
class Bench:
    """What every task has at hand."""

    items: Sequence[Collected]
    settings: Settings
    selection: Selection


Task = Callable[[Bench, Mapping[str, Any], Tell, OnFault], SuiteReport]


def check(bench: Bench, question: Mapping[str, Any], tell: Tell, on_fault: OnFault) -> SuiteReport:
    """Check the subject of a number."""
    declaration = bench.items[question["number"]].declaration
    with _noted(declaration):
        return check_one(declaration, bench.settings, bench.selection, tell, on_fault)


@contextmanager
def _noted(declaration: Declaration) -> Iterator[None]:
    """Note what the subject is called with before the first law, or in the check of a subject that has no laws."""
    from ..properties._calls import COMES_BACK, note_calls
    from ..properties._store import Stored, target_of

    place = location_of(declaration.thing)
    if place is not None and sys.getprofile() is None:
        case = Stored(declaration.name, declaration.kind or "", COMES_BACK, target=target_of(declaration))
        note_calls(case, place[0], only_first=not has_laws(declaration))
    try:
        yield
    finally:
        sys.setprofile(None)


def fuzz(bench: Bench, question: Mapping[str, Any], tell: Tell, on_fault: OnFault) -> SuiteReport:
    """Put the subject of a number through one round of fuzzing."""
    declaration, turn = bench.items[question["number"]].declaration, Round.revived(question["round"])
    with _noted(declaration):
        return fuzz_one(declaration, bench.settings, bench.selection, turn, tell, on_fault)


def replay(bench: Bench, question: Mapping[str, Any], tell: Tell, on_fault: OnFault) -> SuiteReport:
    """Try a stored case again, with the first subject of its name that the sources declare."""
    from ..properties._store import Store
    from ._again import again

    stored = Store(Path(question["home"])).load(question["id"])
    return again(stored, [Source.revived(data) for data in question["sources"]], bench.settings, tell, on_fault)


TASKS: dict[str, Task] = {"check": check, "fuzz": fuzz, "replay": replay}
