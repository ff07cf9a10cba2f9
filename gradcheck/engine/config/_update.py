"""`update_expected`: rewrite the expected failures of ``pyproject.toml``, and nothing else in it.

Lines are added and removed, so that comments and order stay; what comes out is read again, and written only if it
says exactly what was meant.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..._errors import InvalidArgument
from ._effective import Configuration
from ._expected import KEY
from ._file import ConfigFile, exact_line_of, shown
from ._keys import TABLE

if TYPE_CHECKING:
    from ...report import RunReport, SuiteReport

Changes = Mapping[tuple[str, str], str | None]
"""Subject and code -> the reason, or None for what is to go."""


def update_expected(configuration: Configuration, run: RunReport, reason: str) -> str:
    """Write what failed in `run` among the expected failures, for `reason`, and remove what is stale.

    Returns
    -------
    str
        What was done, in one sentence.

    Raises
    ------
    InvalidArgument
        `reason` is empty though something failed, there is no file, or it cannot be changed line by line.
    """
    from ...renderers._words import count

    changes = _changes(configuration, run, reason)
    added = sum(why is not None for why in changes.values())
    if added and not reason.strip():
        raise InvalidArgument("a reason is needed: say why these laws fail, such as the number of an issue")
    if changes:
        _write(configuration.file, changes)
    return f"{count(added, 'expected failure')} added, {len(changes) - added} removed"


def _changes(configuration: Configuration, run: RunReport, reason: str) -> dict[tuple[str, str], str | None]:
    found: dict[tuple[str, str], str | None] = {}
    for suite in run.suites:
        listed = configuration.expected.get(suite.subject, {})
        failed, stale = _failed(suite), _stale(suite)
        found |= {(suite.subject, code): reason for code in failed if code not in listed}
        found |= {(suite.subject, code): None for code in stale if code in listed}
    return found


def _failed(suite: SuiteReport) -> list[str]:
    """Return the codes of the laws that do not hold; of a subject of no kind, of what is wrong with its gradients.

    That a subject crashes is nothing to expect.
    """
    from ...report import Status, Verdict

    laws = [result.code for result in suite.results if result.status is Status.FAILED]
    wrong = suite.check.findings if suite.check is not None and not suite.kind else ()
    codes = [*laws, *(finding.code for finding in wrong if finding.severity is Verdict.FAIL)]
    return [code for code in dict.fromkeys(codes) if code not in ("GC906", "GC907")]


def _stale(suite: SuiteReport) -> list[str]:
    from ...report import Status

    return [result.code for result in suite.results if result.status is Status.UNEXPECTED_PASS]


def _write(file: ConfigFile, changes: Changes) -> None:
    from ...renderers._files import write_atomically

    if file.path is None:
        raise InvalidArgument(f"there is no pyproject.toml with [{TABLE}] to write expected failures to")
    text = edited(file.text, changes)
    if _expected_in(text) != _meant(file, changes):
        raise InvalidArgument(
            f"{shown(file.path)}: {KEY} is not written as tables [{TABLE}.{KEY}.SUBJECT] with one code a line; "
            "change it by hand"
        )
    write_atomically(file.path, text)


def _meant(file: ConfigFile, changes: Changes) -> dict[str, dict[str, str]]:
    table = {subject: dict(codes) for subject, codes in file.table.get(KEY, {}).items()}
    for (subject, code), reason in changes.items():
        if reason is None:
            table[subject].pop(code)
        else:
            table.setdefault(subject, {})[code] = reason
    return {subject: codes for subject, codes in table.items() if codes}


def _expected_in(text: str) -> dict[str, dict[str, str]] | None:
    try:
        table = tomllib.loads(text)["tool"]["gradcheck"].get(KEY, {})
    except (tomllib.TOMLDecodeError, KeyError):
        return None
    return {subject: codes for subject, codes in table.items() if codes}


def edited(text: str, changes: Changes) -> str:
    """Return the text of a file with some lines more, or fewer.

    >>> print(edited("[tool.gradcheck]", {("relu", "GC502"): "see #41"}))
    [tool.gradcheck]
    <BLANKLINE>
    [tool.gradcheck.expected-failures."relu"]
    GC502 = "see #41"
    <BLANKLINE>
    """
    for (subject, code), reason in changes.items():
        lines = text.rstrip("\n").split("\n")
        table = (*TABLE.split("."), KEY, subject)
        place, head = exact_line_of(text, (*table, code)), exact_line_of(text, table)
        line = f"{code} = {json.dumps(reason)}"
        if reason is None:
            lines = [text for number, text in enumerate(lines, 1) if number != place]
        elif head is not None:
            lines.insert(head, line)
        else:
            lines += ["", f"[{TABLE}.{KEY}.{json.dumps(subject)}]", line]
        text = "\n".join(lines) + "\n"
    return text
