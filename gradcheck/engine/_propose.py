"""What ``gradcheck infer`` proposes: the traits that could be read off a subject, as the text of a test file."""

from __future__ import annotations

import json
import math
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from .._errors import TargetError
from ..subjects import Traits
from ._collect import Collected
from ._target import parse

_HEAD = '''"""Laws of {names}.

Proposed by `gradcheck infer`; the traits were read off a few values. Delete what is not promised, and add what is.
"""

'''
_TAIL = """

@gradcheck.parametrize(SUBJECTS)
def test_laws(check):
    check()
"""


@dataclass(frozen=True)
class Proposal:
    """One subject: where it is imported from, its kind, and the traits that were inferred.

    ``folder`` has to be on the path for that; None where it is not said, as of a module that was found.
    """

    name: str
    module: str
    attribute: str
    kind: str
    traits: tuple[tuple[str, Any], ...]
    facts: tuple[tuple[str, str, str], ...]
    folder: Path | None = None


def propose(item: Collected) -> Proposal:
    """Return what can be read off a subject.

    Raises
    ------
    TargetError
        The subject has no name by which a test could import it.
    """
    from ..properties import plan

    planned = plan(item.declaration)
    module, attribute, folder = _place(item)
    known = getattr(planned.adapted, "traits", Traits())
    named = {name for name, _, _ in planned.facts}
    values = ((field.name, getattr(known, field.name)) for field in fields(known) if field.name in named)
    traits = tuple((name, value) for name, value in values if value is not False and not callable(value))
    return Proposal(item.declaration.name, module, attribute, planned.kind, traits, planned.facts, folder)


def _place(item: Collected) -> tuple[str, str, Path | None]:
    """Return module and attribute of the thing itself, and its folder; a declaration of it does not count."""
    target, thing = parse(item.origin), item.declaration.thing
    name = target.name or item.declaration.name
    module, folder = _exporting(thing, name) or target.module, None
    if target.file is not None:
        module, folder = _module_of(target.file)
    if getattr(thing, "__name__", name) != name.split(".")[-1] or not all(
        part.isidentifier() for part in name.split(".")
    ):
        raise TargetError(
            f"target={item.origin!r} is {item.declaration.name!r}, which has no name to import it by; "
            "infer needs a function, a class or an object of a module"
        )
    return str(module), name, folder


def _exporting(thing: Any, name: str) -> str | None:
    """Return the outermost package that hands out `thing` under its name."""
    parts = (getattr(thing, "__module__", None) or "").split(".")
    homes = (".".join(parts[: k + 1]) for k in range(len(parts)))
    return next((home for home in homes if getattr(sys.modules.get(home), name, None) is thing), None)


def _module_of(file: Path) -> tuple[str, Path]:
    """Return the dotted name of a file, from the outermost package that it lies in, and the folder of that."""
    parts, folder = [file.stem], file.resolve().parent
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts), folder


def command_for(proposals: Sequence[Proposal], file: Path) -> str:
    """Return the command that runs a test file: `pytest` alone would not find modules that nobody installed."""
    here = Path.cwd().resolve()
    folders = {p.folder for p in proposals} - {None, here}
    path = os.pathsep.join(sorted(os.path.relpath(folder, here) for folder in folders if folder is not None))
    return f"{f'PYTHONPATH={shlex.quote(path)} ' if path else ''}python -m pytest {shlex.quote(str(file))}"


def test_file(proposals: Sequence[Proposal]) -> str:
    """Return the text of a test file that holds every proposal against the laws of its kind."""
    modules = sorted({(p.module, p.attribute.split(".")[0]) for p in proposals})
    imports = [f"from {module} import {name}" for module, name in modules]
    subjects = [line for proposal in proposals for line in _subject(proposal)]
    body = [*imports, "", "import gradcheck", "", "SUBJECTS = [", *subjects, "]"]
    uses_math = any("math." in line for line in subjects)
    head = _HEAD.format(names=", ".join(p.name for p in proposals)) + ("import math\n\n" if uses_math else "")
    return head + "\n".join(body) + "\n" + _TAIL


def _subject(proposal: Proposal) -> list[str]:
    traits = [f'            "{name}": {_typed(value)},' for name, value in proposal.traits]
    declared = ["        traits={", *traits, "        },"] if traits else []
    return [
        "    gradcheck.subject(",
        f"        {proposal.attribute},",
        f'        kind="{proposal.kind}",',
        *declared,
        "    ),",
    ]


def _typed(value: Any) -> str:
    """Return a value as Python source.

    >>> _typed((0.0, math.inf)), _typed(True)
    ('(0.0, math.inf)', 'True')
    """
    if isinstance(value, tuple):
        return f"({', '.join(map(_typed, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, float) and math.isinf(value):
        return "math.inf" if value > 0 else "-math.inf"
    return json.dumps(value) if isinstance(value, str) else repr(value)
