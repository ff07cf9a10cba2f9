"""What the galleries of right and wrong subjects of each kind share: an enemy, and how it is declared."""

from __future__ import annotations

from typing import Any, NamedTuple

import gradcheck


class Enemy(NamedTuple):
    """A wrong subject, the code that it must raise, and what is claimed about it."""

    code: str
    flaw: str
    kind: str
    thing: Any
    traits: dict[str, Any] = {}  # noqa: RUF012
    options: dict[str, Any] = {}  # noqa: RUF012
    inputs: tuple[Any, ...] = ()


def declared(enemy: Enemy) -> gradcheck.subjects.Declaration:
    """Return an enemy as it is handed to a suite."""
    return gradcheck.subject(enemy.thing, *enemy.inputs, kind=enemy.kind, traits=enemy.traits, **enemy.options)
