"""A preprocessor: fit and transform, or a function of one array."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis.strategies import SearchStrategy

from ..._errors import InvalidArgument
from ...subjects import Declaration, Traits
from .._case import Case
from ..strategies import STRUCTURES, Drawn, choice, tensors
from ..strategies._tensor import inside
from ._adapted import SINGLE, Fact, is_single, merge
from ._fitted import Array, Fitted, Refused, learns
from ._shown import Shown, shown
from ._trial import accepted, copyable, instance, tried

WIDTHS = 5
TALL = (8, 20)
IMAGE = (2, 3, 2)
"""Channels, height and width of the images that a step for images is tried on."""

HOW = "a preprocessor, which has fit(x) and transform(x) or is a function of one array"

ROTATABLE = tuple(name for name in STRUCTURES if name not in {"huge", "tiny"})
"""Structures for steps that look for directions or extents, where an absolute size may count as nothing."""

EDITS = {"positive": (1.0, 1e-8, 0.5), "unit": (0.5,)}
"""Domain -> values of single entries in it, where it is not that of all numbers."""

SOURCES = ("drawn",) * 15 + ("declared",)
"""One example in sixteen is the data that the subject was declared with."""


@dataclass(frozen=True)
class Preprocessor:
    """What makes a fresh step, and what is known about it."""

    make: Callable[[], Any]
    traits: Traits
    abilities: frozenset[str]
    inputs: tuple[Any, ...]
    narrowest: int = 1
    image: bool = False
    domain: str = "real"
    shown: Shown = Shown()

    def fit(self, x: Array) -> Fitted:
        """Return a fresh step that was fitted to `x`."""
        return Fitted(self.make()).learn(x)

    def inside(self, x: Array) -> Array:
        """Return data in the domain of the step, made of any."""
        return inside(x, self.domain)

    def data(self, case: Case, name: str = "x", **options: Any) -> Array:
        """Draw training data: now and then the subject's own."""
        if self.inputs and case.pick("data", choice(SOURCES)) == "declared":
            case.count("declared inputs")
            return np.array(self.inputs[0], dtype=np.float64)
        return case.array(name, self.tables(**options))

    def tables(self, **options: Any) -> SearchStrategy[Drawn]:
        """Return the strategy for data that the step takes."""
        rows = options.pop("rows", TALL)
        if self.traits.whitens or self.traits.decorrelates:
            options.setdefault("structures", ROTATABLE)
        if self.domain in EDITS:
            options |= {"domain": self.domain, "edits": EDITS[self.domain]}
        if self.image:
            return choice(tuple(range(rows[0], rows[1] + 1))).flatmap(lambda n: tensors((n, *IMAGE), **options))
        return tensors(rows=rows, widths=(self.narrowest, max(WIDTHS, self.narrowest)), **options)

    def repeat(self, case: Case) -> tuple[Callable[[Array], Any], Array]:
        """Return a call and its input, for the laws that hold of anything."""
        x = case.array("x", self.tables(structures=STRUCTURES))
        return (lambda data: self.fit(data).transform(data)), x


def adapt(declaration: Declaration) -> tuple[Preprocessor, tuple[Fact, ...]]:
    """Return the declared thing as a preprocessor, and the facts relied on."""
    draft = Preprocessor(_maker(declaration), declaration.traits, frozenset(), declaration.inputs)
    draft = _shaped(draft)
    accepted(lambda x: draft.fit(x).raw(x), _ordinary(draft), name=declaration.name, how=HOW)
    told = tried(shown, draft, _ordinary(draft))[0] or Shown()  # a law says what it raises
    traits, facts = merge(declaration.traits, told.traits)
    whole = replace(draft, traits=traits, shown=told)
    whole = replace(whole, abilities=_abilities(whole))
    return whole, (*facts, *_beside_traits(whole))


def _beside_traits(subject: Preprocessor) -> tuple[Fact, ...]:
    """Return the facts that are no traits."""
    told, traits = subject.shown, subject.traits
    words = {
        "takes": f"numbers in the domain {subject.domain!r}" if subject.domain in EDITS else "",
        "divisor of the variance": ("n - 1" if told.ddof else "n") if traits.scales or traits.whitens else "",
        "turns": "the standardized data" if told.standardizes else "",
        "added to the deviation": f"{told.beside:.3g}" if told.beside else "",
    }
    return tuple((name, value, "inferred") for name, value in words.items() if value)


def _maker(declaration: Declaration) -> Callable[[], Any]:
    thing = declaration.thing
    if isinstance(thing, type):
        instance(thing, declaration.name)
        return thing
    if hasattr(thing, "transform"):
        copyable(thing, declaration.name)
        return lambda: copy.deepcopy(thing)
    if callable(thing):
        return lambda: thing
    raise InvalidArgument(
        f"{declaration.name!r} is a {type(thing).__name__}, but a preprocessor has fit and transform, or is a "
        "function of one array"
    )


def _abilities(subject: Preprocessor) -> frozenset[str]:
    step, traits = subject.make(), subject.traits
    turns = bool(traits.decorrelates or traits.whitens or traits.shrinkage is not None)
    flat = not turns and not subject.image
    # Methods that find directions chunk by chunk are often approximate, and then promise nothing.
    in_pieces = bool(traits.chunks) or (traits.chunks is None and not turns)
    present = {
        "fit": learns(step),
        "inverse": hasattr(step, "inverse_transform") and subject.shown.undone,
        "featurewise": flat and subject.shown.featurewise,
        "alike": flat and subject.shown.alike,
        "partial fit": hasattr(step, "partial_fit") and in_pieces,
        "merge": hasattr(step, "merge") and in_pieces,
        "exact whitening": bool(traits.whitens) and not (traits.eps or traits.shrinkage or subject.shown.beside),
        "table": not subject.image,
        SINGLE: is_single(lambda x: subject.fit(x).transform(x), _ordinary(subject)),
        "sorted": bool(traits.decorrelates) and not traits.whitens and not subject.shown.standardizes,
    }
    return frozenset(name for name, there in present.items() if there)


def _shaped(subject: Preprocessor) -> Preprocessor:
    """Find out whether the step takes tables, from which width on, or images; and of which numbers."""
    given = np.array(subject.inputs[0], dtype=np.float64) if subject.inputs else np.empty(0)
    for domain in ("real", *EDITS):
        tamed = replace(subject, domain=domain)
        shapes = [(12, width) for width in range(1, WIDTHS + 6)] + [(12, *IMAGE)]
        errors = [_refusal(tamed, shape) for shape in shapes]
        if None in errors:
            first = shapes[errors.index(None)]
            return replace(tamed, image=True) if len(first) > 2 else replace(tamed, narrowest=first[1])
        kept = bool(given.size) and bool((inside(given, "positive") == given).all())
        if not kept and not any(isinstance(error, Refused) for error in errors):
            break
    return subject


def _refusal(subject: Preprocessor, shape: tuple[int, ...]) -> Exception | None:
    """Return what keeps the step from taking data of a shape, or None."""
    x = subject.inside(np.random.default_rng(0).standard_normal(shape))
    z, error = tried(lambda: subject.fit(x).transform(x))
    return error or (None if tried(np.isfinite, z)[1] is None and np.isfinite(z).all() else ArithmeticError())


def _ordinary(subject: Preprocessor) -> Array:
    rng, width = np.random.default_rng(0), max(4, subject.narrowest)
    x = rng.standard_normal((40, *IMAGE) if subject.image else (40, width)) + 5.0
    return subject.inside(x if subject.image else x @ (np.eye(width) + 0.5 * rng.standard_normal((width, width))))
