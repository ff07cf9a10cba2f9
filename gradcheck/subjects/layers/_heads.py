"""How many heads a layer has, where it says so: a whole number of such a name that it holds, is handed, or reads.

===================================  ======================================================
``layer.num_heads = 4``              an attribute, of the layer or of one inside
``check((f, b), x, w, 4)``           an argument whose name in ``f`` is ``heads``
``def f(x, w, heads=4)``             a default of forward or backward
``HEADS = 4``                        a variable that either of them reads
===================================  ======================================================

Nothing is told from shapes. Two different numbers tell nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from .._subject import Subject

NAMES = frozenset(
    {"heads", "n_heads", "num_heads", "n_head", "num_head", "nhead", "nheads", "head_count", "num_attention_heads"}
)


def heads_of(subject: Subject) -> int | None:
    """Return the number of heads that `subject` tells of; None where there is none, or more than one."""
    named = [*subject.settings(), *read_by(subject.backward)]
    found = {_count(value) for name, value in named if name.lower().strip("_") in NAMES} - {None}
    return found.pop() if len(found) == 1 else None


def _count(value: Any) -> int | None:
    """Return a whole number above 1; None where `value` is none."""
    if not isinstance(value, (int, np.integer, np.ndarray)):
        return None
    array = np.asarray(value)
    return int(array) if array.ndim == 0 and array.dtype.kind in "iu" and array > 1 else None


def read_by(function: Any) -> Iterator[tuple[str, Any]]:
    """Yield the defaults of a function, and the variables from outside that it reads, by name."""
    try:
        parameters = inspect.signature(function).parameters.values()
        outside = inspect.getclosurevars(function)
    except (TypeError, ValueError):  # not a function written in Python
        return
    yield from ((p.name, p.default) for p in parameters)
    yield from (*outside.nonlocals.items(), *outside.globals.items())
