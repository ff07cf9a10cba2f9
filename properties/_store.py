"""Failing examples as data, to be tried first next time: `.gradcheck/cases`, two files per case.

``ID.json`` says what the case is of and how it was drawn, ``ID.npz`` holds the numbers themselves, so that a case
replays where a random generator gives other numbers. How they lie on the disk is in `_case_files`.

Cases are kept where a project asks for it: in the nearest folder above that has a ``.gradcheck`` folder, or a
``pyproject.toml`` with a ``[tool.gradcheck]`` table, which may name another folder (``cases``), or keep what is
repaired (``keep-cases``). ``GRADCHECK_CASES`` names another folder; ``off`` is none.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._errors import InvalidArgument
from ..subjects import Declaration
from ._case_files import newest_first, read, remove, unreadable, written
from ._data import Unstorable, decoded, encoded
from ._tidy import Drawings

LARGEST = 16 * 2**20
"""Bytes of numbers that a case may hold."""
MOST = 1000
"""Cases that a folder may hold; the oldest makes room."""
VARIABLE = "GRADCHECK_CASES"
SEARCH, CHECK = "search", "check"
"""Codes of cases that no law is about: what a search found, and the inputs of a check that fails."""
COMES_BACK = "GC907"
"""The code of a case that is an input from which the subject did not come back, before any law was tried."""
FIELDS = ("subject", "kind", "code", "seed", "reason", "target", "line", "smallest")

_LOG = logging.getLogger(__name__)
_TOLD: set[Path] = set()
"""Folders of which it was said that nothing can be stored in them."""


@dataclass(frozen=True)
class Stored:
    """A failing example.

    Attributes
    ----------
    subject, kind, code
        What failed: name and kind of the subject, code of the law (``"search"`` of a search, ``"check"`` of a check
        at given inputs).
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
    smallest
        Whether nothing smaller was to be looked for any more; False of one that was stored on the way.
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
    smallest: bool = True

    @property
    def id(self) -> str:
        """The name of the case: the code, and eight digits that stand for subject, kind and example."""
        text = json.dumps([self.subject, self.kind, self.code, self.line, self.seed if not self.drawn else 0])
        code = self.code if self.code not in (SEARCH, CHECK) else "GC"
        return f"{code}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    def forget(self) -> None:
        """Delete the files of the case."""
        if self.home is not None:
            remove(self.home, self.id)


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of cases; ``keep`` says that they stay there when they fail no more, as a regression corpus."""

    folder: Path
    keep: bool = False

    def remember(self, case: Stored) -> str | None:
        """Write `case`; return its id, or None where it holds something that is no data, or cannot be written."""
        try:
            data, arrays = encoded(case.drawn)
            if sum(array.nbytes for array in arrays.values()) > LARGEST:
                return None
            told = {name: getattr(case, name) for name in FIELDS}
            written(self.folder, case.id, {**told, "drawn": data}, arrays, most=MOST)
        except Unstorable:  # the report has the line all the same
            return None
        except OSError as error:
            _tell_once(self.folder, error)
            return None
        return case.id

    def find(self, subject: str, kind: str, code: str) -> list[Stored]:
        """Return the cases of one law and one subject, the newest first; what cannot be read is left alone."""
        wanted = (subject, kind, code)
        return [case for case in self.readable() if (case.subject, case.kind, case.code) == wanted]

    def repaired(self, case: Stored) -> None:
        """Delete a case that fails no more, unless it is to stay."""
        if not self.keep:
            case.forget()

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
        return _case(path)

    def readable(self) -> Iterator[Stored]:
        """Yield the cases of the folder, the newest first; what cannot be read is left alone."""
        for path in newest_first(self.folder):
            try:
                yield _case(path)
            except InvalidArgument:  # another version's, or half of one: not ours to use or to delete
                continue


Cases = str | Path | Store | None
"""A folder, ``"auto"``, a store, or None."""


def _case(path: Path) -> Stored:
    data, arrays = read(path, largest=2 * LARGEST)
    try:
        return _stored(data, decoded(data["drawn"], arrays), path.parent)
    except Exception as error:  # what is no example of ours can be anything
        raise unreadable(path, error) from error


def _stored(data: Mapping[str, Any], drawn: Drawings, home: Path) -> Stored:
    subject, kind, code, seed, reason, target, line = (data[name] for name in FIELDS[:-1])
    texts = (subject, kind, code, line, *(text for text in (reason, target) if text is not None))
    if not all(isinstance(text, str) for text in texts) or not isinstance(seed, int):
        raise ValueError("a field has the wrong type")
    return Stored(subject, kind, code, drawn, seed, reason, target, line, home, data.get("smallest", True) is True)


def store_for(cases: Cases) -> Store | None:
    """Return the folder that `cases` means, or None where nothing is to be stored."""
    if cases is None or isinstance(cases, Store):
        return cases
    told = os.environ.get(VARIABLE) if cases == "auto" else str(cases)
    if told is not None:
        return None if told.lower() in ("", "off", "0", "no") else Store(Path(told))
    return _of_project(Path.cwd())


def _of_project(here: Path) -> Store | None:
    for folder in (here, *here.parents):
        table = _table(folder / "pyproject.toml")
        if table is not None or (folder / ".gradcheck").is_dir():
            place, keep = (table or {}).get("cases", "auto"), (table or {}).get("keep-cases", False)
            if place == "off":
                return None
            return Store(folder / (".gradcheck/cases" if place == "auto" else str(place)), keep is True)
    return None


def _tell_once(folder: Path, error: OSError) -> None:
    """Say that failing inputs cannot be kept in `folder`; once, for a search meets many of them."""
    if folder not in _TOLD:
        _TOLD.add(folder)
        _LOG.warning(
            "failing inputs cannot be stored in %s (%s): make it writable, or name another folder with "
            "GRADCHECK_CASES; the report has them all the same",
            folder,
            error.strerror or error,
        )


def _table(pyproject: Path) -> Mapping[str, Any] | None:
    """Return the table of ours in a file; None where there is none. What is wrong in it is said by others."""
    try:
        text = pyproject.read_text(encoding="utf-8")
        table = tomllib.loads(text).get("tool", {}).get("gradcheck") if "gradcheck" in text else None
    except (OSError, ValueError):
        return None
    return table if isinstance(table, dict) else None


def target_of(subject: Any) -> str | None:
    """Return the target under which `subject` is found again, ``module:name``, or None where it has no such place."""
    if isinstance(subject, Declaration) and subject.origin is not None:
        return subject.origin
    thing = subject.thing if isinstance(subject, Declaration) else subject
    first = thing[0] if isinstance(thing, tuple) and thing else thing
    module = getattr(first, "__module__", None) or type(first).__module__
    names = vars(sys.modules[module]) if module in sys.modules and module != "__main__" else {}
    found = next((name for name, value in names.items() if value is subject), None)
    return f"{module}:{found}" if found is not None else None
