"""`subject`: a thing, the kind it is of, what is known about it, and inputs to try it on."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import entry_points
from typing import Any

from .._errors import InvalidArgument
from ._keywords import OPTIONS, refuse_unknown_options
from ._traits import Traits, known_kinds


@dataclass(frozen=True, slots=True)
class Declaration:
    """A subject as its author declared it; `gradcheck.subject` makes them.

    ``inputs`` are example inputs, ``options`` the keyword options of `gradcheck.check` that belong to it; ``origin``
    is the target that finds it again, where it was found by one.
    """

    thing: Any
    name: str
    kind: str | None = None
    traits: Traits = Traits()
    inputs: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    expected_failures: Mapping[str, str] = field(default_factory=dict)
    origin: str | None = None


def subject(
    thing: Any,
    *inputs: Any,
    kind: str | None = None,
    name: str | None = None,
    traits: Traits | Mapping[str, object] | None = None,
    expected_failures: Mapping[str, str] | None = None,
    **options: Any,
) -> Declaration:
    """Declare something to check.

    Parameters
    ----------
    thing
        A function, a ``(forward, backward)`` pair, a layer object, a class or factory of one.
    *inputs
        Example inputs of one call; needed where `kind` is not given.
    kind
        One of ``activation``, ``preprocessor``, ``initializer``, ``normalization``, ``layer``, ``loss``,
        ``regularizer``, ``optimizer``: the suite of that kind is run.
    name
        What reports call it; its own name by default.
    traits
        Declared facts, see `gradcheck.Traits`.
    expected_failures
        ``{code: reason}``: laws known to fail. A law that passes in spite of it is reported; so is an empty reason.
    **options
        Keyword options of `gradcheck.check`, such as ``derivative=`` or ``params=``.

    Raises
    ------
    InvalidArgument
        `kind`, a trait or an option is unknown, or a failure is expected without a reason.

    Examples
    --------
    >>> import numpy as np
    >>> gradcheck.subject(np.tanh, kind="activation", derivative=lambda x: 1 - np.tanh(x) ** 2).name
    'tanh'

    """
    if kind is not None and kind not in known_kinds():
        load_suites()  # another package may bring it
        if kind not in known_kinds():
            raise InvalidArgument(f"kind={kind!r} is not a kind of subject; the kinds are {', '.join(known_kinds())}")
    refuse_unknown_options(options, (*OPTIONS, "kind", "name", "traits", "expected_failures"), "a subject")
    refuse_empty_reasons(expected_failures or {})
    return Declaration(
        thing, name or name_of(thing), kind, Traits.of(traits), inputs, options, dict(expected_failures or {})
    )


def load_suites() -> None:
    """Import what other packages declare in the group ``gradcheck.suites``; what is broken is told by the suite."""
    for point in entry_points(group="gradcheck.suites"):
        with suppress(Exception):
            point.load()


def refuse_empty_reasons(expected: Mapping[str, object]) -> None:
    """Raise `InvalidArgument` where a failure is expected without a reason: in a year nobody knows it any more."""
    if not isinstance(expected, Mapping):
        raise InvalidArgument(f"expected_failures={expected!r} must be a dictionary {{code: reason}}")
    for code, reason in expected.items():
        if not isinstance(reason, str) or not reason.strip():
            raise InvalidArgument(
                f"expected_failures={{{code!r}: {reason!r}}} gives no reason; say why it fails, such as the number "
                "of an issue"
            )


def name_of(thing: Any) -> str:
    """Return what a person would call `thing`: its own name, or the name of its class."""
    if isinstance(thing, Declaration):
        return thing.name
    if isinstance(thing, tuple) and thing:
        return name_of(thing[0])
    name = getattr(thing, "__name__", None)
    if not isinstance(name, str):
        inner = getattr(thing, "func", None)  # functools.partial
        name = name_of(inner) if callable(inner) else type(thing).__name__
    return name


_SOURCE = 40
"""Lines of source that a finding carries."""


def source_of(thing: Any) -> tuple[str, ...]:
    """Return the lines of the source of `thing`, 40 at most; none where Python knows none."""
    try:
        lines, _ = inspect.getsourcelines(_code_of(thing))
    except (TypeError, OSError):
        return ()
    return tuple(line.rstrip("\n") for line in lines[:_SOURCE])


def location_of(thing: Any) -> tuple[str, int] | None:
    """Return ``(file, line)`` of the source of `thing`, or None where Python knows none."""
    target = _code_of(thing)
    try:
        file, (_, line) = inspect.getsourcefile(target), inspect.getsourcelines(target)
    except (TypeError, OSError):
        return None
    return (file, max(line, 1)) if file else None


def _code_of(thing: Any) -> Any:
    """Return the function or class whose source `thing` is: the backward of a pair, what a wrapper calls."""
    if isinstance(thing, tuple) and thing:
        return _code_of(thing[-1])
    if isinstance(thing, partial):
        return _code_of(thing.func)
    inner = _unwrapped(thing)
    return inner if inspect.isroutine(inner) or inspect.isclass(inner) else _unwrapped(type(inner))


def _unwrapped(thing: Any) -> Any:
    """Return what `thing` wraps; one that has taken the name of a function in its closure wraps that, too."""
    try:
        inner = inspect.unwrap(thing)
        code, cells = getattr(inner, "__code__", None), getattr(inner, "__closure__", None)
        if code is None or not cells or code.co_name == inner.__name__:
            return inner
        named = [cell.cell_contents for cell in cells if inspect.isfunction(cell.cell_contents)]
    except Exception:  # whatever it answers to the question for __wrapped__; a cell may be empty
        return thing
    return next((function for function in named if function.__name__ == inner.__name__), inner)
