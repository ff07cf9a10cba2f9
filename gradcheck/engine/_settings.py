"""What a run is asked to do, and whom it tells what happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Tell = Callable[[str, str], None]
"""Called with code and status after each law, and with empty texts before the first."""

OnFault = Callable[[BaseException], None]
"""Called with an exception in which no code of the user had a part."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run was asked to do.

    ``checks`` and ``exclude`` are codes, or families such as ``GC5``; fewer than ``min_checks`` checks in the whole
    run are a failure. ``max_evals`` bounds a gradient check at given inputs, ``cases`` is where failing examples are
    kept, as `gradcheck.run_suite` takes it.
    """

    seed: int = 0
    max_examples: int | None = None
    checks: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_failures: int | None = None
    min_checks: int = 0
    max_evals: int | None = None
    cases: str | None = "auto"
