"""Mistakes around a backward: in what it returns, in how it uses the upstream, in what it remembers.

Needs nothing but the standard library, because it also runs inside of other people's test processes.

============  ====================================================================================
negated       one gradient with the wrong sign
doubled       one gradient twice as large
zeroed        one gradient is zero
averaged      one gradient divided by its length: a mean where a sum belongs
reversed      the rows of one gradient the other way round
exchanged     two gradients in the wrong order
upstream      the upstream is ignored, loses its sign, is clipped, or is used twice
state         added to the last call's, not renewed after the first call, or the upstream overwritten
============  ====================================================================================
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

Call = Callable[..., Any]
Change = Callable[[Any], Any]

RESULTS: dict[str, Change] = {
    "negated": lambda g: -g,
    "doubled": lambda g: 2 * g,
    "zeroed": lambda g: 0 * g,
    "averaged": lambda g: g / len(g),
    "reversed": lambda g: g[::-1],
}
"""What becomes of one gradient."""

UPSTREAMS: dict[str, tuple[Change, str]] = {
    "ignored": (lambda u: 0 * u + 1, "the upstream taken for ones"),
    "absolute": (lambda u: abs(u), "the upstream without its sign"),
    "clipped": (lambda u: u.clip(-0.5, 0.5), "the upstream clipped to [-0.5, 0.5]"),
    "squared": (lambda u: u * abs(u), "the upstream used twice"),
}
"""What becomes of the upstream, and how it is told."""

STATES = {
    "accumulated": "gradients added to those of the last call",
    "stale": "the gradients of the first call returned ever after",
    "overwritten": "the upstream overwritten with zeros",
}

OPERATORS = (*RESULTS, "exchanged", "upstream", "state")

Wrap = tuple[str, Any]
"""An operator, and which gradient (a position, or ``"stored"`` for those that a layer keeps) or which way of it."""


def wrapped(call: Call, wrap: Wrap, upstream: int | None) -> Call:
    """Return `call` with the mistake `wrap`; `upstream` is the position of the upstream among its arguments."""
    operator, detail = wrap
    if operator in RESULTS:
        return _stored(call, RESULTS[operator]) if detail == "stored" else _returned(call, RESULTS[operator], detail)
    if operator == "exchanged":
        return lambda *args, **options: _exchanged(call(*args, **options))
    assert upstream is not None
    if operator == "upstream":
        return _with_upstream(call, UPSTREAMS[detail][0], upstream)
    return {"accumulated": _accumulated, "stale": _stale}.get(detail, _overwriting(upstream))(call)


def told(wrap: Wrap) -> str:
    """Return a mistake in words.

    >>> told(("negated", 1)), told(("zeroed", "stored")), told(("upstream", "absolute"))
    ('gradient 2 negated', 'the gradients of the parameters zeroed', 'the upstream without its sign')
    """
    operator, detail = wrap
    if operator == "exchanged":
        return "the first two gradients exchanged"
    if operator == "upstream":
        return UPSTREAMS[detail][1]
    if operator == "state":
        return STATES[detail]
    return (
        f"the gradients of the parameters {operator}" if detail == "stored" else f"gradient {detail + 1} {operator}"
    )


def _returned(call: Call, change: Change, which: int) -> Call:
    def wrong(*args: Any, **options: Any) -> Any:
        returned = call(*args, **options)
        if not isinstance(returned, tuple | list):
            return change(returned)
        return type(returned)(change(g) if k == which else g for k, g in enumerate(returned))

    return wrong


def _exchanged(returned: Any) -> Any:
    first, second, *rest = returned
    return type(returned)([second, first, *rest])


def _stored(call: Call, change: Change) -> Call:
    """Change what the call writes into its object: attributes, and entries of dictionaries that are attributes."""

    def wrong(owner: Any, *args: Any, **options: Any) -> Any:
        before = {(id(home), name): id(value) for home, name, value in _arrays_of(owner)}
        returned = call(owner, *args, **options)
        for home, name, value in list(_arrays_of(owner)):
            if before.get((id(home), name)) != id(value):
                home[name] = change(value)
        return returned

    return wrong


def _arrays_of(owner: Any) -> list[tuple[dict[str, Any], str, Any]]:
    homes = [vars(owner), *(value for value in vars(owner).values() if isinstance(value, dict))]
    return [(home, name, value) for home in homes for name, value in home.items() if hasattr(value, "dtype")]


def _with_upstream(call: Call, change: Change, at: int) -> Call:
    def wrong(*args: Any, **options: Any) -> Any:
        return call(*args[:at], _each(change, args[at]), *args[at + 1 :], **options)

    return wrong


def _each(change: Change, value: Any) -> Any:
    return type(value)(change(v) for v in value) if isinstance(value, tuple | list) else change(value)


def _accumulated(call: Call) -> Call:
    last: list[Any] = []

    def wrong(*args: Any, **options: Any) -> Any:
        returned = call(*args, **options)
        if last and _shapes(last[0]) == _shapes(returned):
            both = zip(_leaves(last[0]), _leaves(returned), strict=True)
            summed = [now if now is None else then + now for then, now in both]
            returned = type(returned)(summed) if isinstance(returned, tuple | list) else summed[0]
        last[:] = [copy.deepcopy(returned)]
        return returned

    return wrong


def _stale(call: Call) -> Call:
    first: dict[Any, Any] = {}

    def wrong(*args: Any, **options: Any) -> Any:
        returned = call(*args, **options)
        return copy.deepcopy(first.setdefault(_shapes(returned), copy.deepcopy(returned)))

    return wrong


def _overwriting(at: int) -> Callable[[Call], Call]:
    def around(call: Call) -> Call:
        def wrong(*args: Any, **options: Any) -> Any:
            returned = copy.deepcopy(call(*args, **options))
            for upstream in _leaves(args[at]):
                upstream[...] = 0
            return returned

        return wrong

    return around


def _leaves(value: Any) -> list[Any]:
    return list(value) if isinstance(value, tuple | list) else [value]


def _shapes(value: Any) -> tuple[Any, ...]:
    return tuple(getattr(leaf, "shape", None) for leaf in _leaves(value))
