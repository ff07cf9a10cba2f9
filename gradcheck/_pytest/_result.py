"""From a test's outcome to pytest's report: the failure as a person reads it, and every check as data."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import GradcheckError, GradientError
from ..report import LawResult, Status
from ..subjects._frames import ours
from . import running

if TYPE_CHECKING:
    import pytest
    from _pytest._code import Traceback

    from ..report import Readable, SuiteReport

_RUNNERS = ("_pytest", "pluggy")
"""Packages whose frames lead to a test, and are no part of it."""


def attach(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Put the reports of the checks of this phase on `report`; they travel between processes as JSON."""
    from ..renderers import render

    reports: list[Readable] = item.__dict__.pop(running.ATTRIBUTE, [])
    error = call.excinfo.value if call.excinfo is not None else None
    if isinstance(error, GradientError):
        reports += [error.report] if all(error.report is not known for known in reports) else []
    if isinstance(error, GradcheckError):
        _show(item, call, report)
    if not reports:
        return
    why = _forgiven(report)
    reports = [_placed(found, item) if why is None else _expected(_placed(found, item), why) for found in reports]
    report.gradcheck = [render(found, "json") for found in reports]  # type: ignore[attr-defined]
    codes = sorted({finding.code for found in reports if not found.ok for finding in found.findings})
    if codes and _takes_properties(item.config):
        item.user_properties.append(("gradcheck", " ".join(codes)))


def refuse_uncalled(item: pytest.Item, report: pytest.TestReport) -> None:
    """Let a test fail that was handed a law by `parametrize` and never called it."""
    from ._selection import bound_check

    check = bound_check(item)
    if check is not None:
        report.outcome = "failed"
        report.longrepr = f"{check!r} was never called, so nothing was checked: write check() in the test"


def _placed(found: Readable, item: pytest.Item) -> SuiteReport:
    """Return a report that says where it belongs: what no source is known of, at the test."""
    from ..renderers._run_view import as_run

    (suite,) = as_run(found).suites
    if suite.location is None:
        suite = replace(suite, location=(str(item.path), (item.location[1] or 0) + 1))
    return replace(suite, reproduce=suite.reproduce or running.command(suite.seed))


def _show(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Keep the user's lines of the traceback: the reader has to find the test, not us."""
    excinfo = call.excinfo
    assert excinfo is not None
    theirs = _theirs(item, excinfo)
    style = item.config.getoption("tbstyle", "auto")
    native = item.config.getoption("fulltrace", default=False) or style == "native"
    if not theirs or report.outcome != "failed" or native:
        return
    shown = excinfo.getrepr(style="long" if style == "long" else "short", tbfilter=lambda _: theirs)
    if style == "line" and shown.reprcrash is not None:
        shown.reprcrash.message = shown.reprcrash.message.split("\n")[0]
        shown.reprtraceback.reprentries = []
    report.longrepr = shown


def _theirs(item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]) -> Traceback:
    """Return the frames from the test on, without those that lead to it, hide themselves, or are ours."""
    of_test = excinfo.traceback.cut(path=item.path).filter(excinfo)
    return of_test.filter(lambda entry: not ours(str(entry.path)) and not _leads(str(entry.path)))


@cache
def _leads(file: str) -> bool:
    return any(Path(file).is_relative_to(folder) for folder in _runners())


@cache
def _runners() -> tuple[str, ...]:
    specs = [find_spec(name) for name in _RUNNERS]
    return tuple(folder for spec in specs if spec is not None for folder in spec.submodule_search_locations or ())


def _forgiven(report: pytest.TestReport) -> str | None:
    """Return why a failure of a check is none of the session: pytest expected it, or the test asked for it."""
    if hasattr(report, "wasxfail"):
        return report.wasxfail.removeprefix("reason: ") or "the test is marked xfail"
    return "the test caught it, and passed" if report.passed else None


def _expected(suite: SuiteReport, why: str) -> SuiteReport:
    """Return a report in which what failed is an expected failure: the session is no redder than its tests."""
    laws = [
        replace(law, status=Status.EXPECTED_FAILURE, reason=why) if law.status is Status.FAILED else law
        for law in suite.results
    ]
    if (check := suite.check) is None or check.ok:
        return replace(suite, results=tuple(laws))
    law = LawResult("GC101", "the gradients are right", Status.EXPECTED_FAILURE, check.findings, 1, reason=why)
    return replace(suite, results=(law, *laws), check=None)


def _takes_properties(config: pytest.Config) -> bool:
    """Say whether properties of a test are harmless: the stricter JUnit schema does not allow them."""
    if not config.getoption("xmlpath", None):
        return True
    family: Any = config.getini("junit_family")
    return family in ("xunit1", "legacy")
