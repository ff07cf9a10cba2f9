"""``expected-failures``: subject -> code -> reason."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from ..._errors import InvalidArgument
from ._file import ConfigFile

Expected = Mapping[str, Mapping[str, str]]
KEY = "expected-failures"


def expected_of(file: ConfigFile) -> Expected:
    """Return what the file expects to fail.

    Raises
    ------
    InvalidArgument
        It is no table of tables, or a failure is expected without a reason.
    """
    table = file.table.get(KEY, {})
    if not isinstance(table, dict):
        raise InvalidArgument(f"{file.place(KEY)}: {KEY} must be a table, {_example('SUBJECT')}")
    for subject, codes in table.items():
        if not isinstance(codes, dict):
            raise InvalidArgument(
                f"{file.place(KEY, subject)}: {KEY}.{subject} = {codes!r} must be a table of one subject, "
                f"{_example('SUBJECT')}"
            )
        for code, reason in codes.items():
            _refuse_silence(file, subject, code, reason)
    return table


def _refuse_silence(file: ConfigFile, subject: str, code: str, reason: Any) -> None:
    if not isinstance(reason, str) or not reason.strip():
        raise InvalidArgument(
            f"{file.place(KEY, subject, code)}: {KEY}.{subject}.{code} = {reason!r} gives no reason; "
            "say why it fails, such as the number of an issue"
        )


def _example(subject: str) -> str:
    return f'such as [tool.gradcheck.{KEY}."{subject}"] with GC209 = "refuses a batch of one (#41)"'


def refuse_stale(expected: Expected, subjects: Iterable[str], file: ConfigFile) -> None:
    """Raise `InvalidArgument` where a failure is expected of a subject that there is not."""
    known = sorted(set(subjects))
    for subject in expected:
        if subject not in known:
            near = difflib.get_close_matches(subject, known, 1)
            ask = f"did you mean {near[0]!r}?" if near else f"the subjects are {', '.join(known) or 'none'}"
            raise InvalidArgument(
                f"{file.place(KEY, subject)}: {KEY} names the subject {subject!r}, which is not checked; {ask}"
            )
