"""Text on standard output."""

from __future__ import annotations

import sys

import click

from ._style import console, styled, wants_color


def show(text: str, color: str = "auto") -> None:
    """Write `text` to standard output, in color where that is wanted."""
    if text and wants_color(color, terminal=sys.stdout.isatty()):
        console("always").print(styled(text))
    elif text:
        click.echo(text, color=False)
