"""What ``gradcheck mutate`` prints: the score, and the survivors as diffs that can be applied."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..report import Fate, Mutation, MutationReport
from ._escape import visible, visible_lines
from ._words import count, seconds

FORMATS = ("full", "concise", "json")
VERSION = 1
_SHOWN = 40
"""Survivors that are told in full; the others are counted."""


def render_mutation(report: MutationReport, format_name: str = "full", *, threshold: float = 100.0) -> str:
    """Return `report` as text."""
    if format_name == "json":
        data = {"format": "gradcheck-mutation", "version": VERSION, "threshold": threshold, **report.to_dict()}
        return json.dumps(data, indent=2, allow_nan=False, ensure_ascii=True)
    told = _one_line if format_name == "concise" else _in_full
    lines = [line for survivor in report.survivors[:_SHOWN] for line in told(survivor)]
    more = len(report.survivors) - _SHOWN
    return "\n".join([*lines, *([f"and {count(more, 'more survivor')}"] if more > 0 else []), *_summary(report)])


def _one_line(mutation: Mutation) -> Iterator[str]:
    note = f" ({mutation.note})" if mutation.note else ""
    yield visible(f"{mutation.file}:{mutation.line}: {mutation.function}: survived {mutation.what}{note}")


def _in_full(mutation: Mutation) -> Iterator[str]:
    yield visible(f"survived: {mutation.what}, in {mutation.function} ({mutation.operator})")
    if mutation.note:
        yield visible(f"  = note: {mutation.note}")
    yield from visible_lines(mutation.diff)
    yield ""


def _summary(report: MutationReport) -> Iterator[str]:
    counts = report.counts
    parts = [f"{counts[fate]} {_TOLD[fate]}" for fate in Fate if counts[fate]]
    score = "no score" if report.score is None else f"score {report.score:.1f} %"
    tried = count(len(report.mutations), "mistake")
    rest = f", {report.left} not tried" if report.left else ""
    if not report.complete:
        yield "the search was interrupted: the score is that of the mistakes judged so far"
    yield visible(
        f"{report.target}: {score} by {report.judge}: {tried}, {', '.join(parts) or 'none judged'}{rest}"
        f"     {seconds(report.seconds)} (seed {report.seed})"
    )


_TOLD = {
    Fate.KILLED: "killed",
    Fate.TIMEOUT: "killed by the time limit",
    Fate.SURVIVED: "survived",
    Fate.EQUIVALENT: "equivalent (left out)",
    Fate.RAISES: "raised at every call (left out)",
}
