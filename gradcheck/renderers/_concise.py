"""``concise``: one line per problem, ``file:line: code path title``, then the accounting."""

from __future__ import annotations

from ..report import Readable
from ._escape import visible
from ._run_view import Problem, accounting, as_run, problems
from ._words import LABELS, place


def render(report: Readable) -> str:
    """Return one line per problem, and the accounting."""
    run = as_run(report)
    return "\n".join([*map(_line, problems(run)), accounting(run)])


def _line(problem: Problem) -> str:
    finding, subject = problem.finding, visible(problem.suite.subject)
    where = place(problem.location) if problem.location is not None else subject
    path = f"{subject}.{visible(finding.path)}" if finding.path else subject
    return f"{where}: {LABELS[finding.severity]} {visible(finding.code)} {path}: {visible(finding.title)}"
