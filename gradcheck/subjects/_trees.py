"""Nested arguments and results, opened: containers in, named leaves out, and back.

A tuple, a list, a dictionary, a named tuple or a dataclass is a container; whatever else stands in it is a leaf. The
leaf ``x["state"][0]`` of the argument ``x`` is named ``x.state.0``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Opened:
    """The leaves of a tree by name, and ``closed``, which makes an equal tree of other leaves."""

    names: tuple[str, ...]
    leaves: tuple[Any, ...]
    closed: Callable[[Sequence[Any]], Any]


def opened(tree: Any, name: str = "") -> Opened:
    """Return `tree` opened; names begin with `name`.

    >>> tree = opened({"a": 1, "b": (2, None)}, "x")
    >>> tree.names, tree.closed([10, 20, 30])
    (('x.a', 'x.b.0', 'x.b.1'), {'a': 10, 'b': (20, 30)})
    """
    named = list(_leaves(tree, name))
    return Opened(
        tuple(path for path, _ in named),
        tuple(leaf for _, leaf in named),
        lambda leaves: _closed(tree, iter(leaves)),
    )


def step(name: str, key: Any) -> str:
    """Return the name of what `key` leads to in the container `name`."""
    return f"{name}.{key}" if name else str(key)


def _items(tree: Any) -> list[tuple[Any, Any]] | None:
    """Return what a container holds, by key; None for a leaf."""
    if isinstance(tree, Mapping):
        return list(tree.items())
    fields_of_a_tuple = getattr(tree, "_fields", None)
    if isinstance(tree, tuple) and fields_of_a_tuple is not None:
        return list(zip(fields_of_a_tuple, tree, strict=True))
    if isinstance(tree, (tuple, list)):
        return list(enumerate(tree))
    if is_dataclass(tree) and not isinstance(tree, type):
        return [(field.name, getattr(tree, field.name)) for field in fields(tree) if hasattr(tree, field.name)]
    return None


def _leaves(tree: Any, name: str) -> Iterator[tuple[str, Any]]:
    items = _items(tree)
    if items is None:
        yield name, tree
        return
    for key, item in items:
        yield from _leaves(item, step(name, key))


def _closed(tree: Any, leaves: Iterator[Any]) -> Any:
    items = _items(tree)
    if items is None:
        return next(leaves)
    held = [(key, _closed(item, leaves)) for key, item in items]
    values = [item for _, item in held]
    if isinstance(tree, Mapping):
        return _filled(tree, held)
    if isinstance(tree, tuple):
        return tree._make(values) if hasattr(tree, "_make") else tuple(values)
    if isinstance(tree, list):
        return values
    other = copy.copy(tree)
    for key, item in held:
        object.__setattr__(other, key, item)
    return other


def _filled(tree: Any, held: list[tuple[Any, Any]]) -> Any:
    """Return a mapping like `tree`: of its own kind where that can be written into."""
    if type(tree) is dict or not hasattr(tree, "__setitem__"):
        return dict(held)
    other = copy.copy(tree)
    for key, item in held:
        other[key] = item
    return other
