"""A preprocessor: fit and transform, or a function of one array."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ...subjects import Declaration, Traits
from .._case import Case
from ..strategies import STRUCTURES, Drawn, choice, tensors
from ._adapted import SINGLE, Fact, is_single, merge
from ._trial import tried

Array = NDArray[Any]
WIDTHS = 5
TALL = (8, 20)
IMAGE = (2, 3, 2)
"""Channels, height and width of the images that a step for images is tried on."""

SPREADS = (1e-4, 1e-2)
"""Deviations of features by which it is told what is added to the deviation, or to the variance under its root."""

SEEN = 1e-11
"""The smallest share of a deviation that shows beside rounding."""

ROTATABLE = tuple(name for name in STRUCTURES if name not in {"huge", "tiny"})
"""Structures for steps that look for directions or extents, where an absolute size may count as nothing."""

SOURCES = ("drawn",) * 15 + ("declared",)
"""One example in sixteen is the data that the subject was declared with."""


@dataclass(frozen=True)
class Fitted:
    """A preprocessor that has seen its training data."""

    step: Any

    def transform(self, x: Array) -> Array:
        """Return the transformed data."""
        return np.asarray(self.raw(x))

    def raw(self, x: Array) -> Any:
        """Return what the step returns, an array or not."""
        return self.step.transform(x) if hasattr(self.step, "transform") else self.step(x)

    def inverse(self, z: Array) -> Array:
        """Undo `transform`."""
        return np.asarray(self.step.inverse_transform(z))

    def matrix(self, x: Array) -> Array:
        """Return the linear part of the map, from differences at the mean of `x`: row i is where feature i goes."""
        middle = x.mean(axis=0)
        reach = float(np.abs(x - middle).max()) or 1.0
        steps = middle + reach * np.eye(len(middle))
        return (self.transform(steps) - self.transform(middle[None])) / reach


@dataclass(frozen=True)
class Preprocessor:
    """What makes a fresh step, and what is known about it.

    ``ddof`` is what its variance is divided by, from n; ``beside`` is added to the deviation, and not under its root.
    """

    make: Callable[[], Any]
    traits: Traits
    abilities: frozenset[str]
    inputs: tuple[Any, ...]
    narrowest: int = 1
    image: bool = False
    axes: tuple[int, ...] = (0,)
    ddof: int = 0
    beside: float = 0.0

    def fit(self, x: Array) -> Fitted:
        """Return a fresh step that was fitted to `x`."""
        step = self.make()
        fit = getattr(step, "fit", None) or getattr(step, "fit_transform", None)
        if fit is not None:
            fit(x)
        return Fitted(step)

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
    inferred, ddof, axes = _facts(draft)
    featurewise = inferred.get("scales") and not inferred["decorrelates"]
    under, beside = (tried(_softened, draft, ddof)[0] if featurewise else None) or (None, 0.0)
    traits, facts = merge(declaration.traits, inferred if under is None else {**inferred, "eps": under})
    whole = replace(draft, traits=traits, ddof=ddof, axes=axes, beside=beside)
    whole = replace(whole, abilities=_abilities(whole))
    scaled = traits.scales or traits.whitens
    divisor: tuple[Fact, ...] = (("divisor of the variance", f"n - {ddof}" if ddof else "n", "inferred"),)
    added: tuple[Fact, ...] = (("added to the deviation", f"{beside:.3g}", "inferred"),)
    return whole, (*facts, *(divisor if scaled else ()), *(added if beside else ()))


def _maker(declaration: Declaration) -> Callable[[], Any]:
    thing = declaration.thing
    if isinstance(thing, type):
        return thing
    if hasattr(thing, "transform"):
        return lambda: copy.deepcopy(thing)
    if callable(thing):
        return lambda: thing
    raise InvalidArgument(
        f"{declaration.name!r} is a {type(thing).__name__}, but a preprocessor has fit and transform, or is a "
        "function of one array"
    )


def _abilities(subject: Preprocessor) -> frozenset[str]:
    step, traits = subject.make(), subject.traits
    turns = traits.decorrelates or traits.whitens or traits.shrinkage is not None
    featurewise = not turns and not subject.image
    # Methods that find directions chunk by chunk are often approximate, and then promise nothing.
    in_pieces = bool(traits.chunks) or (traits.chunks is None and not turns)
    present = {
        "fit": hasattr(step, "fit") or hasattr(step, "fit_transform"),
        "inverse": hasattr(step, "inverse_transform"),
        "featurewise": featurewise,
        "partial fit": hasattr(step, "partial_fit") and in_pieces,
        "merge": hasattr(step, "merge") and in_pieces,
        "exact whitening": bool(subject.traits.whitens) and not subject.traits.eps and not subject.traits.shrinkage,
        "table": not subject.image,
        SINGLE: is_single(lambda x: subject.fit(x).transform(x), _ordinary(subject)),
        "sorted": bool(subject.traits.decorrelates) and not subject.traits.whitens,
    }
    return frozenset(name for name, there in present.items() if there)


def _shaped(subject: Preprocessor) -> Preprocessor:
    """Find out whether the step takes tables, from which width on, or images."""
    for width in range(1, WIDTHS + 6):
        if _works(subject, np.random.default_rng(0).standard_normal((12, width))):
            return replace(subject, narrowest=width)
    image = _works(subject, np.random.default_rng(0).standard_normal((12, *IMAGE)))
    return replace(subject, image=image)


def _works(subject: Preprocessor, x: Array) -> bool:
    try:
        return bool(np.isfinite(subject.fit(x).transform(x)).all())
    except Exception:  # it does not take this shape: that is the answer
        return False


def _facts(subject: Preprocessor) -> tuple[dict[str, Any], int, tuple[int, ...]]:
    """Return what one ordinary table, correlated and off the origin, tells."""
    x = _ordinary(subject)
    try:
        return _shown(subject, x, subject.fit(x).transform(x))
    except Exception:  # a law says what it raises
        return {}, 0, (0,)


def _ordinary(subject: Preprocessor) -> Array:
    rng, width = np.random.default_rng(0), max(4, subject.narrowest)
    x = rng.standard_normal((40, *IMAGE) if subject.image else (40, width)) + 5.0
    return x if subject.image else x @ (np.eye(width) + 0.5 * rng.standard_normal((width, width)))


def _shown(subject: Preprocessor, x: Array, z: Array) -> tuple[dict[str, Any], int, tuple[int, ...]]:
    if subject.image:
        over: tuple[int, ...] = (0,) if np.allclose(z.mean(axis=0), 0, atol=1e-6) else (0, 2, 3)
        return {"centers": np.allclose(z.mean(axis=over), 0, atol=1e-6)}, 0, over
    if not z.size:
        return {}, 0, (0,)
    found, ddof, axes = _of_table(z, subject.fit(x).matrix(x))
    return found | {"range": _interval(subject, x, z)}, ddof, axes


def _softened(subject: Preprocessor, ddof: int) -> tuple[float | None, float]:
    """Return the eps under the root of the variance, or None, and what is added to the deviation: s / (s + e)."""
    found = []
    for size in SPREADS:
        x = size * np.random.default_rng(0).standard_normal((40, max(4, subject.narrowest)))
        s, out = x.std(axis=0, ddof=ddof), subject.fit(x).transform(x).std(axis=0, ddof=ddof)
        found.append((float(np.mean(s**2 / out**2 - s**2)), float(np.mean(s / out - s))))
    under, beside = ((one, np.isclose(one, wider, rtol=0.02)) for one, wider in zip(*found, strict=True))
    if not beside[0] > SEEN * SPREADS[0]:
        return None, 0.0
    if beside[1]:
        return None, float(f"{beside[0]:.3g}")
    return (float(f"{under[0]:.3g}") if under[1] else None), 0.0


def _interval(subject: Preprocessor, x: Array, z: Array) -> tuple[float, float] | None:
    """Return what every feature fills, if the step stretches each onto one interval."""
    if not hasattr(subject.make(), "fit") or z.shape != x.shape:
        return None
    fitted, ends = subject.fit(x), np.stack([z.min(axis=0), z.max(axis=0)])
    middle = fitted.transform((x + x[::-1]) / 2)
    one = bool(np.abs(np.ptp(ends, axis=1)).max() < 1e-9 * np.abs(ends).max())
    affine = bool(np.allclose(middle, (z + z[::-1]) / 2, atol=1e-9))
    return (float(np.round(ends[0, 0], 9)), float(np.round(ends[1, 0], 9))) if one and affine else None


def _of_table(z: Array, matrix: Array) -> tuple[dict[str, Any], int, tuple[int, ...]]:
    variance = z.var(axis=0)
    ddof = 1 if np.abs(variance * len(z) / (len(z) - 1) - 1).max() < np.abs(variance - 1).max() else 0
    centers = bool(np.abs(z.mean(axis=0)).max() < 1e-6 * np.sqrt(variance.max()))
    scales = bool(np.abs(z.var(axis=0, ddof=ddof) - 1).max() < 1e-2)
    spread = np.sqrt(np.outer(variance, variance))
    covariance = np.cov(z.T, ddof=0).reshape(len(variance), -1)
    apart = np.abs(covariance - np.diag(variance)) / np.maximum(spread, np.finfo(float).tiny)
    decorrelates = bool(len(variance) > 1 and apart.max() < 1e-6)
    square = matrix.shape[0] == matrix.shape[1]
    symmetric = square and decorrelates and scales and bool(np.allclose(matrix, matrix.T, atol=1e-8))
    found: dict[str, Any] = {"centers": centers, "scales": scales, "decorrelates": decorrelates}
    return {**found, "whitens": scales and decorrelates, "symmetric": symmetric}, ddof, (0,)
