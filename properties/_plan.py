"""`plan`: which laws apply to a subject, which do not and why, and what is known about it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ..subjects import Declaration, Traits, subject
from ..subjects._traits import NEW_KINDS, known_kinds
from ._guess import guess_kind
from ._law import Law
from ._missing import MISSING
from ._registry import laws, suggestion
from .adapters._adapted import SINGLE
from .adapters._example import copied
from .adapters._trial import is_numeric

ADAPTERS = {
    "activation": "activation",
    "preprocessor": "preprocessor",
    "initializer": "initializer",
    "normalization": "normalization",
    "layer": "layer",
    "loss": "loss",
    "regularizer": "regularizer",
    "optimizer": "optimizer",
}
"""Kind -> the adapter that says how such a thing is called."""


LEAST_AXES = {"preprocessor": 2, "normalization": 2}
"""Kind -> how many axes its input has at least."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a suite is going to do with one subject.

    Attributes
    ----------
    declaration, kind
        The subject as declared, and the kind whose laws are meant.
    adapted
        The subject as laws call it.
    laws
        The laws that apply.
    skipped
        The laws that do not, each with the reason.
    facts
        ``(trait, value, "declared" or "inferred")``.
    """

    declaration: Declaration
    kind: str
    adapted: Any
    laws: tuple[Law, ...]
    skipped: tuple[tuple[Law, str], ...]
    facts: tuple[tuple[str, str, str], ...]

    @property
    def name(self) -> str:
        """What reports call the subject."""
        return self.declaration.name

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the laws that apply."""
        return tuple(law.code for law in self.laws)

    def find(self, code: str) -> tuple[Law, str | None]:
        """Return the law of `code`, and why it does not apply (None if it does).

        Raises
        ------
        InvalidArgument
            The kind has no such law.
        """
        for law, reason in (*((law, None) for law in self.laws), *self.skipped):
            if law.code == code:
                return law, reason
        raise InvalidArgument(f"code={code!r} is no law of kind {self.kind!r}; {suggestion(code)}")


def plan(subject_: Any, kind: str | None = None) -> Plan:
    """Return which laws apply to `subject_`.

    Parameters
    ----------
    subject_
        Anything that is called as its kind is called, or what `gradcheck.subject` returned.
    kind
        Its kind; by default what was declared, or what its methods tell.

    Raises
    ------
    InvalidArgument
        The kind is unknown and cannot be told, or the thing cannot be called as its kind is; the message says what
        to add.
    """
    declaration = subject_ if isinstance(subject_, Declaration) else subject(subject_)
    every = laws()  # those of other packages bring their kinds along
    known = kind or declaration.kind or guess_kind(declaration)
    if known not in known_kinds():
        raise InvalidArgument(f"kind={known!r} is not a kind of subject; the kinds are {', '.join(known_kinds())}")
    _refuse_odd(declaration, known)
    adapted, facts = _adapt(known)(declaration)
    if SINGLE in getattr(adapted, "abilities", ()):
        facts = (*facts, ("calculates in", "float32, whatever it is given", "inferred"))
    reasons = [(law, _reason(law, adapted)) for law in every if known in law.kinds]
    return Plan(
        declaration,
        known,
        adapted,
        tuple(law for law, reason in reasons if reason is None),
        tuple((law, reason) for law, reason in reasons if reason is not None),
        facts,
    )


def _refuse_odd(declaration: Declaration, kind: str) -> None:
    """Raise `InvalidArgument` where a tuple is no pair, or the first example input is no array of so many axes."""
    thing, name = declaration.thing, declaration.name
    if isinstance(thing, tuple) and not (len(thing) == 2 and all(map(callable, thing))):
        raise InvalidArgument(
            f"{name!r} is a tuple of {len(thing)}, and a pair is two functions, (forward, backward)"
        )
    if not declaration.inputs:
        return
    first, least = declaration.inputs[0], LEAST_AXES.get(kind, 0)
    said = f"inputs[0]={' '.join(repr(first).split()):.60} of {name!r} must"
    if isinstance(first, (str, bytes)) or (isinstance(first, np.ndarray) and not is_numeric(first)):
        raise InvalidArgument(f"{said} be an array of numbers")
    if np.ndim(first) < least:
        raise InvalidArgument(f"{said} have {least} axes or more, the first of them for the examples")


def _adapt(kind: str) -> Callable[[Declaration], tuple[Any, tuple[tuple[str, str, str], ...]]]:
    def quietly(declaration: Declaration) -> tuple[Any, tuple[tuple[str, str, str], ...]]:
        adapt = NEW_KINDS.get(kind) or import_module(f".adapters.{ADAPTERS[kind]}", __package__).adapt
        own = replace(declaration, inputs=copied(declaration.inputs))  # trial calls may write into them
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            adapted, facts = adapt(own)
        return adapted, facts

    return quietly


def _reason(law: Law, adapted: Any) -> str | None:
    lacking = next((need for need in law.needs if need not in adapted.abilities), None)
    if lacking:
        return MISSING.get(lacking, f"it has no {lacking}")
    return _unknown(law.traits, adapted.traits) if law.traits else None


def _unknown(names: tuple[str, ...], traits: Traits) -> str | None:
    values = [getattr(traits, name) for name in names]
    if any(value is not None and value is not False for value in values):
        return None
    listed = " or ".join(f"`{name}`" for name in names)
    if any(value is False for value in values):
        return f"it is not {listed}"
    return f"{listed} is not declared, and could not be inferred"
