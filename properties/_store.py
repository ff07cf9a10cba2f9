"""Failing examples as data, to be tried first next time: `.gradcheck/cases`, two files per case.

``ID.json`` says what the case is of and how it was drawn, ``ID.npz`` holds the numbers themselves, so that a case
replays where a random generator gives other numbers. Nothing in them is code: no pickle, sizes bounded, and a version
that is refused where it is not known. Files are written beside their place and moved there, the JSON last, so that
readers in other processes see a whole case or none.

Cases are kept where a project asks for it: in the nearest folder above that has a ``.gradcheck`` folder, or a
``pyproject.toml`` with a ``[tool.gradcheck]`` table. ``GRADCHECK_CASES`` names another folder; ``off`` is none.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._errors import InvalidArgument
from ..subjects import Declaration
from ._data import Unstorable, decoded, encoded
from ._tidy import Drawings

Cases = str | Path | None
"""A folder, ``"auto"``, or None."""

VERSION = 1
FORMAT = "gradcheck-case"
LARGEST = 16 * 2**20
"""Bytes of numbers that a case may hold."""
LARGEST_TEXT = 2**20
MOST = 1000
"""Cases that a folder may hold; the oldest makes room."""
VARIABLE = "GRADCHECK_CASES"


@dataclass(frozen=True)
class Stored:
    """A failing example.

    Attributes
    ----------
    subject, kind, code
        What failed: name and kind of the subject, code of the law (``"search"`` for a search).
    drawn
        What was drawn, by name, in order.
    seed
        Of the law.
    reason
        Why the failure is expected, where it is.
    target
        ``module:name`` of the subject, where it can be imported.
    line
        The example as people read it.
    home
        The folder that it was read from.
    """

    subject: str
    kind: str
    code: str
    drawn: Drawings = ()
    seed: int = 0
    reason: str | None = None
    target: str | None = None
    line: str = ""
    home: Path | None = None

    @property
    def id(self) -> str:
        """The name of the case: the code, and eight digits that stand for subject, kind and example."""
        text = json.dumps([self.subject, self.kind, self.code, self.line, self.seed if not self.drawn else 0])
        code = self.code if self.code != "search" else "GC"
        return f"{code}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    def forget(self) -> None:
        """Delete the files of the case."""
        if self.home is not None:
            for suffix in (".json", ".npz"):
                (self.home / f"{self.id}{suffix}").unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of cases."""

    folder: Path

    def remember(self, case: Stored) -> str | None:
        """Write `case`; return its id, or None where it holds something that is no data, or cannot be written."""
        try:
            data, arrays = encoded(case.drawn)
            if sum(array.nbytes for array in arrays.values()) > LARGEST:
                return None
            self._write(case, data, arrays)
        except (Unstorable, OSError):  # the report has the line all the same
            return None
        return case.id

    def find(self, subject: str, kind: str, code: str) -> list[Stored]:
        """Return the cases of one law and one subject, the newest first; what cannot be read is left alone."""
        wanted = (subject, kind, code)
        return [case for case in self._readable() if (case.subject, case.kind, case.code) == wanted]

    def load(self, name: str) -> Stored:
        """Return the case of that id.

        Raises
        ------
        InvalidArgument
            There is none, it is damaged, too large, or of another version.
        """
        path = self.folder / f"{name}.json"
        if not path.is_file():
            known = ", ".join(sorted(p.stem for p in self.folder.glob("*.json"))[:5]) or "none"
            raise InvalidArgument(f"case={name!r} is not in {self.folder}; there are {known}")
        return _read(path)

    def _readable(self) -> Iterator[Stored]:
        for path in sorted(self.folder.glob("*.json"), key=_age):
            try:
                yield _read(path)
            except InvalidArgument:  # another version's, or half of one: not ours to use or to delete
                continue

    def _write(self, case: Stored, data: list[Any], arrays: dict[str, NDArray[Any]]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        known = sorted(self.folder.glob("*.json"), key=_age)
        for old in known[MOST - 1 :]:
            old.unlink(missing_ok=True)
            old.with_suffix(".npz").unlink(missing_ok=True)
        fields = ("subject", "kind", "code", "seed", "reason", "target", "line")
        told = {name: getattr(case, name) for name in fields}
        text = json.dumps({"format": FORMAT, "version": VERSION, **told, "drawn": data})
        with _replacing(self.folder / f"{case.id}.npz") as path, path.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        with _replacing(self.folder / f"{case.id}.json") as path:
            path.write_text(text + "\n", encoding="utf-8")


class _replacing:  # noqa: N801 -- a context manager
    """A file beside `target` to write, moved there at the end."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __enter__(self) -> Path:
        handle, name = tempfile.mkstemp(dir=self.target.parent, prefix=f".{self.target.name}.")
        os.close(handle)
        self.path = Path(name)
        return self.path

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.path.chmod(0o644)
            self.path.replace(self.target)
        else:
            self.path.unlink(missing_ok=True)


def _age(path: Path) -> tuple[float, str]:
    try:
        return (-path.stat().st_mtime, path.name)
    except OSError:  # deleted meanwhile
        return (0.0, path.name)


def _read(path: Path) -> Stored:
    try:
        if path.stat().st_size > LARGEST_TEXT:
            raise InvalidArgument(f"case={path} has {path.stat().st_size} bytes, more than a case may have")
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise InvalidArgument(f"case={path} is no gradcheck case")
        if data.get("version") != VERSION:
            raise InvalidArgument(
                f"case={path} has version {data.get('version')!r}, but this gradcheck reads version {VERSION}: "
                "it was written by another release; delete it, or use that release"
            )
        return _stored(data, _arrays(path.with_suffix(".npz")), path.parent)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        if isinstance(error, InvalidArgument):
            raise
        raise InvalidArgument(f"case={path} cannot be read ({error}); delete it") from error


def _stored(data: dict[str, Any], arrays: dict[str, NDArray[Any]], home: Path) -> Stored:
    texts = [data["subject"], data["kind"], data["code"], data["line"]]
    if not all(isinstance(text, str) for text in texts) or not isinstance(data["seed"], int):
        raise ValueError("a field has the wrong type")
    subject, kind, code, line = texts
    drawn = decoded(data["drawn"], arrays)
    return Stored(subject, kind, code, drawn, data["seed"], data["reason"], data["target"], line, home)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    with zipfile.ZipFile(path) as inside:
        size = sum(member.file_size for member in inside.infolist())
    if size > 2 * LARGEST:
        raise ValueError(f"its numbers take {size} bytes, more than a case may have")
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def store_for(cases: Cases) -> Store | None:
    """Return the folder that `cases` means, or None where nothing is to be stored."""
    if cases is None:
        return None
    if cases != "auto":
        return Store(Path(cases))
    told = os.environ.get(VARIABLE)
    if told is not None:
        return None if told.lower() in ("", "off", "0", "no") else Store(Path(told))
    return _of_project(Path.cwd())


def _of_project(here: Path) -> Store | None:
    for folder in (here, *here.parents):
        if (folder / ".gradcheck").is_dir() or _configures(folder / "pyproject.toml"):
            return Store(folder / ".gradcheck" / "cases")
    return None


def _configures(pyproject: Path) -> bool:
    try:
        return "[tool.gradcheck" in pyproject.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def target_of(subject: Any) -> str | None:
    """Return ``module:name`` under which `subject` is found again, or None where it has no such place."""
    thing = subject.thing if isinstance(subject, Declaration) else subject
    first = thing[0] if isinstance(thing, tuple) and thing else thing
    module = getattr(first, "__module__", None) or type(first).__module__
    names = vars(sys.modules[module]) if module in sys.modules and module != "__main__" else {}
    found = next((name for name, value in names.items() if value is subject), None)
    return f"{module}:{found}" if found is not None else None
