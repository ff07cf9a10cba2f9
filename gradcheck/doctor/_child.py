"""The process in which imports are watched: whatever they change stays there."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from importlib.metadata import entry_points

from ._probes import taken


def main() -> None:
    """Take the steps of ``argv[1]`` one by one, and write a line of JSON after each: what it changed.

    A step is ``[how, name]``: how is an entry point group, ``module`` or ``target``.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what is printed by an import is no answer
    import_module("hypothesis.core")
    before = taken()
    for how, name in json.loads(sys.argv[1]):
        told = _step(how, name)
        after = taken()
        changed = sorted(key for key in before.keys() & after.keys() if before[key] != after[key])
        answers.write(json.dumps({"how": how, "name": name, "raised": told, "changed": changed}) + "\n")
        answers.flush()
        before = after


def _step(how: str, name: str) -> str | None:
    """Import one thing; return what it raised."""
    try:
        if how == "module":
            import_module(name)
        elif how == "target":
            _target(name)
        else:
            for point in entry_points(group=how, name=name):
                point.load()
    except (Exception, SystemExit) as error:
        return " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return None


def _target(text: str) -> None:
    from ..engine import collect

    collect([text])
