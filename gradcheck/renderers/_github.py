"""``github``: workflow commands that GitHub shows beside the code.

GitHub keeps ten annotations of a step and drops the others without a word, so the tenth says how many
there are.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..report import Readable, Verdict
from ._escape import github_data, github_property
from ._run_view import Problem, as_run, problems
from ._words import count, relative

MOST = 10
"""Annotations that GitHub shows for one step."""
_COMMANDS = {Verdict.FAIL: "error", Verdict.INCONCLUSIVE: "warning", Verdict.PASS: "notice"}


def render(report: Readable) -> str:
    """Return one workflow command per problem, gravest first, ten at most."""
    found = problems(as_run(report))
    shown = found if len(found) <= MOST else found[: MOST - 1]
    lines = [_command(problem) for problem in shown]
    if len(found) > len(shown):
        more = count(len(found) - len(shown), "more finding")
        lines.append(f"::error title=gradcheck::{more}; the log and the job summary have all of them")
    return "\n".join(lines)


def _command(problem: Problem) -> str:
    finding, subject = problem.finding, problem.suite.subject
    properties = [*_place(problem), f"title={github_property(f'gradcheck {finding.code} {subject}')}"]
    return f"::{_COMMANDS[finding.severity]} {','.join(properties)}::{github_data(_message(problem))}"


def _place(problem: Problem) -> list[str]:
    if problem.location is None:
        return []
    file, line = problem.location
    root = os.environ.get("GITHUB_WORKSPACE")
    return [f"file={github_property(relative(file, Path(root) if root else None))}", f"line={line}"]


def _message(problem: Problem) -> str:
    finding = problem.finding
    law = problem.shown_by
    lines = [
        finding.title,
        f"cause: {finding.cause}" if finding.cause else "",
        f"help: {finding.hint}" if finding.hint else "",
        f"smallest failing input: {law.counterexample}" if law is not None and law.counterexample else "",
        f"reproduce: {problem.suite.reproduce}" if problem.suite.reproduce else "",
    ]
    return "\n".join(line for line in lines if line)
