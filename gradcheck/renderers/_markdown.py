"""``markdown``: a table of subjects, and one foldable text report per subject with problems.

For job summaries and comments. A summary above 1 MiB is refused as a whole, so the text stops below 900 kB.
"""

from __future__ import annotations

from ..report import Readable, RunReport, Status, SuiteReport, Verdict
from . import _full
from ._escape import for_html, for_markdown, markdown_block
from ._run_view import accounting, as_run, check_status, suite_problems
from ._words import count, seconds

BYTES = 900_000
_MARKS = {Verdict.PASS: "✅", Verdict.INCONCLUSIVE: "⚠️", Verdict.FAIL: "❌"}
_TITLES = {
    Verdict.PASS: "all gradients and laws hold",
    Verdict.INCONCLUSIVE: "not everything could be decided",
    Verdict.FAIL: "something is wrong",
}


def render(report: Readable) -> str:
    """Return `report` as Markdown."""
    run = as_run(report)
    head = "\n".join(
        [f"## gradcheck: {_MARKS[run.verdict]} {_TITLES[run.verdict]}", "", accounting(run), "", *_table(run)]
    )
    return _within(head, [_details(suite) for suite in run.suites if list(suite_problems(suite))])


def _table(run: RunReport) -> list[str]:
    header = ["| | subject | kind | ran | failed | time |", "|---|---|---|--:|--:|--:|"]
    return [*header, *(_row(suite) for suite in run.suites)]


def _row(suite: SuiteReport) -> str:
    bad = (Status.FAILED, Status.UNEXPECTED_PASS)
    failed = [result.code for result in suite.results if result.status in bad]
    amount = len(failed) + (check_status(suite) is Status.FAILED)
    cells = [
        _MARKS[suite.verdict],
        for_markdown(suite.subject),
        for_markdown(suite.kind),
        str(suite.ran),
        str(amount),
    ]
    return f"| {' | '.join([*cells, seconds(suite.cost.seconds)])} |"


def _details(suite: SuiteReport) -> str:
    codes = ", ".join(sorted({problem.finding.code for problem in suite_problems(suite)}))
    summary = f"<details><summary>{for_html(suite.subject)}: {for_html(codes)}</summary>"
    return "\n".join([summary, "", markdown_block(_full.render(suite)), "", "</details>"])


def _within(head: str, blocks: list[str]) -> str:
    parts, room = [head], BYTES - len(head.encode())
    for told, block in enumerate(blocks):
        room -= len(block.encode()) + 2
        if room < 0:
            parts.append(f"{count(len(blocks) - told, 'more subject')} with problems left out for length")
            break
        parts.append(block)
    return "\n\n".join(parts)[:BYTES]
