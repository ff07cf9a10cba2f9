"""``gradcheck doctor``: whether this environment can give right answers."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import click

from ._guard import Exit
from ._style import color_option

if TYPE_CHECKING:
    from ..doctor import Line


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGET...]")
@click.option(
    "--format", "format_name", type=click.Choice(["text", "json"]), default="text", show_default=True, help="As data."
)
@color_option
def doctor(targets: tuple[str, ...], *, format_name: str, color: str) -> int:
    """Look at the environment: versions, arithmetic, BLAS, terminal, profile, stored cases, disturbing imports.

    TARGETs are imported as well, to see whether they change the arithmetic of the process. Exits with 1 if
    something needs attention.
    """
    from ..doctor import State, examine
    from ._output import show

    lines = examine(targets)
    show(as_json(lines) if format_name == "json" else as_text(lines), color if format_name == "text" else "never")
    return Exit.FAILED if any(line.state is State.ATTENTION for line in lines) else Exit.PASSED


def as_text(lines: tuple[Line, ...]) -> str:
    """Return a row per line, remedies below, and how many need attention."""
    from ..doctor import State
    from ..renderers._escape import visible

    widths = max(len(state) for state in State), max(len(line.topic) for line in lines)
    indent = " " * (widths[0] + 2)
    rows = []
    for line in lines:
        rows.append(f"{line.state.ljust(widths[0])}  {visible(line.topic).ljust(widths[1])}  {visible(line.said)}")
        rows += [f"{indent}help: {visible(line.remedy)}"] if line.remedy else []
    amounts = Counter(line.state for line in lines)
    return "\n".join([*rows, "", " · ".join(f"{state} {amounts[state]}" for state in State)])


def as_json(lines: tuple[Line, ...]) -> str:
    """Return the same as data."""
    from ..report._plain import plain

    return json.dumps({"format": "gradcheck-doctor", "version": 1, "lines": plain(lines)}, indent=2)
