"""What is said where a subject raises: its own frames, without ours; and whose fault it is."""

from __future__ import annotations

import traceback

from .._errors import GradcheckError
from ..report import Finding
from ..subjects import Declaration, location_of
from ._frames import ours

_FRAMES = 6


def crash_finding(declaration: Declaration, error: BaseException) -> Finding:
    """Return the finding for an exception that ended the check of a subject."""
    said = " ".join(str(error).split())
    if isinstance(error, GradcheckError):
        title = f"`{declaration.name}` cannot be checked as it is declared: {said}"
        return Finding("GC907", title, location=location_of(declaration.thing))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not ours(frame.filename)]
    place = (frames[-1].filename, frames[-1].lineno or 1) if frames else location_of(declaration.thing)
    kind = type(error).__name__
    title = f"`{declaration.name}` raised {kind}: {said}" if said else f"`{declaration.name}` raised {kind}"
    shown = "".join(traceback.format_list(frames[-_FRAMES:])) + "".join(traceback.format_exception_only(error))
    return Finding("GC907", title, location=place, detail=tuple(shown.rstrip().split("\n")))


def is_our_fault(error: BaseException) -> bool:
    """Say whether every frame of the traceback is gradcheck's own: then no code of the user was involved.

    Memory may run out anywhere, because of what the subject holds.
    """
    frames = traceback.extract_tb(error.__traceback__)
    return not isinstance(error, (GradcheckError, MemoryError)) and all(ours(frame.filename) for frame in frames)
