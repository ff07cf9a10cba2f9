"""The registry: every law, by code."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from .._errors import InvalidArgument
from ._law import Law

Check = TypeVar("Check", bound=Callable[[Any, Any], None])

_LAWS: dict[str, Law] = {}
_LOOK_ALIKES = str.maketrans("OIL", "011")
_ROOMS = (
    "activation",
    "saturation",
    "algebra",
    "batches",
    "beside",
    "curvature",
    "dropout",
    "ensemble",
    "gradient",
    "generators",
    "health",
    "independence",
    "initializer",
    "signal",
    "layer",
    "loss",
    "answers",
    "memory",
    "normalization",
    "annihilators",
    "optimizer",
    "closed_form",
    "descent",
    "precision",
    "regularizer",
    "projection",
    "running",
    "softmax",
    "weights",
    "kernels",
    "large",
    "preprocessor",
    "whitening",
    "scaling",
    "chunks",
)


def declares(code: str, title: str, *kinds: str, **facts: Any) -> Callable[[Check], Check]:
    """Register the decorated function as the check of a law."""

    def add(check: Check) -> Check:
        register(Law(code, title, kinds, check, **facts))
        return check

    return add


def register(law: Law) -> None:
    """Add `law`; the same law of a module that is imported once more takes the place of the first.

    Raises
    ------
    InvalidArgument
        Another law has that code.
    """
    known = _LAWS.get(law.code)
    if known is not None and _home(known) != _home(law):
        raise InvalidArgument(f"code={law.code!r} is taken by {known.title!r} of {_home(known)[0]}; choose another")
    _LAWS[law.code] = law


def _home(law: Law) -> tuple[str, str]:
    return law.check.__module__, law.check.__qualname__


@cache
def _load() -> None:
    for room in _ROOMS:
        import_module(f".laws.{room}", __package__)
    from ._extend import load_entry_points

    load_entry_points()


def laws(kind: str | None = None) -> tuple[Law, ...]:
    """Return the laws of `kind`, or all of them, sorted by code."""
    _load()
    return tuple(law for _, law in sorted(_LAWS.items()) if kind is None or kind in law.kinds)


def law(code: str) -> Law:
    """Return the law of that code.

    Raises
    ------
    InvalidArgument
        There is none; the message suggests the nearest.
    """
    _load()
    if code not in _LAWS:
        raise InvalidArgument(f"code={code!r} is not the code of a law; {suggestion(code)}")
    return _LAWS[code]


def suggestion(code: str) -> str:
    """Return a sentence that names the code that `code` was probably meant to be."""
    typed = str(code).upper().translate(_LOOK_ALIKES)
    near = difflib.get_close_matches(typed, [known.code for known in laws()], 1, cutoff=0.6)
    return f"did you mean {near[0]} ({law(near[0]).title})?" if near else "`gradcheck explain` lists the codes"


def select(codes: Iterable[str] | None, argument: str) -> frozenset[str] | None:
    """Return the codes that `codes` names: codes themselves, or families such as ``"GC5"`` and ``"GC5xx"``."""
    if codes is None:
        return None
    wanted = [codes] if isinstance(codes, str) else list(codes)
    return frozenset(code for name in wanted for code in _named(name, argument))


def _named(name: str, argument: str) -> list[str]:
    found = [known.code for known in laws() if known.code == name or _in_family(known.code, name)]
    if not found:
        raise InvalidArgument(f"{argument} names the unknown code {name!r}; {suggestion(name)}")
    return found


def _in_family(code: str, name: str) -> bool:
    """Say whether `name` is the family of `code`: GC5 or GC5xx of GC501, MINE of MINE-1."""
    stem = name.removesuffix("xx")
    return (len(stem) == len("GC5") and code.startswith(stem)) or code.startswith(f"{name}-")
