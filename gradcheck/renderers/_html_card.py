"""A problem as a card: what is wrong, where, why that is certain, pictures, numbers, source, the way out."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Iterator

from ..report import Finding
from ._escape import for_html, visible_lines
from ._finding_text import entry_cells, how_many, shown_entries, verdict_sentence
from ._full import context
from ._pictures import Picture, of_finding
from ._run_view import Problem
from ._words import count, headline, place

LINES, AROUND, TRACE = 40, 6, 40
"""Lines of source, around a place that only its line is known of, and of a traceback."""

_ELSEWHERE = {"passed for the same subject"}
"""What the tables of the page tell better."""

_CODE = {"reproduce", "learn more", "to paste it"}

Draw = Callable[[Picture], str]
"""Draws a picture, or says why not: a page has room for so many."""


def card(problem: Problem, draw: Draw, *, level: int = 3, anchor: str = "") -> str:
    """Return the card; its heading is of that `level`."""
    finding = problem.finding
    name = f' id="{anchor}"' if anchor else ""
    title = for_html(headline(problem.suite.subject, finding))
    parts = [f"<h{level}>{title}</h{level}>", _where(problem), *_facts(problem), *_figures(finding, draw)]
    parts += [*_entries(finding), *_source(problem), *_evidence(finding)]
    return f'<article{name} class="{finding.severity}" aria-label="{title}">{"".join(parts)}</article>'


def figure(picture: Picture) -> str:
    """Return a picture with its title and its words."""
    panels = "".join(panel.inline() for panel in picture.panels)
    words = f"<figcaption><b>{for_html(picture.title)}</b> {for_html(picture.caption)}</figcaption>"
    return f'<figure class="{picture.name}"><div class="panels">{panels}</div>{words}</figure>'


def _where(problem: Problem) -> str:
    if problem.location is None:
        return ""
    return f'<p class="place"><code>{for_html(place(problem.location))}</code></p>'


def _facts(problem: Problem) -> Iterator[str]:
    """Yield what a reader needs before the pictures: verdict, cause, help, smallest input, how to repeat it."""
    rows = [(term, lines) for term, lines in _told(problem) if lines]
    inner = "".join(f"<div><dt>{term}</dt><dd>{_lines(lines, code=term in _CODE)}</dd></div>" for term, lines in rows)
    yield f'<dl class="facts">{inner}</dl>' if inner else ""


def _told(problem: Problem) -> Iterator[tuple[str, list[str]]]:
    finding, law = problem.finding, problem.shown_by
    yield "verdict", _split(verdict_sentence(finding))
    yield "cause", _split(finding.cause)
    yield "help", _split(finding.hint)
    if law is not None and law.counterexample:
        tried = f" ({count(law.examples, 'example')} tried)" if law.examples > 1 else ""
        yield f"smallest failing input{tried}", _split(law.counterexample)
        yield "stored", [f"gradcheck.load_case({law.case!r}).run() tries it again"] if law.case else []
        stated = [f"{name} {value}" for name, value in law.statistics if name != "structures"]
        yield "statistics", [", ".join(stated)] if stated else []
    for text in context(problem.suite, problem):
        term, _, rest = text.strip().removeprefix("= ").partition(": ")
        yield term, [] if term in _ELSEWHERE else [rest]


def _split(text: str | None) -> list[str]:
    return visible_lines(text.strip()) if text and text.strip() else []


def _lines(lines: list[str], *, code: bool) -> str:
    """Return lines of text; what is to be typed is code, and more than one line keeps its form."""
    if len(lines) == 1:
        return f"<code>{for_html(lines[0])}</code>" if code else for_html(lines[0])
    return f"<pre>{chr(10).join(map(for_html, lines[:TRACE]))}</pre>"


def _figures(finding: Finding, draw: Draw) -> Iterator[str]:
    drawn = "".join(draw(picture) for picture in of_finding(finding))
    yield f'<div class="figures">{drawn}</div>' if drawn else ""


def _entries(finding: Finding) -> Iterator[str]:
    entries = shown_entries(finding)
    if not entries:
        return
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("index", "analytic", "numeric", "difference"))
    rows = "".join(
        f'<tr><th scope="row">{for_html(where)}</th>{"".join(f"<td>{for_html(value)}</td>" for value in values)}</tr>'
        for where, *values in map(entry_cells, entries)
    )
    caption = for_html(how_many(finding, len(entries)))
    yield (
        f'<div class="scroll" role="region" tabindex="0" aria-label="entries"><table class="numbers">'
        f"<caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _source(problem: Problem) -> Iterator[str]:
    """Yield the source lines; the first of them, and those that the help names, are marked."""
    if problem.location is None:
        return
    file, at = problem.location
    known = list(enumerate(problem.finding.source[:LINES], at)) or _read(file, at)
    if not known:
        return
    named = {int(number) for number in re.findall(r"\bline (\d+)\b", problem.finding.hint or "")}
    marked = named & {number for number, _ in known} or {at}
    lines = "".join(_line(number, text, marked=number in marked) for number, text in known)
    yield (
        f"<details open><summary>Source, from line {known[0][0]}</summary>"
        f'<div class="scroll" role="region" tabindex="0" aria-label="source"><pre class="source">{lines}</pre></div>'
        "</details>"
    )


def _read(file: str, at: int) -> list[tuple[int, str]]:
    """Return the lines around a place, as far as the file is there."""
    try:
        lines = linecache.getlines(file)
    except ValueError:  # no file can be called so
        return []
    start = max(at - 2, 0)
    return [(k + 1, lines[k].rstrip("\n")) for k in range(start, min(at + AROUND, len(lines)))]


def _line(number: int, text: str, *, marked: bool) -> str:
    (said,) = visible_lines(text.replace("\n", " "))
    row = f'<span class="no">{number:>4}</span> {for_html(said)}'
    return f"<mark>{row}</mark>\n" if marked else f"{row}\n"


def _evidence(finding: Finding) -> Iterator[str]:
    lines = [line for text in finding.detail for line in visible_lines(text.rstrip())]
    if not lines:
        return
    shown = lines if len(lines) <= TRACE else [*lines[: TRACE // 2], "...", *lines[-TRACE // 2 :]]
    inner = "\n".join(map(for_html, shown))
    yield f"<details><summary>More evidence, {count(len(lines), 'line')}</summary><pre>{inner}</pre></details>"
