"""Traits: declared facts about a subject, as data.

A law says which traits make it apply; a check reads them; nobody keeps lists of names. ``None`` means *not declared*:
a suite then infers the fact where it can, prints it as inferred, or reports the law as not applicable.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ._keywords import refuses_unknown_options

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


def _is_number(value: Any) -> bool:
    return isinstance(value, Real)


def _are_numbers(value: Any, count: int | None = None) -> bool:
    """Say whether `value` is a sequence of numbers, of so many."""
    listed = isinstance(value, (tuple, list, np.ndarray)) and all(_is_number(item) for item in value)
    return listed and (count is None or len(value) == count)


def _are_pairs(value: Any) -> bool:
    return isinstance(value, (tuple, list, np.ndarray)) and all(_are_numbers(item, 2) for item in value)


_FORMS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "bool": (lambda v: isinstance(v, (bool, np.bool_)), "True or False"),
    "float": (_is_number, "a number"),
    "int": (lambda v: isinstance(v, Integral), "a whole number"),
    "str": (lambda v: isinstance(v, str), "a string"),
    "tuple[float, float]": (
        lambda v: _are_numbers(v, 2) and not v[0] > v[1],
        "two numbers, the lower one first, such as (0.0, 1.0)",
    ),
    "tuple[float, ...]": (_are_numbers, "a tuple of numbers, such as (0.0,)"),
    "tuple[str, ...]": (
        lambda v: isinstance(v, (tuple, list)) and all(isinstance(item, str) for item in v),
        "a tuple of strings, such as ('left',)",
    ),
    "tuple[tuple[float, float], ...]": (_are_pairs, "a tuple of pairs of numbers, such as ((0.0, 1.0),)"),
    "tuple[tuple[float, float], tuple[float, float]]": (
        lambda v: _are_pairs(v) and len(v) == 2,
        "two pairs of numbers, such as ((0.0, 0.0), (1.0, 0.0))",
    ),
    "Callable[[int, int], float]": (callable, "a function of fan_in and fan_out"),
    "float | Callable[[int, int], float]": (
        lambda v: _is_number(v) or callable(v),
        "a number, or a function of fan_in and fan_out",
    ),
    "str | bool": (lambda v: isinstance(v, str) or v is False, "a string, or False"),
}
"""Type of a trait -> what says whether a value is one, and what to write."""

WORDS: dict[str, tuple[str, ...]] = {
    "saturates": ("left", "right"),
    "normalizes": ("batch", "features", "groups", "instance", "neighbours"),
    "distribution": ("normal", "uniform", "constant"),
    "kernels": ("OIHW", "HWIO"),
    "targets": ("labels", "one-hot", "probabilities", "binary", "signs", "real"),
    "likelihood": ("softmax", "sigmoid"),
    "rule": ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"),
    "probabilities": ("plain", "log"),
    "pools": ("max", "average"),
}
"""Trait -> the words that it can be; every other trait is no word."""

BOUNDS: dict[str, tuple[float, float]] = {
    "lipschitz": (0.0, np.inf),
    "groups": (1, np.inf),
    "shrinkage": (0.0, 1.0),
    "sparsity": (0.0, 1.0),
    "margin": (0.0, np.inf),
    "drop_rate": (0.0, 1.0),
    "pieces": (1, np.inf),
}
"""Trait -> the least and the largest number that it can be."""


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
        Closed bounds ``(low, high)`` of the values; use ``inf`` for none. Of a preprocessor: what each feature of the
        training data fills.
    lipschitz
        Smallest L with |f(x) - f(y)| <= L |x - y|.
    kinks
        Where f is continuous but has two one-sided slopes; ``()`` says smooth everywhere.
    value_at_zero
        f(0).
    convex
        No chord lies below the graph; of a loss: as a function of the prediction.
    kink_slopes
        The slopes ``(left, right)`` at each of the kinks, in their order.
    jumps
        Where f is not continuous, and has no slope.
    asymptotes
        The lines ``(slope, intercept)`` that f approaches on the left and on the right.
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
        What a normalization takes its statistics over: ``"batch"`` (per feature), ``"features"`` (per example),
        ``"groups"`` (of channels, per example), ``"instance"`` (per channel and example) or ``"neighbours"`` (windows
        of channels, per example).
    groups
        Into how many groups a normalization gathers neighbouring channels.
    centers, scales, decorrelates, whitens
        What a preprocessor promises of its output on the data it was fitted to: zero mean, unit variance,
        diagonal covariance, identity covariance (on the retained subspace). Of a normalization, `centers` says that
        the mean is removed.
    shrinkage
        Share, in [0, 1], by which a whitening pulls the variances of all directions towards their mean.
    chunks
        What `partial_fit` and `merge` of a preprocessor learn from parts is what `fit` learns from the whole.
    symmetric
        The linear map of a whitening is symmetric (the ZCA form).
    variance
        ``(fan_in, fan_out) -> variance`` of an initializer's entries.
    distribution
        ``"normal"``, ``"uniform"`` or ``"constant"``.
    bound
        ``(fan_in, fan_out) -> largest possible size`` of an initializer's entry, where it is cut off.
    orthogonal
        The rows or columns, whichever are fewer, are orthogonal and of this length (True: 1).
    sparsity
        Share of exact zeros in every column of an initializer's matrix, rounded up to whole entries; a number, or
        ``(fan_in, fan_out) -> share``.
    identity
        An initializer returns the map that passes its input on: ones on the diagonal and zeros beside it.
    kernels
        How an initializer lays out the weights of a convolution, ``"OIHW"`` or ``"HWIO"``; False: it makes none whose
        variance is that of the fans.
    targets
        What a loss compares with: ``"labels"``, ``"one-hot"``, ``"probabilities"``, ``"binary"``, ``"signs"``
        or ``"real"``.
    likelihood
        The loss is a negative log-likelihood of scores, through ``"softmax"`` or ``"sigmoid"``.
    margin
        Distance of scores beyond which a loss is exactly 0.
    shift_invariant
        The same number added to all the scores of an example changes nothing.
    minimum_at_target
        A loss is 0, with gradient 0, where the prediction is the target.
    degree
        f(a w) = \|a\|^degree f(w), of a penalty.
    separable
        A penalty is a sum over entries. False for an optimizer whose steps are scaled by a norm over all the weights.
    sparse
        The pull of a penalty towards 0 does not fade near 0, so that weights arrive there.
    rule
        ``"sgd"``, ``"momentum"``, ``"nesterov"``, ``"adagrad"``, ``"rmsprop"``, ``"adam"`` or ``"adamw"``.
    scale_invariant
        The steps of an optimizer do not depend on the size of the gradients, up to the weight of its eps.
    decoupled_decay
        Weight decay acts on the weights beside the step, and not through the gradient.
    linear
        A layer is an affine map of its first input.
    row_independent
        The output for one example does not depend on the others in the batch.
    probabilities
        Each row of the output is a distribution over the last axis: ``"plain"``, or ``"log"`` of one.
    drop_rate
        Share of the entries that a dropout sets to 0 in training.
    translates
        Moving an image by a pixel moves the output, away from the borders.
    pools
        Each output is the ``"max"`` or the ``"average"`` of a window that no other output shares.
    pieces
        How many affine pieces an output is the largest of.
    averages
        The mean over the first axis of what the members of an ensemble say.

    """

    deterministic: bool | None = None
    odd: bool | None = None
    even: bool | None = None
    monotone: bool | None = None
    range: tuple[float, float] | None = None
    lipschitz: float | None = None
    kinks: tuple[float, ...] | None = None
    kink_slopes: tuple[tuple[float, float], ...] | None = None
    jumps: tuple[float, ...] | None = None
    convex: bool | None = None
    asymptotes: tuple[tuple[float, float], tuple[float, float]] | None = None
    value_at_zero: float | None = None
    saturates: tuple[str, ...] | None = None
    homogeneous: bool | None = None
    smallest_slope: float | None = None
    eps: float | None = None
    momentum: float | None = None
    normalizes: str | None = None
    groups: int | None = None
    centers: bool | None = None
    scales: bool | None = None
    decorrelates: bool | None = None
    whitens: bool | None = None
    shrinkage: float | None = None
    chunks: bool | None = None
    symmetric: bool | None = None
    variance: Callable[[int, int], float] | None = None
    distribution: str | None = None
    bound: Callable[[int, int], float] | None = None
    orthogonal: float | None = None
    sparsity: float | Callable[[int, int], float] | None = None
    identity: bool | None = None
    kernels: str | bool | None = None
    targets: str | None = None
    likelihood: str | None = None
    margin: float | None = None
    shift_invariant: bool | None = None
    minimum_at_target: bool | None = None
    degree: float | None = None
    separable: bool | None = None
    sparse: bool | None = None
    rule: str | None = None
    scale_invariant: bool | None = None
    decoupled_decay: bool | None = None
    linear: bool | None = None
    row_independent: bool | None = None
    probabilities: str | None = None
    drop_rate: float | None = None
    translates: bool | None = None
    pools: str | None = None
    pieces: int | None = None
    averages: bool | None = None

    def __post_init__(self) -> None:
        """Refuse a value that its trait cannot have."""
        for field in fields(self):
            value = getattr(self, field.name)
            fits, said = _FORMS[str(field.type).removesuffix(" | None")]
            if value is None:
                continue
            if not fits(value):
                raise InvalidArgument(f"traits[{field.name!r}]={value!r} must be {said}")
            _refuse_other_words(field.name, value)
            _refuse_beyond(field.name, value)

    @classmethod
    def of(cls, facts: Traits | Mapping[str, object] | None) -> Traits:
        """Return `facts` as traits.

        Raises
        ------
        InvalidArgument
            `facts` is no mapping, a key is not a trait, or a value is none that its trait can have.

        """
        if isinstance(facts, Traits):
            return facts
        if facts is not None and not isinstance(facts, Mapping):
            raise InvalidArgument(f"traits={facts!r} must be a dictionary, such as {{'odd': True}}, or Traits")
        known = [field.name for field in fields(cls)]
        for key in facts or {}:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                ask = f"did you mean {near[0]!r}?" if near else f"the traits are {', '.join(known)}"
                raise InvalidArgument(f"traits has the unknown key {key!r}; {ask}")
        return cls(**facts or {})  # type: ignore[arg-type]


def _refuse_other_words(name: str, value: Any) -> None:
    """Raise where a trait that is one of a few words is another one."""
    known = WORDS.get(name, ())
    words = [value] if isinstance(value, str) else list(value) if known and value else []
    for word in words:
        if word not in known:
            near = difflib.get_close_matches(word, known, 1)
            ask = f"; did you mean {near[0]!r}?" if near else ""
            raise InvalidArgument(f"traits[{name!r}]={value!r} must be among {', '.join(map(repr, known))}{ask}")


def _refuse_beyond(name: str, value: Any) -> None:
    """Raise where a number lies beyond what its trait can be."""
    low, high = BOUNDS.get(name, (-np.inf, np.inf))
    if name in BOUNDS and _is_number(value) and not low <= value <= high:
        said = f"{low:g} or more" if high == np.inf else f"from {low:g} to {high:g}"
        raise InvalidArgument(f"traits[{name!r}]={value!r} must be {said}")


Traits.__init__ = refuses_unknown_options(Traits.__init__)  # type: ignore[method-assign]
