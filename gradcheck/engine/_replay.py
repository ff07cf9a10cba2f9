"""`replay`: stored cases, one after the other: still failing, fixed, or not to be run any more, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .._errors import GradcheckError
from ..report import SuiteReport
from ._again import Again, Outcome, again, judged, places_of
from ._contain import Container
from ._settings import OnFault, Settings
from .config import Source

if TYPE_CHECKING:
    from ..properties._store import Stored

Named = Callable[[str], Source | None]
"""What a name of the configuration stands for, if anything."""


def replay(
    cases: Sequence[Stored],
    first: Sequence[Source] = (),
    last: Sequence[Source] = (),
    *,
    named: Named = lambda _: None,
    settings: Settings | None = None,
    on_fault: OnFault,
    container: Container | None = None,
) -> Iterator[Again]:
    """Yield how every case fares today; nothing is deleted.

    Parameters
    ----------
    cases
        What the store holds.
    first, last
        Where subjects are looked for, before and after the place that a case names itself.
    named
        What a name of the configuration stands for; a case may name its subject so.
    settings, on_fault, container
        As `run` takes them.

    """
    for stored in cases:
        sources = [*first, *_own(stored, named), *last]
        try:
            suite = _suite(stored, sources, settings or Settings(), on_fault, container)
        except GradcheckError as error:
            yield Again(stored.id, Outcome.STUCK, str(error), stored=stored)
        else:
            yield judged(stored, replace(suite, reproduce=f"gradcheck replay {stored.id}"))


def _own(stored: Stored, named: Named) -> Iterator[Source]:
    configured = named(stored.target) if stored.target is not None else None
    if configured is not None:
        yield configured
    yield from places_of(stored)


def _suite(
    stored: Stored, sources: Sequence[Source], settings: Settings, on_fault: OnFault, container: Container | None
) -> SuiteReport:
    if container is not None and stored.home is not None:
        return container.replay(stored, sources, _silent, on_fault)
    return again(stored, sources, settings, _silent, on_fault)


def _silent(code: str, result: object) -> None:
    """Nobody asks how far a single example is."""
