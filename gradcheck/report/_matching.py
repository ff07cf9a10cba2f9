"""Which suite of one report is the same subject as which suite of another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PureWindowsPath

from ._suite import RunReport, SuiteReport

Key = tuple[str, str, str, int]
"""Name and kind of the subject, the end of its file's path, and a number where even these are the same."""

TAIL = 2
"""Parts of a path that count: machines keep a checkout in different places."""


def keyed(run: RunReport) -> dict[Key, SuiteReport]:
    """Return the suites of `run` by what makes their subjects the same in another run."""
    found: dict[Key, SuiteReport] = {}
    for suite in run.suites:
        number, stem = 0, (suite.subject, suite.kind, _home(suite))
        while (*stem, number) in found:
            number += 1
        found[(*stem, number)] = suite
    return found


def paired(old: RunReport, new: RunReport) -> list[tuple[SuiteReport | None, SuiteReport | None]]:
    """Return every subject of either run as it was before and as it is now, in the order of `new`.

    A subject that moved to another file is recognized where its name and kind leave no doubt.
    """
    before, after = keyed(old), keyed(new)
    moved = _moved([key for key in before if key not in after], [key for key in after if key not in before])
    pairs = [(before.get(moved.get(key, key)), suite) for key, suite in after.items()]
    gone = [suite for key, suite in before.items() if key not in after and key not in moved.values()]
    return [*pairs, *((suite, None) for suite in gone)]


def _moved(old: Sequence[Key], new: Sequence[Key]) -> dict[Key, Key]:
    """Return new key -> old key of what is the only one of its name and kind on both sides."""
    names = {key[:2] for key in old} & {key[:2] for key in new}
    sides = [[[key for key in side if key[:2] == name] for side in (new, old)] for name in names]
    return {here[0]: there[0] for here, there in sides if len(here) == len(there) == 1}


def _home(suite: SuiteReport) -> str:
    file = suite.location[0] if suite.location is not None else ""
    return "/".join(PureWindowsPath(file).parts[-TAIL:])  # reads the separators of both systems
