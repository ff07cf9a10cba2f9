"""What adapters share: declared facts come first, inferred ones fill the gaps, all are listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from ...subjects import Traits

Fact = tuple[str, str, str]
"""Trait, value, and ``"declared"`` or ``"inferred"``."""


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


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple):
        return f"({', '.join(_words(item) for item in value)})"
    return str(getattr(value, "__name__", value))
