"""`replay`: stored cases, one after the other: still failing, fixed, or not to be run any more, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .._errors import GradcheckError
from ..report import RunReport
from ._again import Again, Outcome, again, judged, places_of
from ._contain import Container
from ._crash import crash_suite
from ._run import header
from ._settings import OnFault, Settings
from .config import Source

if TYPE_CHECKING:
    from ..properties._store import Stored


def replay(
    cases: Sequence[Stored],
    sources: Sequence[Source] = (),
    *,
    named: Callable[[str], Sequence[Source]] = lambda _: (),
    on_fault: OnFault,
    container: Container | None = None,
) -> Iterator[Again]:
    """Yield how every case fares today; nothing is deleted.

    Parameters
    ----------
    cases
        What the store holds.
    sources
        Where subjects are looked for, after the place that a case names itself.
    named
        What a name of the configuration stands for.
    on_fault, container
        As `run` takes them.

    """
    for stored in cases:
        own = [source for place in places_of(stored) for source in (*named(str(place.target)), place)]
        try:
            suite = _suite(stored, [*own, *sources], on_fault, container)
        except GradcheckError as error:
            yield Again(stored.id, Outcome.STUCK, str(error), stored=stored)
            continue
        yield judged(stored, replace(suite, reproduce=f"gradcheck replay {stored.id}"))
