"""What an import can change for the whole process, and how that is noticed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ._arithmetic import FAST_MATH, keeps_subnormals, rounds_to_nearest
from ._line import State


@dataclass(frozen=True, slots=True)
class Probe:
    """Something about the process: how it is read, what a change of it means, and what to do."""

    read: Callable[[], Any]
    means: str
    remedy: str
    state: State = State.ATTENTION


def _printer() -> str:
    from hypothesis import core

    printer = core.RepresentationPrinter  # type: ignore[attr-defined]
    return f"{printer.__module__}.{printer.__qualname__}"


def _largest_example() -> int:
    from hypothesis.internal.conjecture import engine

    return int(engine.BUFFER_SIZE)


def _profile() -> str:
    from hypothesis import settings

    return repr(settings())


def _error_state() -> str:
    import numpy as np

    return json.dumps(np.geterr(), sort_keys=True)


def _print_options() -> str:
    import numpy as np

    return repr(np.get_printoptions())


_LEAVE_OUT = "do without it: WITHOUT"
PROBES = {
    "subnormals": Probe(keeps_subnormals, "flushes subnormal numbers to zero for the whole process", FAST_MATH),
    "rounding": Probe(rounds_to_nearest, "changes how the whole process rounds", FAST_MATH),
    "printer": Probe(
        _printer,
        "replaces the printer of Hypothesis: arrays in the messages of property tests may come out empty",
        f"{_LEAVE_OUT}; the reports of gradcheck do not use that printer",
    ),
    "largest example": Probe(
        _largest_example, "changes how large the examples of Hypothesis may be", _LEAVE_OUT, State.NOTE
    ),
    "profile": Probe(
        _profile, "loads another profile of Hypothesis", "name the profile that is meant with --hypothesis-profile",
        State.NOTE,
    ),
    "error state": Probe(
        _error_state, "changes what NumPy does about overflow and invalid values", "np.seterr back after the import",
        State.NOTE,
    ),
    "print options": Probe(
        _print_options, "changes how NumPy prints arrays", "np.set_printoptions() after the import", State.NOTE
    ),
}  # fmt: skip
"""Name -> probe."""


def taken() -> dict[str, Any]:
    """Return what every probe reads now; one that cannot read is left out."""
    found = {}
    for name, probe in PROBES.items():
        try:
            found[name] = probe.read()
        except Exception:  # another version of Hypothesis keeps it elsewhere
            continue
    return found
