"""What a hypothesis returns where it explains the residual at every point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .._evidence import Case, Prediction


@dataclass(frozen=True, slots=True)
class Match:
    """A cause, the words for its templates, and how well it fits, relative to the gradient."""

    cause: str
    misfit: float
    words: dict[str, object] = field(default_factory=dict)


Hypothesis = Callable[[Case], Iterator[Match]]


def matched(case: Case, cause: str, predict: Prediction, **words: object) -> Iterator[Match]:
    """Yield the match of a prediction without a free number, if it fits."""
    misfit = case.fit(predict)
    if misfit is not None:
        yield Match(cause, misfit, words)


def short(number: float) -> str:
    """Return a number as a reader wants it."""
    return f"{number:.6g}"
