"""Options that several commands have, in the same words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

COLORS = click.Choice(["auto", "always", "never"])


def color_option(command: F) -> F:
    """Add ``--color``."""
    told = "NO_COLOR and FORCE_COLOR count in auto."
    return click.option("--color", type=COLORS, default="auto", show_default=True, help=told)(command)


def words(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of options that take several at once, with commas between them.

    >>> words(("GC101,GC5", "GC207"))
    ('GC101', 'GC5', 'GC207')
    """
    return tuple(word.strip() for text in texts for word in text.split(",") if word.strip())
