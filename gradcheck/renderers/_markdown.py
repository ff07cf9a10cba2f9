"""``markdown``: a table of subjects, and one foldable text report per subject with problems, worst first.

For job summaries and comments. A summary above 1 MiB is refused as a whole, so the text stops below 900 kB.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..report import Readable, Status, SuiteReport, Verdict
from . import _full
from ._escape import for_html, for_markdown, markdown_block
from ._run_view import accounting, as_run, check_status, suite_problems
from ._words import count, seconds

BYTES, ROWS = 900_000, 1000
"""The longest text, and the most subjects in its table."""
_RESERVE = 100
_MARKS = {Verdict.PASS: "✅", Verdict.INCONCLUSIVE: "⚠️", Verdict.FAIL: "❌"}
_TITLES = {
    Verdict.PASS: "all gradients and laws hold",
    Verdict.INCONCLUSIVE: "not everything could be decided",
    Verdict.FAIL: "something is wrong",
}


def render(report: Readable) -> str:
    """Return `report` as Markdown."""
    return within(report, BYTES)


def within(report: Readable, room: int) -> str:
    """Return `report` as Markdown of at most `room` bytes: what does not fit is counted."""
    run = as_run(report)
    order = [Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS]
    suites = sorted(run.suites, key=lambda suite: order.index(suite.verdict))
    cut_short = [] if run.complete else ["The run was interrupted; this is not complete.", ""]
    title = f"## gradcheck: {_MARKS[run.verdict]} {_TITLES[run.verdict]}"
    head = "\n".join([title, "", *cut_short, accounting(run), "", *_table(suites)])
    return _within(head, [_details(suite) for suite in suites if list(suite_problems(suite))], room)


def _table(suites: Sequence[SuiteReport]) -> list[str]:
    header = ["| | subject | kind | ran | failed | time |", "|---|---|---|--:|--:|--:|"]
    left = len(suites) - ROWS
    more = [f"\nand {count(left, 'more subject')}"] if left > 0 else []
    return [*header, *(_row(suite) for suite in suites[:ROWS]), *more]


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


def _within(head: str, blocks: list[str], most: int) -> str:
    parts, room = [head], most - len(head.encode()) - _RESERVE
    for told, block in enumerate(blocks):
        room -= len(block.encode()) + 2
        if room < 0:
            parts.append(f"{count(len(blocks) - told, 'more subject')} with problems left out for length")
            break
        parts.append(block)
    return "\n\n".join(parts).encode()[:most].decode(errors="ignore")
