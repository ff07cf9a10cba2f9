"""``pyproject.toml`` with a table of ours: appended, and whatever else stands there left as it is."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from .._errors import InvalidArgument
from ._edit import Edit, appended, text_of

_OURS = re.compile(r"\s*\[\[?\s*tool\s*\.\s*[\"']?gradcheck[\"']?\s*[.\]]")
_HEADER = re.compile(r"\s*\[")
CHECKS = 30
"""What the comment about ``min-checks`` proposes, for want of a better number."""


def pyproject(root: Path, subjects: Sequence[str], *, force: bool) -> Edit:
    """Return the edit that puts ``[tool.gradcheck]`` into the ``pyproject.toml`` of `root`.

    Raises
    ------
    InvalidArgument
        The file has such a table already and `force` is not set, or it cannot be edited without a loss.

    """
    path = root / "pyproject.toml"
    before = text_of(path)
    held = _table(path, before or "")
    known = held.get("tool", {}).get("gradcheck") is not None
    if known and not force:
        raise InvalidArgument(f"file={path} has a table [tool.gradcheck] already; --force replaces it")
    rest = _without(before or "") if known else before or ""
    after = appended(rest, table(subjects))
    if not _keeps(after, held):
        raise InvalidArgument(
            f"file={path} cannot be edited without losing something: [tool.gradcheck] is written in a form that "
            "is not a table of its own; edit it by hand"
        )
    return Edit(path, before, after)


def table(subjects: Sequence[str]) -> str:
    """Return the table, with its comments."""
    template = files(__package__).joinpath("table.toml").read_text(encoding="utf-8")
    listed = ", ".join(json.dumps(subject, ensure_ascii=False) for subject in subjects)
    return template.replace("{subjects}", listed).replace("{checks}", str(CHECKS))


def _table(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidArgument(f"file={path} is no TOML: {error}; repair it first") from error


def _keeps(text: str, held: dict[str, Any]) -> bool:
    """Say whether everything that is not ours is in `text` as it was."""
    try:
        return _others(tomllib.loads(text)) == _others(held)
    except tomllib.TOMLDecodeError:  # ours would stand there twice, or inside of what cannot be added to
        return False


def _without(text: str) -> str:
    """Return `text` without our tables: from each of their headers to the next header that is not ours."""
    kept, ours = [], False
    for line in text.splitlines(keepends=True):
        if _HEADER.match(line):
            ours = bool(_OURS.match(line))
        if not ours:
            kept.append(line)
    return "".join(kept)


def _others(table: dict[str, Any]) -> dict[str, Any]:
    """Return what is not ours."""
    tools = {name: value for name, value in table.get("tool", {}).items() if name != "gradcheck"}
    rest = {name: value for name, value in table.items() if name != "tool"}
    return rest | ({"tool": tools} if tools else {})
