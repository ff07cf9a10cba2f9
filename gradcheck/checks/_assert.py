"""`assert_gradients`: a report that is ok, or an error that carries it."""

from __future__ import annotations

from typing import Any

from .._errors import GradientError
from ..report import Report
from ._check import check


def assert_gradients(subject: Any, *inputs: Any, **options: Any) -> Report:
    """Return `check`'s report, or raise it.

    Takes what `check` takes.

    Raises
    ------
    GradientError
        The verdict is not a pass; the error carries ``.report``. It is an `AssertionError`.

    Examples
    --------
    >>> import numpy as np
    >>> gradcheck.assert_gradients(np.sin, np.ones(3), derivative=np.cos).ok
    True

    """
    __tracebackhide__ = True
    report = check(subject, *inputs, **options)
    if not report.ok:
        raise GradientError(report)
    return report
