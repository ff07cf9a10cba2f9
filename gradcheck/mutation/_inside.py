"""Inside of a test process: wait until the file of the mistake is imported, then put it in, and note what happens.

The job is a file of JSON: ``{"sites": [{file, qualname, line, upstream}, ...], "mutant": {site, text, wrap} or null,
"notes": path}``. Notes are lines of JSON, appended by as many processes as there are: ``{"site": 0, "said":
"called"}``, and at the end ``{"site": 0, "apart": ..., "compared": ...}`` for the site of the mistake.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

_KEPT = 64


def _beside(name: str) -> ModuleType:
    """Return a module that stands beside this one, by its file."""
    known = f"_gradcheck_mutation.{name}"
    if known not in sys.modules:
        spec = spec_from_file_location(known, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[known] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[known])
    return sys.modules[known]


def boot(path: str) -> None:
    """Read the job, and watch every import from now on."""
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    installer = Installer(job["sites"], job["mutant"], job["notes"])
    finder = _Finder(installer)
    sys.meta_path = _First(finder, sys.meta_path)
    _watch_files(installer)


class Installer:
    """Puts the mistake into the functions of a module that was just run, and counts their calls."""

    def __init__(self, sites: Sequence[dict[str, Any]], mutant: dict[str, Any] | None, notes: str) -> None:
        self._sites, self._mutant, self._notes = sites, mutant, notes
        self._done: set[FunctionType] = set()
        self.files = {os.path.realpath(site["file"]) for site in sites}

    def __call__(self, namespace: dict[str, Any]) -> None:
        """Look for the functions among the names of a module."""
        for number, site in enumerate(self._sites):
            found = _beside("_active").found_in(namespace, site["qualname"], site["file"], site["line"])
            mine = self._mutant is not None and self._mutant["site"] == number
            if found is not None and found not in self._done and (mine or self._mutant is None):
                self._done.add(found)
                self._put(number, site, found)

    def _put(self, number: int, site: dict[str, Any], function: FunctionType) -> None:
        active = _beside("_active")
        right = active.twin(function)
        call = right if self._mutant is None else self._wrong(site, right)
        stand_in = active.Active(
            call, keep=_KEPT if self._mutant else 0, tell=lambda said: self._note(site=number, said=said)
        )
        active.put(function, stand_in)
        self._note(site=number, said="found")
        if self._mutant is not None:
            again = self._wrong(site, right)
            atexit.register(self._compare, number, right, again, stand_in)

    def _wrong(self, site: dict[str, Any], right: FunctionType) -> Callable[..., Any]:
        active, mutant = _beside("_active"), self._mutant
        assert mutant is not None
        if mutant["wrap"] is not None:
            wrong: Callable[..., Any] = _beside("_wraps").wrapped(right, tuple(mutant["wrap"]), site["upstream"])
            return wrong
        code = active.code_in(mutant["text"], right.__code__.co_filename, site["qualname"], site["line"])
        return active.twin(right, code)  # type: ignore[no-any-return]

    def _compare(self, number: int, right: Any, wrong: Any, active: Any) -> None:
        apart, compared = _beside("_alike").told_apart(right, wrong, active.kept)
        self._note(site=number, apart=apart, compared=compared)

    def _note(self, **said: Any) -> None:
        with Path(self._notes).open("a", encoding="utf-8") as file:  # one write: processes do not mix their lines
            file.write(json.dumps(said) + "\n")


class _First(list[Any]):
    """The list of finders, of which ours stays the first whatever is inserted later, as pytest does."""

    def __init__(self, first: Any, others: Sequence[Any]) -> None:
        super().__init__([first, *others])

    def insert(self, index: Any, finder: Any) -> None:
        super().insert(max(int(index), 1), finder)


class _Finder:
    """Lets the other finders find, and has the installer look at what is run from the files of the sites."""

    def __init__(self, installer: Installer) -> None:
        self._installer = installer

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return what the other finders find, watched if it is from a file of ours."""
        for finder in list(sys.meta_path[1:]):
            spec: ModuleSpec | None = finder.find_spec(name, path, target)
            if spec is not None:
                return watched(spec, self._installer)
        return None


def watched(spec: ModuleSpec, installer: Installer) -> ModuleSpec:
    """Return `spec`, whose module is shown to the installer as soon as it has been run."""
    loader: Any = spec.loader
    if loader is None or spec.origin is None or os.path.realpath(spec.origin) not in installer.files:
        return spec
    run = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        run(module)
        installer(vars(module))

    loader.exec_module = exec_module
    return spec


def _watch_files(installer: Installer) -> None:
    """Watch what is loaded by the name of its file as well."""
    by_file = importlib.util.spec_from_file_location

    def spec_from_file_location(*args: Any, **options: Any) -> ModuleSpec | None:
        spec = by_file(*args, **options)
        return spec if spec is None else watched(spec, installer)

    importlib.util.spec_from_file_location = spec_from_file_location
