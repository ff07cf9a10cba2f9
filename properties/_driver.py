"""How Hypothesis is driven, by laws and by searches alike: seeded, without a database, quiet, never too slow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

# Cost is bounded by max_examples and big arrays come from a seed, so that slowness or size of a draw is no symptom;
# a suite may also run inside a property test of its user.
_TOLERATED = tuple(HealthCheck)

WIDE = 0.75
"""Share of the examples that are drawn without climbing towards the largest error over its bound: climbing draws
neighbours of the worst example again and again, and first there is everything else to see."""


def driven(attempt: Callable[[Any], None], seed: int, examples: int, *, shrink: bool) -> Callable[[], None]:
    """Return a function that calls `attempt` with a ``draw`` for every example, and shrinks what raises."""
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
        attempt(_quick(data))

    return search


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
