"""Somebody's own tests as the judge: their command, in a process of its own with the mistake in it.

The command is run as it is, with two variables in its environment: PYTHONPATH begins with a folder of ours, and
GRADCHECK_MUTANT names a file that says which mistake to put where (`_boot/sitecustomize.py`, `_inside.py`).
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .._errors import InvalidArgument
from ..report import Fate
from ._by_suite import BySuite, Verdict
from ._mutants import Mutant
from ._process import Commands, Lost
from ._sites import Site

_BOOT = Path(__file__).resolve().parent / "_boot"
_LEAST, _TIMES = 30.0, 10.0
_SHOWN = 400


class ByTests:
    """Judges by the exit code of `command`; ``suite`` is asked whether a survivor is a mistake at all."""

    def __init__(self, command: str, sites: Sequence[Site], timeout: float | None, suite: BySuite | None) -> None:
        self.name, self._sites, self._suite = command, sites, suite
        try:
            self._command = shlex.split(command)
        except ValueError as error:
            raise InvalidArgument(f"tests={command!r} is no command line: {error}") from None
        if not self._command or shutil.which(self._command[0]) is None:
            raise InvalidArgument(f"tests={command!r}: there is no such program here; write what you type in a shell")
        self._limit = timeout
        self._folder = Path(tempfile.mkdtemp(prefix="gradcheck-mutate-"))
        self._reached: set[int] = set()
        self._commands = Commands()

    def prepare(self, _: Sequence[int], /) -> None:
        """Run the tests on the right code, and note which sites they reach.

        Raises
        ------
        InvalidArgument
            They fail, do not end, or never meet the target.

        """
        start = time.perf_counter()
        try:
            code, written, notes = self._run(None)
        except Lost:
            raise InvalidArgument(f"tests={self.name!r} did not end in time on the right code") from None
        if code:
            tail = " ".join(written[-_SHOWN:].split()) or "they print nothing"
            raise InvalidArgument(
                f"tests={self.name!r} end with exit code {code} on the right code; they must pass before mistakes "
                f"are put in ({tail})"
            )
        self._limit = self._limit or _LEAST + _TIMES * (time.perf_counter() - start)
        if not any(note.get("said") == "found" for note in notes):
            raise InvalidArgument(
                f"tests={self.name!r} never import {', '.join(sorted({site.file for site in self._sites}))}; "
                "name the file that they import"
            )
        self._reached = {note["site"] for note in notes if note.get("said") == "called"}

    def fate(self, mutant: Mutant, site: Site) -> Verdict:
        """Return what becomes of a mistake."""
        if mutant.site not in self._reached:
            return self._survived(mutant, site, "the tests never call it")
        try:
            code, _, notes = self._run(mutant)
        except Lost:
            return Fate.TIMEOUT, "time", None
        if code:
            returned = any(note.get("said") == "returned" for note in notes)
            return (Fate.KILLED if returned else Fate.RAISES), f"exit code {code}", None
        apart = any(note.get("apart") for note in notes)
        return self._survived(mutant, site, None if apart else "the tests call it only where it makes no difference")

    def close(self) -> None:
        """End what runs, and remove what was written."""
        self._commands.end()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._suite is not None:
            self._suite.close()

    def _survived(self, mutant: Mutant, site: Site, note: str | None) -> Verdict:
        known = self._suite.equivalence(mutant, site) if self._suite is not None else None
        return known if known is not None and known[0] is Fate.EQUIVALENT else (Fate.SURVIVED, None, note)

    def _run(self, mutant: Mutant | None) -> tuple[int, str, list[dict[str, Any]]]:
        """Run the tests with a mistake, or with none; return exit code, output, and what was noted inside."""
        handle, name = tempfile.mkstemp(suffix=".json", dir=self._folder)
        os.close(handle)
        notes = Path(name).with_suffix(".notes")
        job = {
            "sites": [_told(site) for site in self._sites],
            "mutant": None if mutant is None else asdict(mutant),
            "notes": str(notes),
        }
        Path(name).write_text(json.dumps(job), encoding="utf-8")
        path = os.pathsep.join([str(_BOOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, "PYTHONPATH": path, "GRADCHECK_MUTANT": name, "PYTHONDONTWRITEBYTECODE": "1"}
        code, written = self._commands.run(self._command, environment, self._limit)
        return code, written, list(_lines(notes))


def _told(site: Site) -> dict[str, Any]:
    code = site.function.__code__
    return {"file": site.file, "qualname": code.co_qualname, "line": site.line, "upstream": site.upstream}


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # cut short by the end of its process
