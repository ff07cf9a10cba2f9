"""A trial call, by which an adapter finds out how a thing is called; what the thing itself raises is kept."""

from __future__ import annotations

import copy
import functools
import inspect
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

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
    return constructed(thing, name=name) if isinstance(thing, type) else thing


def constructed(maker: Callable[..., Any], *arguments: Any, name: str, **how: Any) -> Any:
    """Return what a class or a factory makes of what it is called with.

    Raises
    ------
    InvalidArgument
        It wants other arguments, or raises.
    """
    out, error = tried(maker, *arguments, **how)
    if error is None:
        return out
    own_name = getattr(maker, "__name__", name)
    called = f"{own_name}({', '.join([*map(repr, arguments), *(f'{key}={value!r}' for key, value in how.items())])})"
    if not _last(error).filename.startswith(_HERE):
        raise InvalidArgument(
            f"{name!r} cannot be made: {called} raised {told(error)}; declare an instance"
        ) from error
    *others, last = wanted = _wanted(maker) or ["no such arguments"]
    listed = f"{', '.join(others)} and {last}" if others else last
    way = ", ".join(f"{argument}=..." for argument in wanted if argument.isidentifier())
    raise InvalidArgument(
        f"{name!r} takes {listed}, and a suite calls {called}; declare an instance, such as {own_name}({way})"
    ) from None


def copyable(thing: Any, name: str) -> Any:
    """Return what a suite calls copies of.

    Raises
    ------
    InvalidArgument
        It is an object that cannot be copied.
    """
    makes = inspect.isroutine(thing) or isinstance(thing, (type, functools.partial))
    _, error = (None, None) if makes else tried(copy.deepcopy, thing)
    if error is not None:
        raise InvalidArgument(
            f"{name!r} cannot be copied ({type(error).__name__}: {error}), and a suite calls copies of it; leave "
            "that out of it, or give it a __deepcopy__"
        ) from error
    return thing


def accepted(call: Callable[..., Any], *arguments: Any, name: str, how: str) -> None:
    """Refuse what cannot be called like its kind, or returns no array of numbers; laws tell what it raises.

    Raises
    ------
    InvalidArgument
        It takes other arguments, or returns nothing, or something else; `how` says how its kind is called.
    """
    out, error = tried(call, *arguments)
    if isinstance(error, TypeError) and own([error]) is None:
        raise InvalidArgument(f"{name!r} cannot be called as {how}: {error}") from error
    if error is None and not is_numeric(out):
        raise InvalidArgument(f"{name!r} returned {in_words(out)}; an array of numbers is asked of {how}")


def is_numeric(value: Any) -> bool:
    """Say whether `value` is an array of numbers, or a list or a number that can be one."""
    array, _ = tried(np.asarray, value)
    return array is not None and array.dtype.kind not in "OSUmM"


def in_words(value: Any) -> str:
    """Return what was returned in place of numbers, in words."""
    return "nothing" if value is None else f"a {type(value).__name__}"


def _wanted(maker: Callable[..., Any]) -> list[str]:
    """Return the arguments without which `maker` cannot be called."""
    try:
        parameters = inspect.signature(maker).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


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
