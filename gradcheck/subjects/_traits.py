"""Traits: declared facts about a subject, as data.

A law says which traits make it apply; a check reads them; nobody keeps lists of names. ``None`` means *not declared*:
a suite then infers the fact where it can, prints it as inferred, or reports the law as not applicable.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from .._errors import InvalidArgument

KINDS = (
    "activation",
    "preprocessor",
    "initializer",
    "normalization",
    "layer",
    "loss",
    "regularizer",
    "optimizer",
)

NEW_KINDS: dict[str, Callable[..., Any]] = {}
"""Kinds that `gradcheck.properties.add_kind` made known, each with how such a thing is called."""


def known_kinds() -> tuple[str, ...]:
    """Return every kind, those of other packages at the end."""
    return (*KINDS, *NEW_KINDS)


@dataclass(frozen=True, slots=True)
class Traits:
    r"""Declared facts; every one is optional.

    Attributes
    ----------
    deterministic
        Two calls with equal arguments give equal results.
    odd, even
        f(-x) = -f(x); f(-x) = f(x).
    monotone
        Non-decreasing.
    range
        Closed bounds ``(low, high)`` of the values; use ``inf`` for none.
    lipschitz
        Smallest L with |f(x) - f(y)| <= L |x - y|.
    kinks
        Where f is continuous but has two one-sided slopes; ``()`` says smooth everywhere.
    value_at_zero
        f(0).
    saturates
        Sides, among ``"left"`` and ``"right"``, on which the derivative tends to 0.
    homogeneous
        f(a x) = a f(x) for every a > 0.
    smallest_slope
        Lower bound of the derivative, where units cannot die.
    eps
        What a normalization adds to the variance under the root.
    momentum
        Weight of the new batch in the running statistics: r <- (1 - m) r + m s.
    normalizes
        What a normalization takes its statistics over: ``"batch"`` (per feature) or ``"features"`` (per example).
    centers, scales, decorrelates, whitens
        What a preprocessor promises of its output on the data it was fitted to: zero mean, unit variance,
        diagonal covariance, identity covariance (on the retained subspace).
    symmetric
        The linear map of a whitening is symmetric (the ZCA form).
    variance
        ``(fan_in, fan_out) -> variance`` of an initializer's entries.
    distribution
        ``"normal"``, ``"uniform"`` or ``"constant"``.

    """

    deterministic: bool | None = None
    odd: bool | None = None
    even: bool | None = None
    monotone: bool | None = None
    range: tuple[float, float] | None = None
    lipschitz: float | None = None
    kinks: tuple[float, ...] | None = None
    value_at_zero: float | None = None
    saturates: tuple[str, ...] | None = None
    homogeneous: bool | None = None
    smallest_slope: float | None = None
    eps: float | None = None
    momentum: float | None = None
    normalizes: str | None = None
    centers: bool | None = None
    scales: bool | None = None
    decorrelates: bool | None = None
    whitens: bool | None = None
    symmetric: bool | None = None
    variance: Callable[[int, int], float] | None = None
    distribution: str | None = None

    @classmethod
    def of(cls, facts: Traits | Mapping[str, object] | None) -> Traits:
        """Return `facts` as traits.

        Raises
        ------
        InvalidArgument
            A key is not a trait.

        """
        if isinstance(facts, Traits):
            return facts
        known = [field.name for field in fields(cls)]
        for key in facts or {}:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                ask = f"did you mean {near[0]!r}?" if near else f"the traits are {', '.join(known)}"
                raise InvalidArgument(f"traits has the unknown key {key!r}; {ask}")
        return cls(**facts or {})  # type: ignore[arg-type]
