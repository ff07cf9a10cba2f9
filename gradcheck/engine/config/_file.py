"""``pyproject.toml``: which one, what its table says, and in which line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..._errors import InvalidArgument
from ._keys import TABLE

_PART = r"""[\w-]+|"[^"]*"|'[^']*'"""
_DOTTED = rf"(?:{_PART})(?:\s*\.\s*(?:{_PART}))*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A ``pyproject.toml`` with a table of ours; ``path`` is None where there is none."""

    path: Path | None = None
    text: str = ""
    table: Mapping[str, Any] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The folder that relative paths in the file start from."""
        return self.path.parent if self.path is not None else Path.cwd()

    def place(self, *keys: str) -> str:
        """Return where a key of our table stands: file and line, or file and table."""
        if self.path is None:
            return f"[{TABLE}]"
        line = line_of(self.text, (*TABLE.split("."), *keys))
        return f"{shown(self.path)}:{line}" if line else f"{shown(self.path)} [{TABLE}]"


def read(path: Path) -> ConfigFile:
    """Return the file at `path`.

    Raises
    ------
    InvalidArgument
        It cannot be read, is no TOML, or has no table of ours.
    """
    found = _ours(path, wanted=True)
    if found is None:
        raise InvalidArgument(f"config={str(path)!r} has no table [{TABLE}]")
    return found


def nearest(start: Path) -> ConfigFile:
    """Return the nearest ``pyproject.toml`` with a table of ours, from `start` upwards; an empty one without."""
    for folder in (start, *start.parents):
        if (found := _ours(folder / "pyproject.toml")) is not None:
            return found
    return ConfigFile()


def project_of(here: Path) -> Path:
    """Return the folder of the project: of the nearest file with a table of ours, of ``.gradcheck``, or `here`."""
    if (path := nearest(here).path) is not None:
        return path.parent
    above = (folder for folder in (here, *here.parents) if (folder / ".gradcheck").is_dir())
    return next(above, here).resolve()


def _ours(path: Path, *, wanted: bool = False) -> ConfigFile | None:
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        if "gradcheck" not in text:  # most are somebody else's
            return None
        table = tomllib.loads(text).get("tool", {}).get("gradcheck")
    except (OSError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            text = path.read_text(encoding="utf-8", errors="replace")
        if not wanted and (isinstance(error, OSError) or "[tool.gradcheck" not in text):
            return None
        raise InvalidArgument(f"config={str(path)!r} cannot be read: {_said(error)}") from error
    if table is not None and not isinstance(table, dict):
        raise InvalidArgument(f"{shown(path)}: tool.gradcheck = {table!r} must be a table: [{TABLE}]")
    return ConfigFile(path.resolve(), text, table) if table is not None else None


def _said(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def shown(path: Path) -> str:
    """Return a path as it is read from the current folder."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()


def line_of(text: str, keys: Sequence[str]) -> int | None:
    r"""Return the line in which a key, or the table of that name, begins; of the nearest table without it.

    >>> line_of('[tool.gradcheck]\nseed = 3\nprofiles.ci.seed = 4', ("tool", "gradcheck", "profiles", "ci", "seed"))
    3
    """
    found = exact_line_of(text, keys)
    return found if found is not None or len(keys) <= len(TABLE.split(".")) else line_of(text, keys[:-1])


def exact_line_of(text: str, keys: Sequence[str]) -> int | None:
    """Return the line in which a key, or the table of that name, begins; None where it has no line of its own."""
    wanted, table = list(keys), list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.fullmatch(line):
            table = _parts(header[1])
            found = table
        elif key := _KEY.match(line):
            found = [*table, *_parts(key[1])]
        else:
            continue
        if found == wanted:
            return number
    return None


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_PART, dotted)]
