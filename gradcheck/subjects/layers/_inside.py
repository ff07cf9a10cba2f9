"""What a layer holds: its attributes, and the layers inside, wherever it keeps them.

In attributes, lists, dictionaries, arrays of objects, and objects that are no layers themselves. A layer inside has a
forward, by that name or as a call, and a backward; or it keeps gradients beside its arrays, whatever its methods are
called. Each is found once, however many ways lead to it, its own holder included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

_BESIDE = ("d{}", "d_{}", "grad_{}", "{}_grad", "{}_gradient", "delta_{}", "grad{}", "g{}")
_HEAP = 1 << 9
"""Flag of a class that was made by a ``class`` statement."""


def held(layer: Any) -> list[tuple[str, Any]]:
    """Return the attributes of `layer`, those in ``__slots__`` among them."""
    slots = [name for kind in type(layer).__mro__ for name in _as_tuple(getattr(kind, "__slots__", ()))]
    named = [name for name in slots if not name.startswith("__")]  # some of those with two raise when they are read
    found = {name: getattr(layer, name) for name in named if hasattr(layer, name)}
    return list({**found, **getattr(layer, "__dict__", {})}.items())


def _as_tuple(names: Any) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def inner_layers(layer: Any, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Yield the layers that `layer` holds, with their paths, but not those inside of them; none that is in `seen`."""
    seen.add(id(layer))
    for name, value in held(layer):
        yield from _reached(value, name, seen)


def all_layers(layer: Any, seen: set[int] | None = None) -> Iterator[Any]:
    """Yield every layer inside `layer`, at any depth."""
    seen = set() if seen is None else seen
    for _, inner in inner_layers(layer, seen):
        yield inner
        yield from all_layers(inner, seen)


def composed_of(layer: Any, prefix: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Any]]:
    """Yield every layer inside `layer` that is called by forward and backward, with its path as one reads it."""
    seen = set() if seen is None else seen
    for path, inner in inner_layers(layer, seen):
        shown = f"{prefix}{path.lstrip('_')}"
        if _has_both(inner):
            yield shown, inner
        yield from composed_of(inner, f"{shown}.", seen)


def _reached(value: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        value = value.ravel().tolist()
    keyed = value.items() if isinstance(value, Mapping) else enumerate(value) if _is_listed(value) else None
    if (keyed is None and not _is_made(value)) or id(value) in seen:
        return
    seen.add(id(value))
    if keyed is None and _is_layer(value):
        yield path, value
        return
    inside = [(f"{path}[{key}]", item) for key, item in keyed] if keyed is not None else []
    for deeper, item in inside or [(f"{path}.{name}", item) for name, item in held(value)]:
        yield from _reached(item, deeper, seen)


def _is_listed(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _is_made(value: Any) -> bool:
    """Whether `value` is an object of a class that was written in Python, and no class or function."""
    return bool(type(value).__flags__ & _HEAP) and not isinstance(value, (type, np.ndarray))


def _has_both(value: Any) -> bool:
    forward = callable(getattr(value, "forward", None)) or callable(value)
    return forward and callable(getattr(value, "backward", None))


def _is_layer(value: Any) -> bool:
    return _has_both(value) or any(beside(value, name) for name, _ in held(value))


def beside(layer: Any, name: str) -> str | None:
    """Return the attribute that holds the gradient of the attribute `name`."""
    return next((gradient for gradient in gradient_names(name) if hasattr(layer, gradient)), None)


@cache
def gradient_names(name: str) -> tuple[str, ...]:
    """Return what the gradient of `name` may be called; that of ``_W`` is ``_dW`` or ``dW``."""
    bare = name.lstrip("_")
    underscores = name[: len(name) - len(bare)]
    return tuple(dict.fromkeys(lead + form.format(bare) for form in _BESIDE for lead in (underscores, "")))
