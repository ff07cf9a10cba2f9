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
    "curvature",
    "dropout",
    "ensemble",
    "gradient",
    "health",
    "initializer",
    "signal",
    "layer",
    "loss",
    "memory",
    "normalization",
    "optimizer",
    "precision",
    "regularizer",
    "running",
    "softmax",
    "weights",
    "preprocessor",
    "whitening",
)


def declares(code: str, title: str, *kinds: str, **facts: Any) -> Callable[[Check], Check]:
    """Register the decorated function as the check of a law."""

    def register(check: Check) -> Check:
        assert code not in _LAWS, code
        _LAWS[code] = Law(code, title, kinds, check, **facts)
        return check

    return register


@cache
def _load() -> None:
    for room in _ROOMS:
        import_module(f".laws.{room}", __package__)


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
    stem = name.removesuffix("xx")
    return len(stem) == len("GC5") and code.startswith(stem)
