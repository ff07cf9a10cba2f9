"""One line of the doctor: a topic, how it stands, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a topic stands."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing has to be done."""
    ATTENTION = "attention"
    """Answers may be wrong, or less than they could be, until somebody does something."""


@dataclass(frozen=True, slots=True)
class Line:
    """What was looked at, and what there is to say; ``remedy`` is what to do, where something is to be done."""

    topic: str
    state: State
    said: str
    remedy: str = ""
