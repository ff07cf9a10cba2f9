"""How a class is called: with nothing where that will do, with a width where it needs one or says that it takes one.

    Class(momentum=0.1) -> Class()      Class(n) -> Class(width)      Class(width=64) -> Class(width)

A first argument with a default may be anything: a share, an axis, the side of a window. Only its name tells a width.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ...subjects import name_of
from ._adapted import Fact
from ._names import WIDTHS


def arguments_of(maker: Callable[..., Any], width: int, *beside: int) -> tuple[int, ...]:
    """Return what a class or a factory is called with; `beside` the width, where it needs more.

    >>> class Affine:
    ...     def __init__(self, n_in, n_out, scale=1.0): ...
    >>> class Softmax:
    ...     def __init__(self, axis=-1): ...
    >>> arguments_of(Affine, 3, 2), arguments_of(Softmax, 3)
    ((3, 2), ())
    """
    signature = _signature(maker)
    if signature is None:
        return (width,)
    ways = [(), (width,)]
    if _takes_width(signature):
        ways.reverse()
    return next((way for way in (*ways, (width, *beside)) if _binds(signature, way)), (width,))


def made_as(maker: Callable[..., Any], arguments: tuple[int, ...]) -> tuple[Fact, ...]:
    """Return the call as it would be written, as a fact that a suite relies on."""
    return (("made as", f"{name_of(maker)}({', '.join(map(str, arguments))})", "inferred"),)


def _signature(maker: Any) -> inspect.Signature | None:
    """Return what it takes; of a class that hands over whatever it is given, what its base takes."""
    try:
        signature = inspect.signature(maker)
    except (TypeError, ValueError):
        return None
    base = maker.__base__ if isinstance(maker, type) else None
    hands_over = any(p.kind is p.VAR_POSITIONAL for p in [*signature.parameters.values()][:1])
    return _signature(base) if hands_over and base not in (None, object) else signature


def _takes_width(signature: inspect.Signature) -> bool:
    """Say whether the first argument is a width by its name, and no share or list by its default; or any number."""
    first = next(iter(signature.parameters.values()), None)
    if first is None or first.kind is first.VAR_POSITIONAL:
        return first is not None
    return first.name.lower().replace("_", "") in WIDTHS and (first.default is None or type(first.default) is int)


def is_called_with(maker: Callable[..., Any], arguments: tuple[int, ...]) -> bool:
    """Say whether it takes so many arguments; what it raises then is its own affair."""
    signature = _signature(maker)
    return signature is None or _binds(signature, arguments)


def _binds(signature: inspect.Signature, arguments: tuple[int, ...]) -> bool:
    try:
        signature.bind(*arguments)
    except TypeError:
        return False
    return True
