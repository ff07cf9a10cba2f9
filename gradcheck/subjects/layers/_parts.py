"""Which layers are called inside of a layer, and with what.

A call is overheard in the class, by ``forward`` or as ``layer(x)``, so that layers with ``__slots__`` are heard, too;
where a layer has a forward of its own, in the layer. Only those inside are noted, and all is put back afterwards.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import wraps
from types import FunctionType
from typing import Any

import numpy as np

from .._copying import is_same
from .._subject import MOST_USES, Part
from ._calling import forward_of


class OnCopies:
    """A layer that is handed copies, which it may write into, and keywords that have no place among the inputs."""

    def __init__(self, layer: Any, keywords: dict[str, Any]) -> None:
        self.layer, self.keywords, self.backward = layer, keywords, layer.backward

    def forward(self, *inputs: Any) -> Any:
        """Call the layer."""
        return forward_of(self.layer)(*_copies(inputs), **self.keywords)


class Overheard:
    """The calls of some layers, the first few of each, in the order in which they return."""

    def __init__(self, layers: Sequence[tuple[str, Any]]) -> None:
        self.parts: list[Part] = []
        self._names = {id(layer): name for name, layer in layers}
        self._layers = [layer for _, layer in layers]
        self._uses: Counter[int] = Counter()
        self._running: set[int] = set()

    def during(self, run: Callable[[], Any]) -> list[Part]:
        """Return the layers that `run` calls."""
        with ExitStack() as undo:
            for layer in self._layers:
                for name in ("forward", "__call__"):
                    self._listen(layer, name, undo)
            run()
        return self.parts

    def _listen(self, layer: Any, name: str, undo: ExitStack) -> None:
        kind, own = type(layer), getattr(layer, "__dict__", {}).get(name)
        method = inspect.getattr_static(kind, name, None)
        if name == "forward" and callable(own):
            undo.callback(setattr, layer, name, own)
            setattr(layer, name, lambda *inputs, **keywords: self._called(layer, own, inputs, keywords))
        elif isinstance(method, FunctionType):
            undo.callback(setattr, kind, name, method) if name in vars(kind) else undo.callback(delattr, kind, name)
            setattr(kind, name, self._noting(method))

    def _noting(self, method: FunctionType) -> Callable[..., Any]:
        @wraps(method)
        def noted(layer: Any, *inputs: Any, **keywords: Any) -> Any:
            return self._called(layer, method.__get__(layer), inputs, keywords)

        return noted

    def _called(self, layer: Any, forward: Any, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Call `forward`, and note it, unless it is called by another name of itself."""
        if id(layer) not in self._names or id(layer) in self._running:
            return forward(*inputs, **keywords)
        given, named = _placed(forward, inputs, keywords)
        kept = _copies(given)
        self._running.add(id(layer))
        try:
            out = forward(*inputs, **keywords)
        finally:
            self._running.remove(id(layer))
        self._uses[id(layer)] += 1
        if self._uses[id(layer)] <= MOST_USES:
            plain = not named and all(map(_same, kept, given))
            self._keep(layer, layer if plain else OnCopies(layer, named), kept)
        return out

    def _keep(self, layer: Any, thing: Any, inputs: tuple[Any, ...]) -> None:
        kind, name = type(layer), self._names[id(layer)]
        backward = getattr(kind, "backward", layer.backward)
        self.parts.append(Part(name, kind.__name__, backward, thing, inputs, self._uses[id(layer)]))


def _placed(
    forward: Any, inputs: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call by position, as far as they have one."""
    if not keywords:
        return inputs, keywords
    bound = inspect.signature(forward).bind(*inputs, **keywords)
    return bound.args, bound.kwargs


def _copies(inputs: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(np.array(value) if isinstance(value, np.ndarray) else value for value in inputs)


def _same(kept: Any, now: Any) -> bool:
    """Whether an array is still what it was; nothing else is looked at."""
    return not isinstance(kept, np.ndarray) or is_same(np.asarray(now), kept)
