"""What a target holds that looks like a subject and was not collected: nobody may believe that it was checked.

A class with a forward and a backward pass, or with ``fit`` and ``transform``, is not built by guesswork, and a pair
``f_forward``, ``f_backward`` is not called so; whoever names them, or declares them, gets them checked.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any

from ._collect import POINTER, Collected, modules_of
from .config import Source

_METHODS = (("forward", "backward"), ("fit", "transform"))


def overlooked(sources: Iterable[Source], collected: Sequence[Collected]) -> list[str]:
    """Return the targets of what was left out, in order."""
    known = {id(part) for item in collected for part in _parts(item.declaration.thing)}
    found = [
        f"{place}:{name}"
        for source in sources
        if source.plain
        for module, place in modules_of(source)
        if not hasattr(module, POINTER)
        for name in _left_out(module, known)
    ]
    return list(dict.fromkeys(found))


def _parts(thing: Any) -> list[Any]:
    """Return what a subject is made of: a pair, an object and its class, a bound method's object."""
    parts = list(thing) if isinstance(thing, tuple) else [thing]
    return [*parts, *(type(part) for part in parts), *(getattr(part, "func", None) for part in parts)]


def _left_out(module: ModuleType, known: set[int]) -> Iterator[str]:
    public = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    for name, value in public.items():
        own = getattr(value, "__module__", None) == module.__name__ and id(value) not in known
        if own and (_is_layer(value) or _is_forward(name, value, public)):
            yield name


def _is_layer(value: Any) -> bool:
    return inspect.isclass(value) and any(
        all(callable(getattr(value, name, None)) for name in names) for names in _METHODS
    )


def _is_forward(name: str, value: Any, public: dict[str, Any]) -> bool:
    backward = f"{name.removesuffix('_forward')}_backward"
    return name.endswith("_forward") and inspect.isfunction(value) and callable(public.get(backward))


def sentence(names: Sequence[str], *, command: str = "run", said: str = "not checked") -> str:
    """Return what is said of what was left out, and how to have it checked; nothing where there is nothing."""
    if not names:
        return ""
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    again = f"gradcheck {command} {names[0]}"
    return f"{said}: {shown}; name what you mean (`{again}`), or declare it with gradcheck.subject"
