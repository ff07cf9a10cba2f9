"""The fixture: `assert_gradients` under the settings of the session and of the test's markers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import running

if TYPE_CHECKING:
    from ..report import Report


class Checker:
    """What a test gets as ``gradcheck``; it keeps nothing, so one serves every test and every example."""

    def __call__(self, thing: Any, *inputs: Any, **options: Any) -> Report:
        """Check `thing` at `inputs`, and return the report.

        Raises
        ------
        GradientError
            A gradient is wrong, or could not be decided.

        """
        from .. import GradientError, check

        settings = {name: value for name, value in running.options().items() if name != "max_examples"}
        report: Report = check(thing, *inputs, **{**settings, **options})
        running.record(report)
        if not report.ok:
            raise GradientError(report)
        return report
