"""What a run is asked to do, and whom it tells what happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..report import LawResult
from .config import Configuration

Tell = Callable[[str, LawResult | None], None]
"""Called with code and result after each law, and with an empty text and None before the first."""

OnFault = Callable[[BaseException], None]
"""Called with an exception in which no code of the user had a part."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run was asked to do.

    ``checks`` and ``exclude`` are codes, or families such as ``GC5``; fewer than ``min_checks`` checks in the whole
    run are a failure, and ``asked_by`` says who asks for them. ``max_evals`` bounds a gradient check at given inputs,
    ``cases`` is where failing examples are kept, as `gradcheck.run_suite` takes it; with ``keep_cases`` they stay
    there when they fail no more.
    """

    seed: int = 0
    max_examples: int | None = None
    checks: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_failures: int | None = None
    min_checks: int = 0
    asked_by: str = "min_checks"
    max_evals: int | None = None
    cases: str | None = "auto"
    keep_cases: bool = False

    @classmethod
    def of(cls, configuration: Configuration, *, max_failures: int | None = None) -> Settings:
        """Return what a configuration asks of a run."""
        return cls(
            seed=configuration["seed"],
            max_examples=configuration["max-examples"],
            checks=configuration["select"],
            exclude=configuration["ignore"],
            max_failures=max_failures,
            min_checks=configuration["min-checks"],
            asked_by=configuration.origin("min-checks"),
            max_evals=configuration["max-evals"],
            cases=configuration.cases,
            keep_cases=configuration["keep-cases"],
        )
