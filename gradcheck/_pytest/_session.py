"""The end of a session: one report of every check, in files, in the log, and where GitHub looks for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from .. import __version__
from .._errors import GradcheckError, InvalidArgument
from ..engine._github import append_summary, workflow_commands
from ..engine.config import Configuration
from ..renderers._escape import visible
from ..renderers._files import destination, write_report
from ..renderers._revive import revive
from ..renderers._run_view import Problem, accounting, as_run, problems
from ..renderers._words import LABELS
from ..report import RunReport, SuiteReport

Seen = Iterable[tuple[str, str]]
"""Node ids, each with a report as JSON."""


def destinations(configuration: Configuration) -> list[tuple[str, Path]]:
    """Return format and file of every report that is to be written.

    Raises
    ------
    pytest.UsageError
        One has not that form.
    """
    try:
        return [destination(text) for text in configuration["reports"]]
    except InvalidArgument as error:
        raise pytest.UsageError(f"{configuration.origin('reports')}: {error}") from None


def finish(session: pytest.Session, configuration: Configuration, seen: Seen) -> list[str]:
    """Write what was asked for, and the job summary where GitHub wants one; return what has to be said.

    A report that cannot be written, or too few checks, make the session red.
    """
    run = collected(seen)
    wrong = _written(run, configuration) + _too_few(session.config, configuration, run)
    if wrong and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    append_summary(run)
    reason = session.config.getoption("gradcheck_update_expected")
    return wrong + (_updated(configuration, seen, reason) if reason is not None else [])


def _written(run: RunReport, configuration: Configuration) -> list[str]:
    unwritten = []
    for format_name, path in destinations(configuration):
        try:
            write_report(run, format_name, path)
        except GradcheckError as error:
            unwritten.append(str(error))
    return unwritten


def _too_few(config: pytest.Config, configuration: Configuration, run: RunReport) -> list[str]:
    """Say that fewer checks ran than were asked for, where the session was about everything."""
    least, origin = configuration["min-checks"], configuration.origin("min-checks")
    ran = sum(suite.ran for suite in run.suites)
    if ran >= least or (_is_a_part(config) and not origin.startswith("--")):
        return []
    return [f"{ran} checks ran in all, but min-checks = {least} ({origin}) asks for more"]


def _is_a_part(config: pytest.Config) -> bool:
    chosen = (config.getoption(name, None) for name in ("keyword", "markexpr", "lf", "gradcheck_replay"))
    return config.args_source is config.ArgsSource.ARGS or any(chosen)


def _updated(configuration: Configuration, seen: Seen, reason: str) -> list[str]:
    """Write what failed among the expected failures of the file, and remove what is stale; say so."""
    from ..engine.config import update_expected

    ours = [(node, text) for node, text in seen if node.split("::")[0].endswith("pyproject.toml")]
    try:
        return [update_expected(configuration, collected(ours), reason)]
    except GradcheckError as error:
        return [str(error)]


def collected(seen: Seen) -> RunReport:
    """Return the checks of all tests as one run; the laws of one subject in one file come together again."""
    suites: dict[tuple[str, ...], SuiteReport] = {}
    for number, (node, text) in enumerate(sorted(seen)):
        for suite in as_run(revive(text)).suites:
            together = suite.check is None and len(suite.results) == 1
            key = (node.split("::")[0], suite.subject, suite.kind) if together else (str(number),)
            suites[key] = _merged(suites[key], suite) if key in suites else suite
    cost = sum(suite.cost.seconds for suite in suites.values())
    return RunReport(tuple(suites.values()), (("gradcheck", __version__), ("pytest", pytest.__version__)), cost)


def _merged(first: SuiteReport, second: SuiteReport) -> SuiteReport:
    cost = replace(first.cost, seconds=first.cost.seconds + second.cost.seconds)
    pictures = first.pictures or second.pictures
    return replace(first, results=(*first.results, *second.results), cost=cost, pictures=pictures)


def summary_lines(seen: Seen, configuration: Configuration) -> list[str]:
    """Return one line per finding, the accounting, and the annotations that GitHub reads from the log."""
    found = [(problem, node) for node, text in sorted(seen) for problem in _problems(text)]
    run = collected(seen)
    lines = [*(_line(problem, node) for problem, node in found), accounting(run)]
    commands = workflow_commands(run, configuration)
    return [*lines, *(commands.split("\n") if commands else [])]


def _problems(text: str) -> list[Problem]:
    return problems(RunReport(tuple(as_run(revive(text)).suites)))


def _line(problem: Problem, node: str) -> str:
    finding, subject = problem.finding, problem.suite.subject
    path = f"{subject}.{finding.path}" if finding.path else subject
    severity = LABELS[finding.severity]
    return f"{severity} {visible(finding.code)} {visible(path)}: {visible(finding.title)} ({visible(node)})"
