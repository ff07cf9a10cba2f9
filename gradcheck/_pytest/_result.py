"""From a test's outcome to pytest's report: the failure as a person reads it, and every check as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import GradientError
from ..engine._frames import ours
from . import running

if TYPE_CHECKING:
    import pytest

    from ..report import Readable


def attach(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Put the reports of the checks of this phase on `report`; they travel between processes as JSON."""
    from ..renderers import render

    reports: list[Readable] = item.__dict__.pop(running.ATTRIBUTE, [])
    error = call.excinfo.value if call.excinfo is not None else None
    if isinstance(error, GradientError):
        reports += [error.report] if all(error.report is not known for known in reports) else []
        _show(item, call, report)
    if not reports:
        return
    report.gradcheck = [render(found, "json") for found in reports]  # type: ignore[attr-defined]
    codes = sorted({finding.code for found in reports if not found.ok for finding in found.findings})
    if codes and _takes_properties(item.config):
        item.user_properties.append(("gradcheck", " ".join(codes)))


def _show(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Keep the user's lines of the traceback: the reader has to find the test, not us."""
    excinfo = call.excinfo
    assert excinfo is not None
    theirs = excinfo.traceback.filter(lambda entry: not ours(str(entry.path)))
    if not theirs or report.outcome != "failed" or item.config.getoption("fulltrace", default=False):
        return
    report.longrepr = excinfo.getrepr(style="short", tbfilter=lambda _: theirs)


def _takes_properties(config: pytest.Config) -> bool:
    """Say whether properties of a test are harmless: the stricter JUnit schema does not allow them."""
    if not config.getoption("xmlpath", None):
        return True
    family: Any = config.getini("junit_family")
    return family in ("xunit1", "legacy")
