"""``html``: one file that needs nothing else: no script, no font, no address; light and dark.

A banner with the verdict, a table of subjects against laws, and a card per problem: the text report, and the
error against the step as a picture.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from ..report import LawResult, Readable, RunReport, Status, SuiteReport, Verdict
from ._escape import for_html
from ._finding_text import long_form
from ._full import context
from ._run_view import Problem, accounting, as_run, check_status, problems
from ._svg import error_against_step
from ._words import count, headline, seconds

_TITLES = {
    Verdict.PASS: "Every gradient and every law holds",
    Verdict.INCONCLUSIVE: "Not everything could be decided",
    Verdict.FAIL: "Something is wrong",
}
_CELLS = {
    Status.PASSED: ("passed", "✓"),
    Status.FAILED: ("failed", "✗"),
    Status.UNEXPECTED_PASS: ("failed", "✓!"),
    Status.INCONCLUSIVE: ("warned", "?"),
    Status.VACUOUS: ("warned", "∅"),
    Status.EXPECTED_FAILURE: ("quiet", "xf"),
    Status.NOT_APPLICABLE: ("quiet", "–"),
}
_CARDS = 200
"""Problems that get a card of their own; a page must open."""


def render(report: Readable) -> str:
    """Return `report` as one HTML page."""
    run = as_run(report)
    found = problems(run)
    cards = [_card(problem) for problem in found[:_CARDS]]
    left = [f"<p>and {count(len(found) - _CARDS, 'more problem')}</p>"] if len(found) > _CARDS else []
    body = "\n".join([_banner(run), _matrix(run), *cards, *left])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>gradcheck: {run.verdict}</title>\n<style>\n{_style()}</style></head>\n"
        f'<body style="margin: 0"><div class="gradcheck">\n{body}\n</div></body></html>\n'
    )


@cache
def _style() -> str:
    return files(__package__).joinpath("report.css").read_text(encoding="utf-8")


def _banner(run: RunReport) -> str:
    seeds = sorted({suite.seed for suite in run.suites if suite.seed is not None})
    seed = [("seed", ", ".join(map(str, seeds)))] if seeds else []
    facts = [*run.header, ("time", seconds(run.seconds)), *seed]
    shown = "".join(f"<div><dt>{for_html(name)}</dt><dd>{for_html(value)}</dd></div>" for name, value in facts)
    cut_short = "" if run.complete else "<p>The run was interrupted; this is not complete.</p>"
    return (
        f'<header class="{run.verdict}"><h1>{_TITLES[run.verdict]}</h1>'
        f"<p>{count(len(run.suites), 'subject')}: {accounting(run)}</p>{cut_short}<dl>{shown}</dl></header>"
    )


def _matrix(run: RunReport) -> str:
    """Return the table of subjects against laws, for the laws that somebody has to obey."""
    codes = sorted({law.code for suite in run.suites for law in suite.results})
    checked = any(suite.check is not None for suite in run.suites)
    heads = ["<th>subject</th>", *(["<th>gradients</th>"] if checked else []), *map(_head, codes)]
    rows = "\n".join(_row(suite, codes, checked=checked) for suite in run.suites)
    head = f"<thead><tr>{''.join(heads)}</tr></thead>"
    return f'<div class="matrix"><table>{head}\n<tbody>{rows}</tbody></table></div>'


def _head(code: str) -> str:
    return f"<th>{for_html(code)}</th>"


def _row(suite: SuiteReport, codes: list[str], *, checked: bool) -> str:
    laws = {law.code: law for law in suite.results}
    cells = [_cell(check_status(suite), "the gradients at its own inputs")] if checked else []
    cells += [_law_cell(laws.get(code)) for code in codes]
    return f"<tr><th>{for_html(suite.subject)}</th>{''.join(cells)}</tr>"


def _law_cell(law: LawResult | None) -> str:
    if law is None:
        return _cell(None, "")
    return _cell(law.status, f"{law.title}{': ' + law.reason if law.reason else ''}")


def _cell(status: Status | None, said: str) -> str:
    if status is None:
        return "<td></td>"
    tone, mark = _CELLS[status]
    return f'<td class="{tone}" title="{for_html(f"{status}: {said}")}">{mark}</td>'


def _card(problem: Problem) -> str:
    finding = problem.finding
    evidence = [*long_form(problem)[1:], *context(problem.suite, problem)]
    picture = error_against_step(finding.steps)
    caption = "error against step; dashed: what truncation and rounding explain"
    figure = f"<figure>{picture}<figcaption>{caption}</figcaption></figure>" if picture else ""
    text = for_lines(evidence)
    return (
        f'<article class="{finding.severity}"><h2>{for_html(headline(problem.suite.subject, finding))}</h2>'
        f'<div class="sides"><pre>{text}</pre>{figure}</div></article>'
    )


def for_lines(lines: list[str]) -> str:
    """Return `lines` for a preformatted block."""
    return "\n".join(for_html(line) for line in lines)
