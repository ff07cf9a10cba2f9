"""The example that is about to be tried, in a file, before the subject sees it.

A subject that ends its process tells nobody what it was called with. Whoever started that process reads it here
afterwards. What was drawn is written without its numbers, which its line gives again, so that this costs little.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from ._case import pasteable
from ._data import Unstorable, decoded, described
from ._store import COMES_BACK, Stored
from ._tidy import Drawings

_open: dict[str, int] = {}
"""The file of this process, if any: its descriptor."""


def keep_in(path: Path) -> None:
    """Write every example of this process to `path` from now on, each over the one before."""
    _open["file"] = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def wanted() -> bool:
    """Say whether anybody wants to know what is tried."""
    return bool(_open)


def about_to_try(case: Stored, drawn: Drawings) -> None:
    """Note an example of `case`, with what was drawn so far."""
    if case.code != COMES_BACK:
        sys.setprofile(None)  # a law notes what it draws: see `_calls`
    head = [case.subject, case.kind, case.code, case.seed, case.reason, case.target, case.line]
    try:
        text = json.dumps([head, described(drawn)])
    except Unstorable:
        text = ""
    _write(f"{text}\n".encode())


def nothing_to_try() -> None:
    """Take back what was noted: the subject came back from it."""
    if _open:
        _write(b"\n")


def _write(line: bytes) -> None:
    """Write a line at the beginning of the file; no flush is needed: what was written outlives the process."""
    os.lseek(_open["file"], 0, os.SEEK_SET)
    os.write(_open["file"], line)


def last_of(path: Path) -> Stored | None:
    """Return the example that was about to be tried when the process of `path` ended; None where there is none."""
    try:
        head, drawn = json.loads(path.read_text(encoding="utf-8").partition("\n")[0])
        subject, kind, code, seed, reason, target, _ = head
        values = decoded(drawn, None)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Stored(subject, kind, code, values, seed, reason, target, pasteable(values) or "")
