"""What a TARGET of the command line says: a module, a file or a folder, and perhaps one name in it.

=====================  ======================================================
``package.module``     every subject that the module declares
``package.module:bn``  one of them, or any other name in the module
``file.py``            every subject that the file declares
``file.py:bn``         one of them, or any other name in the file; ``file.py::bn`` as well
``folder``             every file below it that declares subjects
=====================  ======================================================
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from .._errors import TargetError

_FILE = re.compile(r"(?P<place>.+?\.py)(?:::?(?P<name>.+))?", re.DOTALL)
_MODULE = re.compile(r"(?P<place>\w+(?:\.\w+)*)(?:::?(?P<name>.+))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed target: exactly one of `module`, `file` and `folder`, and the name asked for, if any."""

    text: str
    module: str | None = None
    file: Path | None = None
    folder: Path | None = None
    name: str | None = None


def parse(text: str, root: Path = Path()) -> Target:
    """Return what `text` names; a file or a folder starts from `root`.

    Raises
    ------
    TargetError
        It names nothing: no such file, or no module could have that name.

    """
    if (match := _FILE.fullmatch(text)) and (os.sep in text or "/" in text or (root / match["place"]).exists()):
        return Target(text, file=_existing(text, root / match["place"]), name=match["name"])
    if text and (root / text).is_dir():
        return Target(text, folder=root / text)
    if (match := _MODULE.fullmatch(text)) and not text.endswith(".py"):
        return Target(text, module=match["place"], name=match["name"])
    raise TargetError(
        f"target={text!r} is no file or folder here, and no module has such a name; "
        "write `module`, `module:name`, `file.py`, `file.py:name` or a folder"
    )


def place_of(text: str, root: Path, project: Path) -> str:
    """Return a target that starts from here, or from `root`, as one that starts from `project` if it lies below."""
    match = _FILE.fullmatch(text)
    files = [folder / match["place"] for folder in (Path(), root)] if match is not None else []
    full = next((file.resolve() for file in files if file.is_file()), None)
    if match is None or full is None:
        return text
    place = full.relative_to(project).as_posix() if full.is_relative_to(project) else full.as_posix()
    return f"{place}:{match['name']}" if match["name"] else place


def _existing(text: str, file: Path) -> Path:
    if not file.is_file():
        raise TargetError(f"target={text!r} names a file that does not exist: {file}")
    return file
