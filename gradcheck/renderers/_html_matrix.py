"""Subjects by laws as tables of a page: one per kind, that scrolls on its own where it is wider than the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..report import RunReport, Status
from ._escape import for_html
from ._matrix import GRADIENTS, MARKS, TONES, Cell, Table, tables

ROWS = 1000
"""Subjects that a page lists."""

Anchors = Mapping[tuple[str, int], str]
"""``(column, number of the suite)`` -> the card that tells about it."""


def matrix(run: RunReport, anchors: Anchors) -> str:
    """Return the tables of `run`, with a legend, and what the codes mean."""
    numbers = {id(suite): k for k, suite in enumerate(run.suites)}
    shown = [table for table in tables(run) if table.titles]
    body = "\n".join(_table(table, numbers, anchors) for table in shown)
    titles = {code: said for table in shown for code, said in table.titles.items() if code != GRADIENTS}
    return f"{_legend()}\n{body}\n{_meanings(titles)}"


def _legend() -> str:
    signs = "".join(f"<li>{_sign(status)} {status}</li>" for status in MARKS)
    return f'<ul class="legend" aria-label="signs">{signs}</ul>'


def _sign(status: Status) -> str:
    return f'<span class="sign {TONES[status]}" aria-hidden="true">{MARKS[status]}</span>'


def _table(table: Table, numbers: Mapping[int, int], anchors: Anchors) -> str:
    kind = for_html(table.kind or GRADIENTS)
    heads = "".join(f'<th scope="col">{for_html(code)}</th>' for code in table.titles)
    rows = "\n".join(
        f'<tr><th scope="row"><span>{for_html(suite.subject)}</span></th>'
        f"{''.join(_cells(table.row(suite), numbers[id(suite)], anchors))}</tr>"
        for suite in table.suites[:ROWS]
    )
    left = len(table.suites) - ROWS
    more = f'<p class="quiet">and {left} more subjects</p>' if left > 0 else ""
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{kind}: subjects by laws">'
        f'<table class="laws-table"><caption>{kind}</caption>'
        f'<thead><tr><th scope="col"><span>subject</span></th>{heads}</tr></thead>\n'
        f"<tbody>{rows}</tbody></table></div>{more}"
    )


def _cells(cells: list[Cell | None], number: int, anchors: Anchors) -> Iterator[str]:
    """Yield the cells of a row; a page of a thousand subjects says nothing about those that passed but that."""
    for cell in cells:
        if cell is None:
            yield "<td></td>"
            continue
        tone, mark = TONES[cell.status], MARKS[cell.status]
        if cell.status is Status.PASSED:
            yield f"<td class={tone}>{mark}</td>"
            continue
        said = for_html(f"{cell.status}: {cell.said}")
        anchor = anchors.get((cell.column, number))
        inner = f'<a href="#{anchor}" aria-label="{said}">{mark}</a>' if anchor else mark
        yield f'<td class={tone} title="{said}">{inner}</td>'


def _meanings(titles: Mapping[str, str]) -> str:
    if not titles:
        return ""
    rows = "".join(f"<div><dt>{for_html(code)}</dt><dd>{for_html(said)}</dd></div>" for code, said in titles.items())
    return f'<details><summary>What the codes mean</summary><dl class="codes">{rows}</dl></details>'
