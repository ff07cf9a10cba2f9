"""The kind of a subject that nobody declared, from what it can do."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ..subjects import KINDS, Declaration
from ..subjects.functions._beside import derivative_beside
from .adapters._names import MEAN, SCALE, find


def guess_kind(declaration: Declaration) -> str:
    """Return the kind that the methods or the signature of a subject tell.

    Raises
    ------
    InvalidArgument
        They do not tell.
    """
    thing = declaration.thing
    if hasattr(thing, "fit") and hasattr(thing, "transform"):
        return "preprocessor"
    if hasattr(thing, "forward") and hasattr(thing, "backward"):
        return "normalization" if find(thing, SCALE) and find(thing, MEAN) else "layer"
    if isinstance(thing, tuple):
        return "layer"
    if callable(thing) and _is_initializer(thing):
        return "initializer"
    if callable(thing) and _is_activation(declaration):
        return "activation"
    raise InvalidArgument(
        f"the kind of {declaration.name!r} is told neither by its methods nor by its arguments; declare it as "
        f"gradcheck.subject({declaration.name}, kind=...), one of {', '.join(KINDS)}"
    )


def _is_initializer(thing: Any) -> bool:
    try:
        names = set(inspect.signature(thing).parameters)
    except (TypeError, ValueError):
        return False
    return {"fan_in", "fan_out"} <= names


def _is_activation(declaration: Declaration) -> bool:
    thing = declaration.thing
    if "derivative" in declaration.options or derivative_beside(thing) is not None:
        return True
    return isinstance(thing, np.ufunc) and thing.nin == thing.nout == 1
