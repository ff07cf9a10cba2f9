"""A trial call, by which an adapter finds out how a thing is called; what the thing itself raises is kept."""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..._errors import InvalidArgument

_HERE = str(Path(__file__).parent)


def tried(call: Callable[..., Any], *arguments: Any, **how: Any) -> tuple[Any, Exception | None]:
    """Return what a call returned and None, or None and what it raised."""
    try:
        return call(*arguments, **how), None
    except Exception as error:  # that is the answer
        return None, error


def instance(thing: Any, name: str) -> Any:
    """Return an instance of a class that is made without arguments; what is no class as it is.

    Raises
    ------
    InvalidArgument
        The class needs arguments.
    """
    if not isinstance(thing, type):
        return thing
    made, error = tried(thing)
    if error is not None:
        raise InvalidArgument(
            f"{name!r} is a class, and {thing.__name__}() raised {type(error).__name__}: {error}; declare an instance"
        ) from error
    return made


def seen_as(call: Callable[..., Any], original: Callable[..., Any]) -> Callable[..., Any]:
    """Return `call`, with its own arguments, as a function that reports name and locate as `original`."""

    @functools.wraps(original)
    def called(*arguments: Any, **how: Any) -> Any:
        return call(*arguments, **how)

    called.__signature__ = inspect.signature(call)  # type: ignore[attr-defined]
    return called


def own(errors: Iterable[Exception | None]) -> Exception | None:
    """Return the first error raised inside the thing: one at the call says only that it is called otherwise."""
    return next(
        (error for error in errors if error is not None and not _last(error).filename.startswith(_HERE)), None
    )


def told(error: Exception) -> str:
    """Return an error in a few words: its type, its message, its place."""
    frame, said = _last(error), " ".join(str(error).split())
    place = f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}"
    return f"{type(error).__name__}{f': {said}' if said else ''} ({place})"


def _last(error: Exception) -> traceback.FrameSummary:
    return traceback.extract_tb(error.__traceback__)[-1]
