"""The pytest plugin. Every pytest run of every user imports this file, so it imports nothing but pytest.

What a hook needs is imported inside it, the first time that a test really uses gradcheck.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ._pytest._checker import Checker

PROFILES = {"dev": 25, "ci": 100, "nightly": 2000}
"""Profile -> generated examples per law."""

_SEEN: pytest.StashKey[list[tuple[str, str]]] = pytest.StashKey()
"""On the configuration: node id and report, as JSON, of every check that reached this process."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("gradcheck", "gradient checking")
    group.addoption("--gradcheck-seed", type=int, metavar="N", help="seed of every check (default: 0)")
    group.addoption("--gradcheck-max-examples", type=int, metavar="N", help="generated examples per law")
    group.addoption(
        "--gradcheck-profile",
        choices=sorted(PROFILES),
        help=f"how thorough: examples per law are {', '.join(f'{k} {v}' for k, v in PROFILES.items())}",
    )
    group.addoption(
        "--gradcheck-report",
        action="append",
        default=[],
        metavar="FORMAT=PATH",
        help="write a report of every check: html, junit, json, markdown, sarif, github, full or concise; repeatable",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse reports that could not be written at the end."""
    config.addinivalue_line(
        "markers", "gradcheck(**options): options of gradcheck.check for this test; max_examples= and seed= too"
    )
    config.stash[_SEEN] = []
    for name, least in (("seed", 0), ("max_examples", 1)):
        given = config.getoption(f"gradcheck_{name}")
        if given is not None and given < least:
            raise pytest.UsageError(f"--gradcheck-{name.replace('_', '-')}={given} must be at least {least}")
    if config.getoption("gradcheck_report"):
        from ._pytest._session import destinations

        destinations(config)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which settings are in force, where any was given."""
    names = ("seed", "max_examples", "profile", "report")
    given = {name: config.getoption(f"gradcheck_{name}") for name in names}
    shown = " ".join(f"{name}={value}" for name, value in given.items() if value not in (None, []))
    return f"gradcheck: {shown}" if shown else None


@pytest.fixture(scope="session")
def gradcheck() -> Checker:
    """Check gradients under the session's settings: ``gradcheck(layer, x)`` raises unless they are right."""
    from ._pytest._checker import Checker

    return Checker()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Remember which test is running: the fixture and the laws ask for its options."""
    from ._pytest import running

    before, running.item = running.item, item
    try:
        return (yield)
    finally:
        running.item = before


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the report of a `GradientError` in place of our frames, and send all reports along as JSON."""
    report = yield
    if _used(item, call):
        from ._pytest._result import attach

        attach(item, call, report)
    return report


def _used(item: pytest.Item, call: pytest.CallInfo[None]) -> bool:
    """Say whether the test made a check that is known here, without importing anything to find out."""
    errors = sys.modules.get("gradcheck._errors")
    raised = errors is not None and call.excinfo is not None and call.excinfo.errisinstance(errors.GradientError)
    return raised or hasattr(item, "_gradcheck_reports")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Listen to reports in the process that sees all of them: the only one, or the controller."""
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(_Listener(session.config), "gradcheck-listener")


class _Listener:
    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.unwritten: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        found = getattr(report, "gradcheck", None) or []
        self.config.stash[_SEEN] += [(report.nodeid, text) for text in found]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        seen = self.config.stash[_SEEN]
        if seen or self.config.getoption("gradcheck_report"):
            from ._pytest._session import write_reports

            self.unwritten = write_reports(self.config, seen)
            if self.unwritten and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for sentence in self.unwritten:
            terminalreporter.write_line(f"gradcheck: {sentence}", red=True)
        seen = self.config.stash[_SEEN]
        if seen:
            from ._pytest._session import summary_lines

            terminalreporter.section("gradcheck")
            for line in summary_lines(seen, os.environ):
                terminalreporter.write_line(line)
