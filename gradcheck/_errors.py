"""Everything that gradcheck raises, in one tree.

::

    GradcheckError (Exception)
    ├── InvalidArgument (also ValueError)     an argument is wrong: says its name, its value and the way out
    │   ├── UnknownOption (also TypeError)    a keyword that the function does not have: says the nearest that it has
    │   └── TargetError                       a TARGET of the command line cannot be imported or holds no subject
    ├── MissingExtra (also ImportError)       an optional dependency is needed: says the command that installs it
    └── GradientError (also AssertionError)   `assert_gradients` failed: carries the report
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .report import Readable


class GradcheckError(Exception):
    """Root of every error that gradcheck raises on its own account."""


class InvalidArgument(GradcheckError, ValueError):
    """An argument cannot be used; the message names it, its value and the way out."""


class UnknownOption(InvalidArgument, TypeError):
    """A keyword argument has a name that the function does not have; the message says the nearest that it has."""


class TargetError(InvalidArgument):
    """A target of ``gradcheck run`` cannot be imported, or holds nothing to check."""


class MissingExtra(GradcheckError, ImportError):
    """A feature needs an optional dependency; the message is the command that installs it."""


class GradientError(GradcheckError, AssertionError):
    """A gradient is wrong, or could not be decided.

    Attributes
    ----------
    report
        The report that says so.

    """

    def __init__(self, report: Readable) -> None:
        super().__init__(report)
        self.report = report

    def __str__(self) -> str:
        return str(self.report)
