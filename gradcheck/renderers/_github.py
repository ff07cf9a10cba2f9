"""``github``: workflow commands that GitHub shows beside the code.

GitHub keeps ten annotations of each sort from a step and drops the others without a word, so the tenth says how many
there are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..report import Readable, Verdict
from ._escape import github_data, github_property
from ._run_view import Problem, as_run, problems
from ._words import count, relative

MOST = 10
"""Annotations of one sort that GitHub shows for one step."""
LONGEST = 4000
"""Characters of a message that a reader gets to see."""
_COMMANDS = {Verdict.FAIL: "error", Verdict.INCONCLUSIVE: "warning", Verdict.PASS: "notice"}


def render(report: Readable) -> str:
    """Return one workflow command per problem, gravest first, ten of a sort at most."""
    found = problems(as_run(report))
    sorts = [[problem for problem in found if problem.finding.severity is severity] for severity in _COMMANDS]
    return "\n".join(line for sort in sorts for line in _commands(sort))


def _commands(found: Sequence[Problem]) -> Iterator[str]:
    shown = found if len(found) <= MOST else found[: MOST - 1]
    for problem in shown:
        yield _command(problem)
    if len(found) > len(shown):
        more = count(len(found) - len(shown), "more finding")
        kind = _COMMANDS[found[0].finding.severity]
        yield f"::{kind} title=gradcheck::{more}; the log and the job summary have all of them"


def _command(problem: Problem) -> str:
    finding, subject = problem.finding, problem.suite.subject
    properties = [*_place(problem), f"title={github_property(f'gradcheck {finding.code} {subject}')}"]
    return f"::{_COMMANDS[finding.severity]} {','.join(properties)}::{github_data(_message(problem))}"


def _place(problem: Problem) -> list[str]:
    if problem.location is None:
        return []
    file, line = problem.location
    root = os.environ.get("GITHUB_WORKSPACE")
    return [f"file={github_property(relative(file, Path(root) if root else None))}", f"line={max(line, 1)}"]


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
    return "\n".join(line for line in lines if line)[:LONGEST]
