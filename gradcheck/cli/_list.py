"""``gradcheck list``: what targets declare, and which laws would be held against it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from ..engine.config import Configuration
from . import _complete
from ._options import settings_options

if TYPE_CHECKING:
    from ..engine import Collected


@click.command("list")
@click.argument("targets", nargs=-1, metavar="[TARGET]...", shell_complete=_complete.targets)
@settings_options("profile")
@click.option("--json", "as_json", is_flag=True, help="As data.")
@click.option("-v", "--verbose", is_flag=True, help="Every law, and why one does not apply.")
def list_subjects(targets: tuple[str, ...], *, configuration: Configuration, as_json: bool, verbose: bool) -> None:
    """List the subjects that the TARGETs declare, and the laws that apply to them. Runs no law.

    Without a TARGET, the subjects of [tool.gradcheck].
    """
    from ..engine import collect
    from ..engine._overlooked import overlooked, sentence

    sources = configuration.sources(targets)
    collected = collect(sources)
    rows = [_row(item) for item in collected]
    if left_out := sentence(overlooked(sources, collected)):
        click.echo(left_out, err=True)
    click.echo(json.dumps(rows, indent=2) if as_json else "\n".join(_lines(rows, verbose=verbose)))


def _row(item: Collected) -> dict[str, Any]:
    from ..engine import has_laws

    declaration = item.declaration
    kind, laws, others = _plan(item) if has_laws(declaration) else (None, [], {})
    return {
        "subject": declaration.name,
        "kind": kind,
        "target": item.origin,
        "laws": laws,
        "not applicable": others,
        "expected failures": dict(declaration.expected_failures),
    }


def _plan(item: Collected) -> tuple[str, list[str], dict[str, str]]:
    from ..properties import plan

    planned = plan(item.declaration)
    return planned.kind, list(planned.codes), {law.code: reason for law, reason in planned.skipped}


def _lines(rows: list[dict[str, Any]], *, verbose: bool) -> list[str]:
    from ..renderers._escape import visible
    from ..renderers._finding_text import columns
    from ..renderers._words import count

    table = columns(
        [
            [visible(row["subject"]), row["kind"] or "gradients only", _applying(row), visible(row["target"])]
            for row in rows
        ],
        right=False,
    )
    details = [_details(row) if verbose else [] for row in rows]
    body = [line for head, tail in zip(table, details, strict=True) for line in [head, *tail]]
    return [*body, count(len(rows), "subject")]


def _applying(row: dict[str, Any]) -> str:
    from ..renderers._words import count

    return count(len(row["laws"]), "law") if row["kind"] else "at its inputs"


def _details(row: dict[str, Any]) -> list[str]:
    from ._explain import titles

    said = titles()
    return [
        *(f"    {code}  {said[code]}" for code in row["laws"]),
        *(f"    {code}  {said[code]}; does not apply: {why}" for code, why in row["not applicable"].items()),
    ]
