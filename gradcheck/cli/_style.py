"""Color for the ``full`` and ``concise`` texts: the renderers write plain text, a terminal gets this."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_RULES = (
    (r"^error\[\w+\]|^FAIL\b|\berror(?= GC\d+)|\b(?:failed|unexpected pass) [1-9]\d*", "bold red"),
    (r"^warning\[\w+\]|^warn\b|\bwarning(?= GC\d+)|\b(?:inconclusive|vacuous) [1-9]\d*", "bold yellow"),
    (r"^note\[\w+\]", "bold cyan"),
    (r"^(?:new failure|no longer run):|\b(?:new failure|no longer run) [1-9]\d*", "bold red"),
    (r"^(?:no longer decided|closer to its bound|sees less|costs more|still failing):", "bold yellow"),
    (r"^still failing(?=  )|\bstill failing [1-9]\d*|^\d+ failures?(?=: )", "bold red"),
    (r"^cannot run(?=  )|\bcannot run [1-9]\d*", "bold yellow"),
    (r"^(?:fixed|fails as expected)(?=  )|^nothing found(?=: )", "green"),
    (r"^attention\b|\battention [1-9]\d*", "bold red"),
    (r"^note(?=  )", "bold cyan"),
    (r"^ok(?=  )|\bok [1-9]\d*", "green"),
    (r"^ +help(?=: )", "bold"),
    (r"^fixed:|\bfixed [1-9]\d*", "green"),
    (r"^pass\b|\bpassed [1-9]\d*", "green"),
    (r"(?<=^[ ]{3}= )[^:\n]{3,60}:(?= )", "bold"),
    (r"^[ ]{2}-->.*$", "cyan"),
    (r"^[ ]{3}=(?= )", "cyan"),
    (r"`[^`\n]+`", "bold"),
    (r"^[ ]{7}(?:relative step|index)\b.*$", "dim"),
    (r"[●•]+", "bold red"),
    (r"[\u2801-\u28ff]+", "cyan"),
    (r"^[ ]{7,}(?:[\de+-]*[ ][│┤]|└[─┬]+)", "dim"),
)
"""Pattern -> style."""


COLORS = click.Choice(["auto", "always", "never"])
F = TypeVar("F", bound=Callable[..., Any])


def color_option(command: F) -> F:
    """Add ``--color`` to a command."""
    told = "NO_COLOR and FORCE_COLOR count in auto."
    return click.option("--color", type=COLORS, default="auto", show_default=True, help=told)(command)


def console(color: str = "auto", *, err: bool = False) -> Console:
    """Return where to write: `color` is ``auto``, ``always`` or ``never``; NO_COLOR and FORCE_COLOR count in auto."""
    from rich.console import Console
    from rich.theme import Theme

    forced = {"always": True, "never": False}.get(color)
    theme = Theme({"markdown.code": "bold cyan"})  # rich's own has a black background
    colors = False if color == "always" else (True if color == "never" else None)
    return Console(stderr=err, force_terminal=forced, no_color=colors, highlight=False, soft_wrap=True, theme=theme)


def wants_color(color: str, *, terminal: bool) -> bool:
    """Say whether text is to be styled at all."""
    if color != "auto":
        return color == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (terminal and os.environ.get("TERM") != "dumb")


def ink_for(color: str, stream: TextIO) -> str | None:
    """Return what pictures are drawn with on `stream`: braille where it can be shown, ASCII, or None in a log."""
    if not (stream.isatty() or wants_color(color, terminal=False)):
        return None
    try:
        "●•⠤┤└┬│─".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "ascii"
    return "ascii" if os.environ.get("TERM") == "dumb" else "braille"


def styled(text: str) -> Text:
    """Return `text` with the styles of the rules."""
    from rich.text import Text

    shown = Text(text)
    for pattern, style in _RULES:
        for match in re.finditer(pattern, text, re.MULTILINE):
            shown.stylize(style, *match.span())
    return shown
