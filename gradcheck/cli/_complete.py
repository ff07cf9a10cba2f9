"""What the shell offers when Tab is pressed: targets, codes and cases, without importing anything of anybody.

click writes the scripts: ``_GRADCHECK_COMPLETE=bash_source gradcheck`` prints that for bash, and so for zsh and fish.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from click.shell_completion import CompletionItem

_LAW = re.compile(r'@declares\(\s*"(GC\d+)",\s*"([^"]+)"')
_CASE = re.compile(r'"subject": "((?:[^"\\]|\\.)*)"')
_HEAD = 4096
"""Bytes of a case that are looked at for the name of its subject."""


def targets(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return configured subjects, Python files and folders, and the names in a file before whose colon we are."""
    before = context.params.get(parameter.name or "") or ()
    file, colon, name = _split(incomplete, before)
    if file.endswith(".py"):
        return [CompletionItem(colon + known) for known in _names(Path(file)) if known.startswith(name)]
    known = (text for text in _configured() if text.startswith(incomplete))
    return [CompletionItem(text) for text in dict.fromkeys((*known, *_paths(incomplete)))]


def _split(incomplete: str, before: Sequence[str]) -> tuple[str, str, str]:
    """Return the file, what stands in front of a name in the word that is completed, and the begun name.

    bash takes ``file.py:name`` for three words.
    """
    if incomplete == ":" and before:
        return before[-1], "", ""
    if before[-1:] == (":",) and len(before) > 1:
        return before[-2], "", incomplete
    file, colon, name = incomplete.rpartition(":")
    return file, f"{file}:" if colon else "", name


def _paths(incomplete: str) -> Iterator[str]:
    head, slash, start = incomplete.rpartition("/")
    folder = Path(head + slash or ".")
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        hidden = path.name.startswith((".", "__"))
        if path.name.startswith(start) and not hidden and (path.is_dir() or path.suffix == ".py"):
            yield f"{head}{slash}{path.name}{'/' if path.is_dir() else ''}"


def _names(file: Path) -> list[str]:
    """Return the names that a file gives to something at its top; nothing where it cannot be read."""
    try:
        body = ast.parse(file.read_text(encoding="utf-8")).body
    except (OSError, ValueError, SyntaxError):
        return []
    named = (node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef)))
    given = (target for node in body if isinstance(node, ast.Assign) for target in node.targets)
    return sorted({*named, *(target.id for target in given if isinstance(target, ast.Name))})


def _configured() -> list[str]:
    from .._errors import GradcheckError
    from ..engine.config import configured

    try:
        sources = configured(environment={}).subjects
    except GradcheckError:  # the command itself will say what is wrong
        return []
    return sorted({source.called if not source.plain else str(source.target) for source in sources})


def codes(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Return the codes that begin so, each with what it says; after a comma, the next one."""
    before, comma, start = incomplete.rpartition(",")
    known = {**_of_laws(), **_of_pages()}
    return [
        CompletionItem(f"{before}{comma}{code}", help=title)
        for code, title in sorted(known.items())
        if code.startswith(start.upper())
    ]


def _of_pages() -> dict[str, str]:
    from ..pages import codes as paged
    from ..pages import title

    return {code: title(code) for code in paged()}


def _of_laws() -> dict[str, str]:
    """Return the laws as they are declared in the source: to import them takes a second."""
    from .. import __path__ as places

    rooms = (file for place in places for file in sorted(Path(place, "properties", "laws").glob("*.py")))
    return dict(found for file in rooms for found in _LAW.findall(file.read_text(encoding="utf-8")))


def cases(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Return the stored cases, each with the name of its subject."""
    return [
        CompletionItem(file.stem, help=_subject(file))
        for file in sorted(_folder().glob("*.json"))
        if file.stem.startswith(incomplete)
    ]


def _folder() -> Path:
    told = os.environ.get("GRADCHECK_CASES")
    if told is not None:
        return Path(told)
    above = (here / ".gradcheck" / "cases" for here in (Path.cwd(), *Path.cwd().parents))
    return next((folder for folder in above if folder.is_dir()), Path(".gradcheck", "cases"))


def _subject(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", errors="replace") as stream:
            found = _CASE.search(stream.read(_HEAD))
    except OSError:  # deleted meanwhile
        return ""
    return found[1] if found else ""
