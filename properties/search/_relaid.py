"""The same subject, handed its arguments in another memory layout.

`gradcheck.check` hands over fresh contiguous arrays. What it checks here lays them out before it calls the subject,
so that every difference, and every gradient, is one for that layout. A layout that repeats numbers (broadcast) cannot
be differenced, and is compared in `compare_layouts` only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from ...report import Finding
from .._expect import apart
from ..strategies import LAYOUTS, laid_out
from ._call import Target, evaluated, is_floating

PLAIN = LAYOUTS[0]
ULPS = 256.0
"""How much more than its own rounding a result may change where only the order of a sum can."""


def relaid(target: Target, layouts: Sequence[str], upstream: str) -> Target:
    """Return `target` with its arguments in `layouts`, one per argument, and its upstream in another."""
    layouts = [PLAIN if layout == "broadcast" else layout for layout in layouts]
    if set(layouts) | {upstream} == {PLAIN}:
        return target

    def arguments(function: Callable[..., Any], *before: str) -> Callable[..., Any]:
        @wraps(function)
        def called(*given: Any, **options: Any) -> Any:
            told = [*before, *layouts] + [PLAIN] * len(given)
            return function(*(_laid(value, layout) for value, layout in zip(given, told, strict=False)), **options)

        return called

    thing, options = target.thing, dict(target.options)
    for name in ("derivative", "grad"):
        if callable(options.get(name)):
            options[name] = arguments(options[name])
    if callable(options.get("vjp")):
        options["vjp"] = arguments(options["vjp"], upstream)
    if isinstance(thing, tuple):
        forward, backward = thing

        @wraps(backward)
        def back(given: Any, cache: Any) -> Any:
            return backward(_laid(given, upstream), cache)

        return Target((arguments(forward), back), options)
    if target.is_layer:
        return Target(_layer(thing, layouts, upstream), options)
    return Target(arguments(thing), options)


def _layer(layer: Any, layouts: Sequence[str], upstream: str) -> Any:
    """Return `layer` as an instance of a subclass whose methods lay out what they get: copies of it do so, too."""
    base = type(layer)

    class Relaid(base):  # type: ignore[misc,valid-type]
        def forward(self, *given: Any, **options: Any) -> Any:
            told = [*layouts] + [PLAIN] * len(given)
            laid = (_laid(value, layout) for value, layout in zip(given, told, strict=False))
            return base.forward(self, *laid, **options)

        @wraps(base.backward)  # whether it takes an upstream is read off its arguments
        def backward(self, *given: Any) -> Any:
            return base.backward(self, *(_laid(value, upstream) for value in given))

    Relaid.__name__ = Relaid.__qualname__ = base.__name__
    try:
        layer.__class__ = Relaid
    except TypeError:  # a class with slots: its layout in memory is fixed, so is what it is handed
        return layer
    return layer


def _laid(value: Any, layout: str) -> Any:
    return laid_out(value, layout) if isinstance(value, np.ndarray) else value


def compare_layouts(target: Target, arguments: Sequence[Any], name: str) -> tuple[Finding, ...]:
    """Return GC116 where a view gives another output, or another gradient, than a copy of the same numbers."""
    plain = [np.array(value, order="C") if isinstance(value, np.ndarray) else value for value in arguments]
    if all(
        a is b or not isinstance(a, np.ndarray) or a.strides == b.strides
        for a, b in zip(arguments, plain, strict=True)
    ):
        return ()
    seen, copied = evaluated(target, plain, arguments), evaluated(target, plain, plain)
    nudged = [np.asarray(v * (1 + np.finfo(v.dtype).eps)) if is_floating(v) else v for v in plain]
    moved = evaluated(target, plain, nudged)
    for (path, view), (_, copy), (_, near) in zip(seen, copied, moved, strict=True):
        if view.shape != copy.shape:
            return (_finding(name, path, arguments, f"has shape {view.shape} in place of {copy.shape}"),)
        size = np.abs(copy).max(initial=0.0)
        allowed = ULPS * np.abs(near - copy).max(initial=0.0) + 1e-9 * size
        gap = np.abs(view - copy)
        if not (gap <= allowed).all() and np.isfinite(size):
            index = np.unravel_index(int(np.argmax(np.where(np.isnan(gap), np.inf, gap))), gap.shape)
            where = tuple(int(i) for i in index)
            got, due = apart(float(view[where]), float(copy[where]))
            said = f"is {got} at {list(where)}, and {due} for a copy of the same numbers"
            return (_finding(name, path, arguments, said, where),)
    return ()


def _finding(
    name: str, path: str, arguments: Sequence[Any], said: str, index: tuple[int, ...] | None = None
) -> Finding:
    views = [k for k, value in enumerate(arguments) if isinstance(value, np.ndarray) and not value.flags.c_contiguous]
    which = f"argument {views[0] + 1}" if views else "an argument"
    return Finding(
        "GC116",
        f"`{name}`: with {which} a view, {path} {said}",
        path=path,
        index=index,
        hint="read arrays by index, not by memory: no ravel(order='K'), no .data, no assumption about strides",
    )
