"""What adapters share: declared facts come first, inferred ones fill the gaps, all are listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from ...subjects import Traits

Fact = tuple[str, str, str]
"""Trait, value, and ``"declared"`` or ``"inferred"``."""


SINGLE = "single"
"""The ability of a subject that calculates in float32 whatever it is given: what is drawn for it is float32, too."""

MEANS = {"momentum": " (the weight of the new batch)"}
"""Trait -> what its number is, where two conventions are in use."""


def merge(declared: Traits, inferred: Mapping[str, Any]) -> tuple[Traits, tuple[Fact, ...]]:
    """Return `declared` with its gaps filled from `inferred`, and all the facts in words."""
    gaps = {name: value for name, value in inferred.items() if getattr(declared, name) is None}
    traits = replace(declared, **gaps)
    return traits, tuple(
        (
            field.name,
            _words(getattr(traits, field.name)) + MEANS.get(field.name, ""),
            "inferred" if field.name in gaps else "declared",
        )
        for field in fields(traits)
        if getattr(traits, field.name) is not None
    )


def is_single(call: Callable[..., Any], *arguments: Any) -> bool:
    """Say whether a call with arrays of float64 returns one of float32."""
    try:
        return bool(getattr(call(*arguments), "dtype", None) == np.float32)
    except Exception:  # a law says what it raises
        return False


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple):
        return f"({', '.join(_words(item) for item in value)})"
    return str(getattr(value, "__name__", value))
