"""How Hypothesis is driven, by laws and by searches alike: seeded, without a database, quiet, never too slow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException, StopTest

# Cost is bounded by max_examples and big arrays come from a seed, so that slowness or size of a draw is no symptom;
# a suite may also run inside a property test of its user.
_TOLERATED = tuple(HealthCheck)

WIDE = 0.75
"""Share of the examples that are drawn without climbing towards the largest error over its bound: climbing draws
neighbours of the worst example again and again, and first there is everything else to see."""


_DEADLINE: ContextVar[float | None] = ContextVar("_DEADLINE", default=None)


class _TimeUp(KeyboardInterrupt):
    """The time is over: Hypothesis leaves such an exception alone, at whatever point it comes."""


@contextmanager
def until(deadline: float | None) -> Iterator[None]:
    """Let no search in here try another example after `deadline`, on the clock of `time.monotonic`.

    What fails is shrunk all the same.
    """
    token = _DEADLINE.set(deadline)
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def time_is_up() -> bool:
    """Say whether the deadline has passed, if there is one."""
    deadline = _DEADLINE.get()
    return deadline is not None and time.monotonic() >= deadline


def driven(attempt: Callable[[Any], None], seed: int, examples: int, *, shrink: bool) -> Callable[[], None]:
    """Return a function that calls `attempt` with a ``draw`` for every example, and shrinks what raises."""
    shrinking = False
    phases = (Phase.generate, Phase.target, *((Phase.shrink,) if shrink else ()))

    @seeded(seed)
    @settings(
        max_examples=examples,
        phases=phases,
        deadline=None,
        database=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=_TOLERATED,
    )
    @given(st.data())
    def search(data: st.DataObject) -> None:
        nonlocal shrinking
        if not shrinking and time_is_up():
            raise _TimeUp
        try:
            attempt(_quick(data))
        except (HypothesisException, StopTest):
            raise
        except BaseException:
            shrinking = True
            raise

    def search_in_time() -> None:
        with suppress(_TimeUp):
            search()

    return search_in_time


def _quick(data: Any) -> Callable[[Any], Any]:
    """Return how to draw without what `st.data` adds: notes, labels, and a look at Python's generator at every draw.

    An array costs a third less. What Hypothesis calls its data has had this name for years; `data.draw` does as well.
    """
    inner = getattr(data, "conjecture_data", data)
    draw: Callable[[Any], Any] = inner.draw
    return draw


def default_examples() -> int:
    """Return what the loaded profile of Hypothesis says."""
    return settings().max_examples
