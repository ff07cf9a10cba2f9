"""`Law`: one invariant of a kind, small, named, and able to explain itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Law:
    """One invariant.

    Attributes
    ----------
    code, title
        Stable name, and the sentence of a table.
    kinds
        Kinds of subject that it is a law of.
    check
        ``check(subject, case)`` draws from the case and raises `Violation`; its docstring is what people read.
    traits
        The law applies where at least one of these is known and true; () if it always does.
    needs
        Abilities that the subject must have, such as ``"derivative"``.
    claims
        Ids of the lecture's claims that it makes executable.
    effort
        Share of ``max_examples`` to spend; None for a law without search: one call, no drawing.
    """

    code: str
    title: str
    kinds: tuple[str, ...]
    check: Callable[[Any, Any], None]
    traits: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    effort: float | None = 1.0

    @property
    def explanation(self) -> str:
        """What the law says, why, the usual mistake and the way out."""
        return inspect.getdoc(self.check) or self.title

    @property
    def hint(self) -> str:
        """The last paragraph of the explanation: the usual mistake."""
        return " ".join(self.explanation.split("\n\n")[-1].split())

    def examples(self, wanted: int) -> int:
        """Return how many examples to try where `wanted` are asked for."""
        return 1 if self.effort is None else max(1, round(wanted * self.effort))
