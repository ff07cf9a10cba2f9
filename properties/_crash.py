"""A subject's own exception, as a finding: nothing is swallowed, and nothing else stops."""

from __future__ import annotations

import traceback

from ..report import Finding
from ..subjects._frames import ours

FRAMES = 4
"""How many of the last frames are shown; of those through which it was called, none."""


def crash(name: str, where: str, error: BaseException, location: tuple[str, int] | None) -> Finding:
    """Return the finding that says that the subject raised `error`."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not ours(frame.filename)] or frames
    lines = [f"{frame.filename}:{frame.lineno} in {frame.name}: {frame.line}" for frame in theirs[-FRAMES:]]
    if location is not None:  # the line of its own file at which it was raised says more than where it begins
        inside = [frame.lineno for frame in frames if frame.filename == location[0] and frame.lineno]
        location = (location[0], inside[-1]) if inside else location
    sentence = _sentence(error)
    return Finding("GC907", f"`{name}` raised {sentence} ({where})", location=location, detail=(*lines, sentence))


def _sentence(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
