"""A layer whose parameters are not where they started: a mistake that gamma = 1 or W = 0 hides shows elsewhere.

Only parameters are moved, which have a gradient; running statistics and settings stay. A parameter stays where its
kind lives: positive ones positive, those inside (0, 1) inside, all others either way by half of their size.
"""

from __future__ import annotations

import copy
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...subjects import adapt as as_subject
from ...subjects.layers._parameters import candidates

Array = NDArray[Any]

HOME = "as they are"
PLACES = (HOME, "moved (1)", "moved (2)", "moved (3)")
"""Where parameters may be; the first is where shrinking ends."""

SHARE = 0.5


def parameters_of(thing: Any, inputs: Sequence[Any], options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the parameters of a layer object that can be moved."""
    if not (hasattr(thing, "forward") and hasattr(thing, "backward")) or "params" in options:
        return ()
    try:
        leaves = as_subject(copy.deepcopy(thing), tuple(inputs), dict(options)).leaves
    except Exception:  # a law, or the check, says what it raises
        return ()
    known = {leaf.path for leaf in leaves}
    return tuple(name for name, value in candidates(thing) if f"params[{name!r}]" in known and _movable(value))


def moved(thing: Any, names: Sequence[str], place: str, inputs: Sequence[Any]) -> Any:
    """Return a copy of `thing` with its parameters at `place`; `thing` itself where it has no finite output there."""
    if place == HOME or not names:
        return thing
    there = copy.deepcopy(thing)
    for name, value in candidates(there):
        if name in names:
            value[...] = moved_value(name, value, place)
    try:
        out = copy.deepcopy(there).forward(*copy.deepcopy(tuple(inputs)))
    except Exception:  # it does not live there
        return thing
    return there if _is_finite(out) else thing


def moved_value(name: str, value: Array, place: str) -> Array:
    """Return a parameter at `place`, in three digits.

    >>> moved_value("gamma", np.ones(2), HOME), bool((moved_value("gamma", np.ones(2), PLACES[1]) > 0).all())
    (array([1., 1.]), True)
    """
    if place == HOME:
        return np.array(value)
    by = SHARE * np.random.default_rng(zlib.crc32(f"{name} {place}".encode())).standard_normal(value.shape)
    if (value > 0).all() and (value < 1).all():
        there = 1 / (1 + (1 / value - 1) * np.exp(-by))
    elif (value > 0).all():
        there = value * np.exp(by)
    else:
        there = value + (float(np.sqrt(np.mean(np.square(value)))) or 1.0) * by
    rounded = [float(f"{number:.3g}") for number in there.flat]
    return np.array(rounded, value.dtype).reshape(value.shape)


def _movable(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > 0 and value.flags.writeable


def _is_finite(out: Any) -> bool:
    parts = out if isinstance(out, (tuple, list)) else (out,)
    return all(np.isfinite(np.asarray(part, dtype=complex)).all() for part in parts)
