"""How a layer object is called: its forward, and the form in which its backward takes the upstream.

============================  ========================================================================
``backward(self, dout)``      one upstream; a tuple or a dictionary of them where forward returns those
``backward(self, da, db)``    one argument per output
``backward(self)``            none: a loss, whose gradient is that of one number
============================  ========================================================================
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from math import prod
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..._errors import InvalidArgument
from .._subject import Array, packed

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def is_layer(thing: Any) -> bool:
    """Whether `thing` is an object with a forward, by that name or as a call, and with a backward."""
    has_backward = callable(getattr(thing, "backward", None))
    return callable(getattr(thing, "forward", None)) or (
        has_backward and callable(thing) and not inspect.isroutine(thing) and not inspect.isclass(thing)
    )


def takes_cache(thing: Any) -> bool:
    """Whether forward and backward of `thing` are static: then what backward needs is handed to it, as to a pair."""
    static = [isinstance(inspect.getattr_static(thing, name, None), staticmethod) for name in ("forward", "backward")]
    return all(static) and _places(thing.backward)[0] == 2


def refuse_uncallable(function: Callable[..., Any], arguments: Sequence[str], role: str) -> None:
    """Raise `InvalidArgument` where `function` does not take as many arguments as it will be called with."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*arguments)
    except TypeError as error:
        raise InvalidArgument(
            f"{role} is called with ({', '.join(arguments)}), but takes ({', '.join(signature.parameters)}): {error}"
        ) from None


def forward_of(layer: Any) -> Callable[..., Any]:
    """Return ``layer.forward``, or the layer itself where calling it is its forward."""
    forward = getattr(layer, "forward", None)
    found: Callable[..., Any] = forward if callable(forward) else layer
    return found


def takes_upstream(layer: Any) -> bool:
    """Whether the backward of `layer` has a place for an upstream."""
    return _places(layer.backward) != (0, 0)


def pull_back(layer: Any, name: str, outputs: dict[str, Any], upstreams: Sequence[Array]) -> Any:
    """Call the backward of `layer`, the upstreams in the form that it takes.

    Raises
    ------
    InvalidArgument
        It takes none, and the output is not one number.

    """
    least, most = _places(layer.backward)
    if most == 0:
        _refuse_many(name, outputs)
        return layer.backward()
    if len(upstreams) > 1 and least == len(upstreams):
        return layer.backward(*upstreams)
    try:
        return layer.backward(packed(outputs, upstreams))
    except Exception as error:
        if len(upstreams) > 1:
            error.add_note(
                f"{name}.forward returned {len(outputs)} outputs, so its backward got as many upstreams as one "
                f"{type(packed(outputs, upstreams)).__name__}; a forward that keeps a cache returns the output alone"
            )
        raise


def _refuse_many(name: str, outputs: dict[str, Any]) -> None:
    shapes = [np.shape(out) for out in outputs.values()]
    if len(shapes) > 1 or prod(shapes[0]) != 1:
        said = ", ".join(map(str, shapes))
        raise InvalidArgument(
            f"backward of {name} takes no upstream, as a loss may do whose forward returns one number, but its "
            f"forward returned shape {said}; write backward(self, dout)"
        )


def _places(backward: Callable[..., Any]) -> tuple[int, int]:
    """Return how many positional arguments `backward` needs, and how many it takes; (1, 1) where unknown.

    Methods are remembered: reading a signature takes longer than many a backward.
    """
    method = getattr(backward, "__func__", None)
    if not isinstance(method, FunctionType):
        return _read_places(backward)
    if method not in _remembered:
        _remembered[method] = _read_places(backward)
    return _remembered[method]


_remembered: WeakKeyDictionary[FunctionType, tuple[int, int]] = WeakKeyDictionary()


def _read_places(backward: Callable[..., Any]) -> tuple[int, int]:
    try:
        parameters = inspect.signature(backward).parameters.values()
    except (TypeError, ValueError):
        return 1, 1
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters):
        return 1, 1
    positional = [p for p in parameters if p.kind in _POSITIONAL]
    return sum(p.default is p.empty for p in positional), len(positional)
