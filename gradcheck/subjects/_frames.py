"""Whose code a frame of a traceback is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def ours(file: str) -> bool:
    """Say whether `file` is part of gradcheck; the reference library is not: it is a subject like others."""
    path = Path(file)
    if path.is_relative_to(_PACKAGE / "reference"):
        return False
    # In a checkout the property suites stand beside the package.
    return path.is_relative_to(_PACKAGE) or path.is_relative_to(_PACKAGE.parent / "properties")
