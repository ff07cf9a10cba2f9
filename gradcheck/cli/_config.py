"""``gradcheck config``: which settings are in force here, and where each comes from."""

from __future__ import annotations

import json

import click

from ..engine.config import Configuration
from ._options import settings, settings_options


@click.group()
def config() -> None:
    """Show the configuration."""


@config.command()
@settings_options()
@click.option("--format", "format_name", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show(*, configuration: Configuration, format_name: str) -> None:
    """Show every setting in force, and where it comes from: the default, a line of pyproject.toml, or an option.

    What is wrong in the file is said; no code of yours is imported.
    """
    from ..engine._select import Selection
    from ..engine.config import rows
    from ..renderers._files import destination

    Selection.configured(configuration)
    for text in configuration["reports"]:
        destination(text)

    if format_name == "text":
        click.echo(settings(configuration))
        return
    file = configuration.file.path
    told = {name: {"value": value, "origin": origin} for name, value, origin in rows(configuration)}
    click.echo(json.dumps({"file": str(file) if file else None, "settings": told}, indent=2))
