"""What is different between two reports: as text, as Markdown, and as data."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import groupby

from ..report import Change, Changes, Sort
from ..report._plain import plain
from ._escape import for_markdown, visible
from ._finding_text import columns
from ._words import count, place

VERSION = 1
_WIDEST = 60
_SHOWN = (Sort.NEW, Sort.STILL, Sort.FIXED)
"""What the last line counts even where there is none."""


def text(changes: Changes) -> str:
    """Return a block per sort of change, the gravest first, and a line that counts them.

    >>> print(text(Changes((), 31, 31)))
    new failure 0 · still failing 0 · fixed 0
    31 checks before, 31 checks now
    """
    blocks = [line for sort, found in _grouped(changes) for line in [f"{sort}:", *_rows(found), ""]]
    return "\n".join([*blocks, summary(changes), _ran(changes), *_warnings(changes)])


def summary(changes: Changes) -> str:
    """Return how many changes there are of each sort."""
    return " · ".join(f"{sort} {n}" for sort, n in changes.counts.items() if n or sort in _SHOWN)


def markdown(changes: Changes) -> str:
    """Return the same as a table, for job summaries and comments."""
    head = ["| | subject | code | check | before | now |", "|---|---|---|---|---|---|"]
    rows = [f"| {' | '.join(map(for_markdown, _cells(change)))} |" for change in changes.changes]
    said = [f"{summary(changes)}  ", _ran(changes), *_warnings(changes)]
    return "\n".join(["## gradcheck: what changed", "", *said, *(["", *head, *rows] if rows else [])])


def as_json(changes: Changes) -> str:
    """Return the same as strict JSON."""
    data = {"format": "gradcheck-changes", "version": VERSION, "counts": plain(changes.counts), **plain(changes)}
    return json.dumps(data, indent=2, allow_nan=False)


FORMATS: dict[str, Callable[[Changes], str]] = {"text": text, "markdown": markdown, "json": as_json}
"""Name of a format -> what writes it."""


def _grouped(changes: Changes) -> list[tuple[Sort, list[Change]]]:
    return [(sort, list(found)) for sort, found in groupby(changes.changes, key=lambda change: change.sort)]


def _rows(found: list[Change]) -> list[str]:
    return columns([_row(change) for change in found], right=False)


def _row(change: Change) -> list[str]:
    name, code, title = visible(change.subject), visible(change.code), visible(change.title)
    became = f"{visible(change.before)} -> {visible(change.after)}"
    where = place(change.location) if change.location is not None else ""
    return [f"  {name}", code, title if len(title) <= _WIDEST else f"{title[: _WIDEST - 3]}...", became, where]


def _cells(change: Change) -> list[str]:
    return [str(change.sort), change.subject, change.code, change.title, change.before, change.after]


def _ran(changes: Changes) -> str:
    return f"{count(changes.old, 'check')} before, {count(changes.new, 'check')} now"


def _warnings(changes: Changes) -> list[str]:
    """Say which report was cut short: what it lacks is no news."""
    return [f"warning: the {name} report is partial: its run was interrupted" for name in changes.partial]
