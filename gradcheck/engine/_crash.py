"""What is said where a subject raises: its own frames, without ours; and whose fault it is."""

from __future__ import annotations

import traceback

from .._errors import GradcheckError
from ..report import Finding
from ..subjects import Declaration, location_of
from ..subjects._frames import ours

_FRAMES = 6


def crash_finding(declaration: Declaration, error: BaseException) -> Finding:
    """Return the finding for an exception that ended the check of a subject."""
    said, home = " ".join(str(error).split()), location_of(declaration.thing)
    if isinstance(error, GradcheckError):
        title = f"`{declaration.name}` cannot be checked as it is declared: {said}"
        place, detail = (None, ()) if error.__cause__ is None else _place(error.__cause__, home)
        return Finding("GC907", title, location=place or home, detail=detail)
    place, detail = _place(error, home)
    kind = type(error).__name__
    title = f"`{declaration.name}` raised {kind}: {said}" if said else f"`{declaration.name}` raised {kind}"
    return Finding("GC907", title, location=place or home, detail=detail)


def _place(error: BaseException, home: tuple[str, int] | None) -> tuple[tuple[str, int] | None, tuple[str, ...]]:
    """Return where an error was raised in code that is not ours, at best in its own file, and the traceback."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not ours(frame.filename)]
    if not frames:
        return None, tuple("".join(traceback.format_exception_only(error)).rstrip().split("\n"))
    shown = "".join(traceback.format_list(frames[-_FRAMES:])) + "".join(traceback.format_exception_only(error))
    inside = [frame for frame in frames if home is not None and frame.filename == home[0]] or frames
    return (inside[-1].filename, inside[-1].lineno or 1), tuple(shown.rstrip().split("\n"))


def is_our_fault(error: BaseException) -> bool:
    """Say whether every frame of the traceback is gradcheck's own: then no code of the user was involved.

    Memory may run out anywhere, because of what the subject holds.
    """
    frames = traceback.extract_tb(error.__traceback__)
    return not isinstance(error, (GradcheckError, MemoryError)) and all(ours(frame.filename) for frame in frames)
