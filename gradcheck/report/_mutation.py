"""The report of a search for mistakes that tests let live."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ._plain import plain


class Fate(StrEnum):
    """What became of a mistake that was put into a backward."""

    KILLED = "killed"
    TIMEOUT = "timeout"
    """The tests did not come back in time, which they would have: killed as well."""
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"
    """The same values as before at every point: no mistake, and not in the score."""
    RAISES = "raises"
    """It raised at every call: nobody ships that, and it is not in the score."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mistake, and what became of it.

    Attributes
    ----------
    function, file, line
        Where it was put.
    operator, what
        Its kind, and itself in a few words.
    fate
        What became of it; ``by`` is the code of the law, or the exit code, that told.
    diff
        Itself as a unified diff.
    note
        What else is known of a survivor.

    """

    function: str
    file: str
    line: int
    operator: str
    what: str
    fate: Fate
    by: str | None = None
    diff: str = ""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class MutationReport:
    """What ``gradcheck mutate`` found; ``judge`` says who was asked, ``left`` how many mistakes were not tried.

    ``complete`` is False where the run was interrupted.
    """

    target: str
    judge: str
    mutations: tuple[Mutation, ...] = ()
    left: int = 0
    seed: int = 0
    seconds: float = 0.0
    complete: bool = True

    @property
    def counts(self) -> dict[Fate, int]:
        """How many mistakes had each fate."""
        found = Counter(mutation.fate for mutation in self.mutations)
        return {fate: found[fate] for fate in Fate}

    @property
    def killed(self) -> int:
        """How many the tests told."""
        return self.counts[Fate.KILLED] + self.counts[Fate.TIMEOUT]

    @property
    def judged(self) -> int:
        """How many are in the score."""
        return self.killed + self.counts[Fate.SURVIVED]

    @property
    def score(self) -> float | None:
        """Percentage killed of those that are mistakes, in [0, 100]; None where there was none."""
        return 100 * self.killed / self.judged if self.judged else None

    @property
    def survivors(self) -> tuple[Mutation, ...]:
        """Those that the tests let live."""
        return tuple(mutation for mutation in self.mutations if mutation.fate is Fate.SURVIVED)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain dictionaries, lists, strings and numbers, with the score and the counts."""
        counts = {str(fate): number for fate, number in self.counts.items()}
        data: dict[str, Any] = plain(self)
        return {"score": self.score, "counts": counts, **data}
