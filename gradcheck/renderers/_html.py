"""``html``: one file that needs nothing else: no script, no font, no address; light and dark, paper and telephone.

A banner with the verdict, tables of subjects by laws, a card per problem with its pictures, then every subject. A
page must open: what is beyond the caps is counted, and named by the ``json`` format and by ``gradcheck plot``.
"""

from __future__ import annotations

from collections.abc import Sequence

from .. import __version__
from ..report import Readable, RunReport, Verdict
from ._escape import for_html
from ._html_card import card, figure
from ._html_matrix import matrix
from ._html_subject import subject_section
from ._matrix import GRADIENTS
from ._palette import page_style
from ._pictures import Picture, side_by_side
from ._run_view import Problem, accounting, as_run, problems
from ._words import count, seconds

TITLES = {
    Verdict.PASS: "Every gradient and every law holds",
    Verdict.INCONCLUSIVE: "Not everything could be decided",
    Verdict.FAIL: "Something is wrong",
}
CARDS, SUBJECTS = 200, 300
"""Problems and subjects that get a card of their own."""
PAGE, NOTEBOOK = 1_500_000, 60_000
"""Bytes that the pictures of a page, and of a cell of a notebook, may take."""
_FEW = 5


class _Room:
    """Draws pictures until there is no room for more, and counts those left out."""

    def __init__(self, size: int) -> None:
        self.left, self.missing = size, 0

    def draw(self, picture: Picture) -> str:
        """Return the picture, or nothing."""
        drawn = figure(picture)
        if len(drawn) > self.left:
            self.missing += 1
            return ""
        self.left -= len(drawn)
        return drawn


def render(report: Readable) -> str:
    """Return `report` as one HTML page."""
    run = as_run(report)
    body = _page(run)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>gradcheck: {run.verdict}</title>\n<style>\n{page_style()}\n</style></head>\n"
        f'<body style="margin: 0"><div class="gradcheck page">\n{body}\n</div></body></html>\n'
    )


def notebook_card(report: Readable) -> str:
    """Return `report` as a part of a page, for a notebook: the banner, the worst problems, the pictures; 100 kB."""
    run = as_run(report)
    room, found = _Room(NOTEBOOK), problems(run)
    cards = [card(problem, room.draw, level=4) for problem in found[:_FEW]]
    subjects = [subject_section(suite, room.draw, level=4) for suite in run.suites[:_FEW] if suite.kind]
    left = [_left(len(found) - _FEW, "more problem"), _left(len(run.suites) - _FEW, "more subject")]
    body = "\n".join([_banner(run, level=3), *cards, *subjects, *left, _missing(room)])
    return f'<style>{page_style()}</style><div class="gradcheck">{body}</div>'


def _page(run: RunReport) -> str:
    room, found = _Room(PAGE), problems(run)
    anchors = _anchors(run, found)
    cards = [card(p, room.draw, anchor=f"finding-{k}") for k, p in enumerate(found[:CARDS])]
    subjects = [subject_section(suite, room.draw) for suite in run.suites[:SUBJECTS]]
    sections = [
        _section("matrix", "Subjects by laws", matrix(run, anchors)) if run.suites else "",
        _section("findings", "Findings", "\n".join([*cards, _left(len(found) - CARDS, "more problem")])),
        _section("subjects", "Subjects", "\n".join([*subjects, _left(len(run.suites) - SUBJECTS, "more subject")])),
    ]
    compared = side_by_side(run)
    beside = _section("initializations", "Initializations", room.draw(compared)) if compared is not None else ""
    shown = [sections[0], sections[1] if found else "", beside, sections[2] if run.suites else ""]
    return "\n".join([_banner(run), "<main>", *shown, _missing(room), "</main>", _footer()])


def _anchors(run: RunReport, found: Sequence[Problem]) -> dict[tuple[str, int], str]:
    """Return which card tells about a cell of the tables."""
    numbers = {id(suite): k for k, suite in enumerate(run.suites)}
    anchors: dict[tuple[str, int], str] = {}
    for k, problem in enumerate(found[:CARDS]):
        columns = [GRADIENTS if problem.law is None else problem.law.code, *(law.code for law in problem.again)]
        for column in columns:
            anchors.setdefault((column, numbers[id(problem.suite)]), f"finding-{k}")
    return anchors


def _section(name: str, title: str, body: str) -> str:
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{title}</h2>\n{body}\n</section>'


def _banner(run: RunReport, *, level: int = 1) -> str:
    seeds = sorted({suite.seed for suite in run.suites if suite.seed is not None})
    seed = [("seed", ", ".join(map(str, seeds)))] if seeds else []
    facts = [*run.header, ("time", seconds(run.seconds)), *seed]
    shown = "".join(f"<div><dt>{for_html(name)}</dt><dd>{for_html(value)}</dd></div>" for name, value in facts)
    cut_short = "" if run.complete else "<p><strong>The run was interrupted; this is not complete.</strong></p>"
    return (
        f'<header class="{run.verdict}"><h{level}>{TITLES[run.verdict]}</h{level}>'
        f"<p>{count(len(run.suites), 'subject')}: {accounting(run)}</p>{cut_short}<dl>{shown}</dl></header>"
    )


def _left(amount: int, noun: str) -> str:
    return f'<p class="quiet">and {count(amount, noun)}, which the json format has</p>' if amount > 0 else ""


def _missing(room: _Room) -> str:
    if not room.missing:
        return ""
    return (
        f'<p class="quiet">{count(room.missing, "picture")} left out, so that the page stays small; '
        "<code>gradcheck plot</code> makes each of them from the json report</p>"
    )


def _footer() -> str:
    return f'<footer class="quiet"><p>gradcheck {for_html(__version__)}; this file needs no other</p></footer>'
