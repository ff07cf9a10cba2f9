"""`Seeded`: a layer, as an object or as a pair, whose random numbers come from a seed."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps
from typing import Any

import numpy as np

from ._stream import Stream

GENERATORS = ("rng", "generator", "random", "random_state", "_rng")
SEEDS = ("seed", "rng_seed")


class Seeded:
    """A layer called as ``forward(x)`` and ``backward(upstream, *cache)``.

    With a `seed`, every generator that it can reach, or that its forward takes as a keyword, starts there, and goes
    on from call to call; those of others are put back. Without one nothing is touched. What it writes into is a copy.
    """

    def __init__(self, thing: Any, rest: tuple[Any, ...], seed: int | None) -> None:
        self._thing, self._rest = thing, rest
        self._inner = thing[0] if isinstance(thing, tuple) else getattr(thing, "forward", thing)
        self._keywords = {} if seed is None else keywords_of(self._inner, seed)
        self._stream = nullcontext() if seed is None else Stream((thing, self._keywords), seed)

        @wraps(self._inner)  # so that its keywords can be read off
        def forward(x: Any, **mode: Any) -> Any:
            return self._called(x, mode)

        self.forward = forward

    def _called(self, x: Any, mode: dict[str, Any]) -> Any:
        with self._stream:
            return self._inner(copy.deepcopy(x), *copy.deepcopy(self._rest), **self._keywords, **mode)

    def backward(self, upstream: Any, *cache: Any) -> Any:
        """Return the gradient."""
        backward = self._thing[1] if isinstance(self._thing, tuple) else self._thing.backward
        with self._stream:
            return backward(upstream, *cache)

    @property
    def drawn(self) -> bool:
        """Whether it has drawn any number, where it has a seed."""
        return isinstance(self._stream, Stream) and self._stream.drawn

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._thing, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set what is the layer's own on the layer."""
        own = name.startswith("_") or name == "forward"
        object.__setattr__(self if own else self._thing, name, value)


def keywords_of(forward: Any, seed: int) -> dict[str, Any]:
    """Return the keyword by which `forward` takes a generator, or a seed, with one that starts at `seed`."""
    try:
        names = set(inspect.signature(forward).parameters)
    except (TypeError, ValueError):
        return {}
    generator = next((name for name in GENERATORS if name in names), None)
    number = next((name for name in SEEDS if name in names), None)
    if generator:
        return {generator: np.random.default_rng(seed)}
    return {number: seed} if number else {}


def _reseed(thing: Any, seed: int) -> bool:
    for name in GENERATORS:
        held = getattr(thing, name, None)
        if isinstance(held, np.random.Generator):
            setattr(thing, name, np.random.default_rng(seed))
            return True
        if isinstance(held, np.random.RandomState):
            held.seed(seed)
            return True
    return False


def reseeded(thing: Any, seed: int) -> Any | None:
    """Return a copy of an object whose own generator, or seed, starts at `seed`; None where it has neither."""
    if inspect.isroutine(thing):
        return None
    number = next((name for name in SEEDS if name in getattr(thing, "__dict__", {})), None)
    fresh = copy.deepcopy(thing) if number or any(hasattr(thing, name) for name in GENERATORS) else thing
    if fresh is thing or not (_reseed(fresh, seed) or number):
        return None
    if number:
        setattr(fresh, number, seed)
    return fresh


@contextmanager
def global_seed(seed: int) -> Iterator[None]:
    """Seed NumPy's global generator, which the subject draws from, and put back its state."""
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed % 2**32)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
