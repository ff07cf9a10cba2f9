"""The three things a check can say, and the statuses of a law inside a suite."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What a check says about a gradient."""

    PASS = "pass"
    """Every analytic value lies within a certified bound of the truth; the report states the bound."""
    INCONCLUSIVE = "inconclusive"
    """The differences could not decide; a finding says what limits them and what to do."""
    FAIL = "fail"
    """The disagreement exceeds several times everything that could excuse it."""

    @classmethod
    def worst(cls, verdicts: Iterable[Verdict]) -> Verdict:
        """Return the gravest of `verdicts`; `PASS` where there are none."""
        return max(verdicts, key=list(cls).index, default=cls.PASS)


class Status(StrEnum):
    """How one law of a suite ended."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    EXPECTED_FAILURE = "expected failure"
    UNEXPECTED_PASS = "unexpected pass"
    NOT_APPLICABLE = "not applicable"
    VACUOUS = "vacuous"
    """The law held, but nothing that was drawn could have violated it."""
