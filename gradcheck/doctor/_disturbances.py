"""Imports that change the whole process: plugins of Hypothesis and pytest, frameworks, and the targets themselves.

They are imported one by one in a process of their own, and after each one everything in `_probes.PROBES` is read
again, so that the one that is to blame has a name.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any

from ._line import Line, State
from ._probes import PROBES
from ._versions import FRAMEWORKS

GROUPS = ("hypothesis", "pytest11")
"""Groups of entry points that every property test, and every pytest run, loads by itself."""
PATIENCE = 120.0
"""Seconds for all imports together."""
_CODE = "import sys; sys.path[:] = {path!r}\nfrom gradcheck.doctor._child import main\nmain()"

_WITHOUT = {"pytest11": "`pytest -p no:{}`", "hypothesis": "HYPOTHESIS_NO_PLUGINS=1 leaves all of its plugins out"}
"""How a plugin of each group is left out."""

Step = tuple[str, str]
"""How it is imported, and its name."""


def disturbances(targets: Sequence[str] = (), patience: float = PATIENCE) -> Iterator[Line]:
    """Yield a line for every import that changes something, or fails; one line where none does."""
    steps = [*_plugins(), *(("module", name) for name in FRAMEWORKS if find_spec(name) is not None)]
    steps += [("target", target) for target in targets]
    answers, ended = _watched(steps, patience)
    found = [line for answer in answers for line in _lines(answer)]
    yield from found
    if len(answers) < len(steps):
        how, name = steps[len(answers)]
        yield Line(_called(how, name), State.ATTENTION, f"its import {ended}", "repair or remove it")
    elif not found:
        named = ", ".join(name for _, name in steps) or "none"
        yield Line("imports", State.OK, f"change nothing for the process: {named}")


def _plugins() -> list[Step]:
    own = {"gradcheck"}
    return [(group, name) for group in GROUPS for name in sorted({p.name for p in entry_points(group=group)} - own)]


def _watched(steps: Sequence[Step], patience: float) -> tuple[list[dict[str, Any]], str]:
    command = [sys.executable, "-c", _CODE.format(path=sys.path), json.dumps(steps)]
    alone = {**os.environ, "HYPOTHESIS_NO_PLUGINS": "1"}  # they are imported one by one
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience, check=False, env=alone)
    except subprocess.TimeoutExpired as late:
        return _answers(os.fsdecode(late.stdout or b"")), f"takes longer than {patience:g} s"
    return _answers(done.stdout), f"ends the process (exit code {done.returncode})"


def _answers(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.split("\n") if line.startswith("{") and line.endswith("}")]


def _lines(answer: dict[str, Any]) -> Iterator[Line]:
    who = _called(answer["how"], answer["name"])
    if answer["raised"]:
        yield Line(who, State.ATTENTION, f"cannot be imported ({answer['raised']})", "repair or remove it")
    for name in answer["changed"]:
        probe = PROBES[name]
        without = _WITHOUT.get(answer["how"], "import it only where it is needed").format(answer["name"])
        yield Line(who, probe.state, probe.means, probe.remedy.replace("WITHOUT", without))


def _called(how: str, name: str) -> str:
    kinds = {"hypothesis": "plugin of Hypothesis", "pytest11": "plugin of pytest", "target": "target"}
    return f"{kinds[how]} {name}" if how in kinds else name
