"""The pytest plugin. Every pytest run of every user imports this file, so it imports nothing but pytest.

What a hook needs is imported inside it, the first time that a test, an option or the configuration asks for it.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ._pytest._checker import Checker
    from .engine.config import Configuration

VALUES = {
    "profile": ("NAME", "how thorough: dev, ci, nightly, or a profile of [tool.gradcheck]"),
    "seed": ("N", "seed of every check (default: 0)"),
    "max-examples": ("N", "generated examples per law"),
    "max-evals": ("N", "forward calls of one gradient check"),
    "min-checks": ("N", "fail the session where fewer checks run in all"),
    "cases": ("FOLDER", "where failing examples are kept; off is nowhere"),
    "annotate": ("WHEN", "GitHub annotations: auto (on GitHub), always or never"),
}
"""Options of one value; each is called like a key of [tool.gradcheck], or stands for one."""
LISTS = {
    "select": ("CODES", "only these codes or families of laws: GC101,GC5; repeatable"),
    "ignore": ("CODES", "not these codes or families; repeatable"),
    "fail-on": ("VERDICT", "inconclusive or vacuous: fail for these as well; repeatable"),
    "report": (
        "FORMAT=PATH",
        "write a report of every check: html, junit, json, markdown, sarif, github, full or concise; repeatable",
    ),
}
"""Options that may be given several times."""
_WHOLE = {"seed", "max-examples", "max-evals", "min-checks"}

_SEEN: pytest.StashKey[list[tuple[str, str]]] = pytest.StashKey()
"""On the configuration: node id and report, as JSON, of every check that reached this process."""
_CONFIGURATION: pytest.StashKey[Configuration] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("gradcheck", "gradient checking")
    group.addoption(
        "--gradcheck", action="store_true", help="check the subjects of [tool.gradcheck], whatever is run"
    )
    group.addoption("--gradcheck-only", action="store_true", help="run nothing but what checks with gradcheck")
    group.addoption("--gradcheck-skip", action="store_true", help="run nothing that checks with gradcheck")
    for name, (metavar, says) in VALUES.items():
        group.addoption(f"--gradcheck-{name}", type=int if name in _WHOLE else None, metavar=metavar, help=says)
    for name, (metavar, says) in LISTS.items():
        group.addoption(f"--gradcheck-{name}", action="append", default=[], metavar=metavar, help=says)
    group.addoption("--gradcheck-replay", action="store_true", help="try the stored cases, and nothing else")
    group.addoption(
        "--gradcheck-update-expected",
        metavar="REASON",
        help="write what fails now among the expected failures of [tool.gradcheck], for this reason, and remove "
        "those that are stale",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse at the start what could not be done at the end."""
    config.addinivalue_line(
        "markers", "gradcheck(**options): options of gradcheck.check for this test; max_examples= and seed= too"
    )
    config.stash[_SEEN] = []
    if _given(config) or _mentioned(config.rootpath):
        from ._pytest._collection import prepare

        prepare(config, configuration(config))


def _given(config: pytest.Config) -> bool:
    """Say whether an option speaks of us."""
    names = [name for name in vars(config.option) if name.split("_")[0] == "gradcheck"]
    values = (config.getoption(name) for name in names)
    return any(value is not None and value is not False and value != [] for value in values)  # 0 is a value


def _mentioned(folder: Path) -> bool:
    """Say whether a ``pyproject.toml`` around speaks of us; without a parser, for every run does this."""
    for file in (above / "pyproject.toml" for above in (folder, *folder.parents)):
        try:
            if b"gradcheck" in file.read_bytes():
                return True
        except OSError:
            continue
    return False


def configuration(config: pytest.Config) -> Configuration:
    """Return every setting in force.

    Raises
    ------
    pytest.UsageError
        One cannot be meant.

    """
    if _CONFIGURATION not in config.stash:
        from ._pytest._collection import configured_for

        config.stash[_CONFIGURATION] = configured_for(config)
    return config.stash[_CONFIGURATION]


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which settings are in force, where the project or an option speaks of us."""
    if _CONFIGURATION not in config.stash:
        return None
    found = configuration(config)
    if found.file.path is None and not _given(config):
        return None
    from ._pytest._collection import header

    return header(found)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the subjects that ``pyproject.toml`` declares."""
    if file_path.name != "pyproject.toml" or _CONFIGURATION not in parent.config.stash:
        return None
    from ._pytest._collection import subjects_file

    return subjects_file(file_path, parent, configuration(parent.config))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the options do not select."""
    if _CONFIGURATION in config.stash:
        from ._pytest._selection import deselected

        out = deselected(config, items, configuration(config))
        if out:
            items[:] = [item for item in items if item not in out]
            config.hook.pytest_deselected(items=sorted(out, key=lambda item: item.nodeid))


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
    """Show the report of a `GradientError` in place of our frames, and send all reports along as JSON.

    A test of `parametrize` that passes without a check fails: nothing was checked.
    """
    report = yield
    if _used(item, call):
        from ._pytest._result import attach

        attach(item, call, report)
    elif report.when == "call" and report.passed and "gradcheck._pytest._parametrize" in sys.modules:
        from ._pytest._result import refuse_uncalled

        refuse_uncalled(item, report)
    return report


def _used(item: pytest.Item, call: pytest.CallInfo[None]) -> bool:
    """Say whether the test made a check, or one was refused, without importing anything to find out."""
    errors = sys.modules.get("gradcheck._errors")
    raised = errors is not None and call.excinfo is not None and call.excinfo.errisinstance(errors.GradcheckError)
    return raised or hasattr(item, "_gradcheck_reports")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Listen to reports in the process that sees all of them: the only one, or the controller."""
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(_Listener(session.config), "gradcheck-listener")


class _Listener:
    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.said: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        found = getattr(report, "gradcheck", None) or []
        self.config.stash[_SEEN] += [(report.nodeid, text) for text in found]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        seen = self.config.stash[_SEEN]
        if (seen or _given(self.config)) and not session.config.getoption("collectonly"):
            from ._pytest._session import finish

            self.said = finish(session, configuration(self.config), seen)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for sentence in self.said:
            terminalreporter.write_line(f"gradcheck: {sentence}", red=True)
        seen = self.config.stash[_SEEN]
        if seen:
            from ._pytest._session import summary_lines

            terminalreporter.section("gradcheck")
            for line in summary_lines(seen, configuration(self.config)):
                terminalreporter.write_line(line)
