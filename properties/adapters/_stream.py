"""`Stream`: the random numbers that a thing draws, from a seed on, whatever generator it draws them from.

Generators are found where they are kept: in the thing and in what it holds, in the closures, the defaults and the
module of its functions; Python's and NumPy's global ones belong to everything. Each goes on where the stream left it
and is put back afterwards, so that nobody else's numbers change.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from types import FunctionType, MethodType
from typing import Any

import numpy as np

GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)
GLOBAL: tuple[Any, ...] = (np.random.rand.__self__, random.random.__self__)  # type: ignore[attr-defined]


class Stream:
    """What the generators of `thing` draw from a seed on, call after call: ``with stream: thing(x)``."""

    def __init__(self, thing: Any, seed: int) -> None:
        self._generators = [*generators_of(thing), *GLOBAL]
        self._start = [_start_of(_kind_of(one), seed + k) for k, one in enumerate(self._generators)]
        self._states, self._outside = self._start, self._start

    def __enter__(self) -> None:
        self._outside = self._exchanged(self._states)

    def __exit__(self, *_: object) -> None:
        self._states = self._exchanged(self._outside)

    @property
    def drawn(self) -> bool:
        """Whether any number was drawn."""
        return any(repr(now) != repr(then) for now, then in zip(self._states, self._start, strict=True))

    def _exchanged(self, states: list[Any]) -> list[Any]:
        before = [_state(one) for one in self._generators]
        for one, state in zip(self._generators, states, strict=True):
            _put(one, state)
        return before


def generators_of(thing: Any) -> list[Any]:
    """Return every generator that `thing` can reach without a call of other modules, each once."""
    found: dict[int, Any] = {}
    seen: dict[int, Any] = {}
    waiting = [thing]
    while waiting:
        held = waiting.pop()
        if id(held) in seen:
            continue
        seen[id(held)] = held
        if isinstance(held, GENERATORS):
            found[id(held)] = held
        else:
            waiting.extend(_inside(held))
    return [one for one in found.values() if not any(one is other for other in GLOBAL)]


def _inside(held: Any) -> Iterator[Any]:
    """Yield what may hold generators: arrays, classes and modules do not."""
    if isinstance(held, Mapping):
        yield from held.values()
    elif isinstance(held, (list, tuple)):
        yield from held
    elif isinstance(held, partial):
        yield from (held.func, held.args, held.keywords)
    elif isinstance(held, MethodType):
        yield from (held.__self__, held.__func__)
    elif isinstance(held, FunctionType):
        yield from _named_by(held)
    elif not isinstance(held, (type, np.ndarray)) and type(held).__module__ != "builtins":
        yield from getattr(held, "__dict__", {}).values()
        for kind in type(held).__mro__:
            yield from _of_class(held, kind)


def _of_class(held: Any, kind: type) -> Iterator[Any]:
    """Yield what `kind`, one of the classes of `held`, says of it: its slots, its functions, its own generators."""
    slots = vars(kind).get("__slots__", ())
    yield from (getattr(held, name, None) for name in ((slots,) if isinstance(slots, str) else slots))
    functions = (getattr(value, "__func__", value) for value in vars(kind).values())
    yield from (value for value in functions if isinstance(value, (FunctionType, *GENERATORS)))


def _named_by(function: FunctionType) -> Iterator[Any]:
    """Yield what a function closes over, its defaults, and generators and functions of its module that it names."""
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not yet filled
            continue
    yield from (function.__defaults__, function.__kwdefaults__)
    for name in function.__code__.co_names:
        value = function.__globals__.get(name)
        own = isinstance(value, FunctionType) and value.__globals__ is function.__globals__
        if own or isinstance(value, GENERATORS):
            yield value


def _kind_of(generator: Any) -> type:
    kind: type = type(generator.bit_generator if isinstance(generator, np.random.Generator) else generator)
    return kind


@lru_cache(maxsize=1024)
def _start_of(kind: Any, seed: int) -> Any:
    """Return the state in which a generator of that kind starts from `seed`."""
    return _state(kind(seed % 2**32))


def _state(generator: Any) -> Any:
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    if isinstance(generator, random.Random):
        return generator.getstate()
    return generator.get_state(legacy=False) if isinstance(generator, np.random.RandomState) else generator.state


def _put(generator: Any, state: Any) -> None:
    if isinstance(generator, np.random.Generator):
        generator.bit_generator.state = state
    elif isinstance(generator, random.Random):
        generator.setstate(state)
    else:
        generator.set_state(state)
