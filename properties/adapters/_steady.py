"""`steady`: a layer that draws the same random numbers at every call, and so has a gradient like any other.

It keeps its form, object, pair or function, and with that everything its gradient is claimed for: an object remains
one of a class that differs by its forward alone, so that copies of it are as steady as it is.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from ._seeded import keywords_of
from ._stream import Stream


def steady(thing: Any, seed: int, told: Mapping[str, Any]) -> Any:
    """Return `thing` with its numbers drawn from `seed` at every call, and `told` as keywords of its forward.

    It holds copies of what it is bound to: an object, or the object that the functions of a pair are methods of.
    """
    if isinstance(thing, tuple):
        return _pair(thing, seed, told)
    if not hasattr(thing, "forward") or inspect.isclass(thing):
        return _call(thing, seed, told)
    return _object(thing, "forward", seed, told)


def _pair(pair: tuple[Any, ...], seed: int, told: Mapping[str, Any]) -> tuple[Any, ...]:
    forward, *others = pair
    if not inspect.ismethod(forward) or inspect.isclass(forward.__self__):
        return (_call(forward, seed, told), *others)
    owner = _object(forward.__self__, forward.__name__, seed, told)
    mates = (
        getattr(owner, one.__name__) if getattr(one, "__self__", None) is forward.__self__ else one for one in others
    )
    return (getattr(owner, forward.__name__), *mates)


def _object(thing: Any, name: str, seed: int, told: Mapping[str, Any]) -> Any:
    """Return a copy whose method `name` is steady; where its class cannot be another, what it draws is left to it."""
    kind: Any = type(thing)
    maker: Any = type(kind)
    there = copy.deepcopy(thing)
    static = isinstance(inspect.getattr_static(thing, name), staticmethod)
    made = _call(getattr(kind, name, None) or getattr(there, name), seed, told, of_owner=not static)
    space = {name: staticmethod(made) if static else made, "__slots__": (), "__module__": kind.__module__}
    try:
        made_of = maker(kind.__name__, (kind,), {**space, "__qualname__": kind.__qualname__})
        object.__setattr__(there, "__class__", made_of)
    except Exception:  # it is of no class that others derive from; a law says that two of its calls differ
        return there
    return there


def _call(call: Callable[..., Any], seed: int, told: Mapping[str, Any], *, of_owner: bool = False) -> Any:
    @wraps(call)
    def drawing(*inputs: Any, **more: Any) -> Any:
        keywords = keywords_of(call, seed)
        with Stream((call, inputs[0] if of_owner else None, keywords), seed):
            return call(*inputs, **keywords, **{**told, **more})

    return drawing
