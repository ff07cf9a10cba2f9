"""What a loss compares with, and where its predictions live: told from an example of a call, or from trials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ._trial import in_words, is_numeric, own, told, tried

Array = NDArray[Any]
Function = Callable[..., Any]

ROWS, CLASSES = 5, 3
TRIAL = np.random.default_rng(0).standard_normal((ROWS, CLASSES))
UNIT = np.random.default_rng(0).uniform(0.1, 0.9, (ROWS, CLASSES))
"""Predictions that are probabilities."""

SIZES = ((6, 3), (6, 4), (6, 2))
"""Other sizes of a batch, for a loss that refuses five predictions of three numbers."""

CANDIDATES = (
    (TRIAL, "labels"),
    (TRIAL, "real"),
    (UNIT, "labels"),
    (UNIT, "one-hot"),
    (TRIAL, "probabilities"),
    (UNIT, "probabilities"),
)
"""What is tried in turn, where nothing says what a loss compares with."""


def target_of(
    targets: str, shape: tuple[int, ...], rng: np.random.Generator, own_shape: tuple[int, ...] | None = None
) -> Array:
    """Return a random target of a kind, for predictions of `shape`; of its own shape where an example shows that.

    >>> target_of("one-hot", (2, 3), np.random.default_rng(0)).sum(axis=1)
    array([1., 1.])
    """
    if targets == "labels":
        return rng.integers(shape[-1], size=shape[:-1])
    shape = shape if own_shape is None else own_shape
    if targets == "one-hot":
        return np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
    if targets in {"binary", "signs"}:
        bits = rng.integers(2, size=shape).astype(float)
        return bits if targets == "binary" else 2 * bits - 1
    if targets == "probabilities":
        return rng.dirichlet(np.ones(shape[-1]), size=shape[:-1])
    return rng.standard_normal(shape)


def kind_of(prediction: Any, target: Any) -> str:
    """Return what the target of an example is."""
    array = np.asarray(target)
    if array.dtype.kind in "iu" and array.ndim < np.ndim(prediction):
        return "labels"
    values = set(np.unique(array).tolist())
    if values <= {0.0, 1.0}:
        return "one-hot" if array.ndim > 1 and (array.sum(axis=-1) == 1).all() else "binary"
    if array.min() >= 0 and array.ndim > 1 and np.allclose(array.sum(axis=-1), 1.0):
        return "probabilities"
    return "signs" if values <= {-1.0, 1.0} else "real"


def found_targets(name: str, value: Function) -> str:
    """Return what a loss takes as its target: whole numbers, or an array like the prediction.

    Raises
    ------
    InvalidArgument
        It takes neither, or returns no numbers.
    """
    errors = []
    for prediction, targets in CANDIDATES:
        out, error = tried(value, prediction, target_of(targets, TRIAL.shape, np.random.default_rng(1)))
        refuse_other(name, out, error)
        if out is not None and np.shape(out) in {(), (ROWS,), TRIAL.shape} and np.isfinite(out).all():
            return _finer(value) if targets == "real" else targets
        errors.append(error)
    raised = own(reversed(errors))
    what = "took neither labels nor an array like the prediction as its target"
    raise InvalidArgument(
        f"{name!r} {what if raised is None else f'raised {told(raised)} for any target that was tried'}; declare an "
        "example of a call, or say what it compares with: traits={'targets': 'one-hot'}"
    ) from raised


def refuse_other(name: str, out: Any, error: Exception | None) -> None:
    """Raise `InvalidArgument` where a loss returned something else than numbers: a dictionary, or nothing."""
    if error is None and not is_numeric(out):
        raise InvalidArgument(
            f"{name!r} returned {in_words(out)}; a loss of a prediction and a target returns numbers, or a tuple of "
            "its value and its gradient"
        )


def refuse_called_otherwise(name: str, error: Exception | None) -> None:
    """Raise `InvalidArgument` where a loss wants more than a prediction and a target."""
    if isinstance(error, TypeError) and own([error]) is None:
        raise InvalidArgument(
            f"{name!r} is not called with a prediction and a target: {error}; declare a function of these "
            "two, the others bound as by functools.partial"
        ) from error


def refuse_axis(name: str, prediction: Any, target: Any) -> None:
    """Raise `InvalidArgument` where the classes of an example lie along another axis than the last."""
    shape, labels = np.shape(prediction), np.shape(target)
    if labels != shape[:-1]:
        raise InvalidArgument(
            f"{name!r} has labels of shape {labels} for predictions of shape {shape}, but a suite has the classes "
            "along the last axis; declare a function that moves them there, by np.moveaxis"
        )


def _finer(value: Function) -> str:
    """Return what an array like the prediction is for a loss that takes one."""
    if _prices_classes(value):
        return "one-hot"
    if is_logistic(value, TRIAL.shape):
        return "binary"
    return "probabilities" if _leaves_negatives(value) else "real"


def _leaves_negatives(value: Function) -> bool:
    """Say whether targets below 0 are left out, as t log t is, and those above are not."""
    target = np.random.default_rng(1).standard_normal(TRIAL.shape)
    below, above = (np.where(side, 2 * target, target) for side in (target < 0, target > 0))
    here, unseen, seen = (tried(value, TRIAL, t)[0] for t in (target, below, above))
    return here is not None and np.array_equal(here, unseen) and not np.array_equal(here, seen)


def is_logistic(value: Function, shape: tuple[int, ...], own_shape: tuple[int, ...] | None = None) -> bool:
    """Say whether a loss prices yes and no: a score of 0 costs log 2, and -z what z does for the other answer.

    Its sign is not asked for: one that is forgotten switches no law off.
    """
    rng = np.random.default_rng(3)
    z, bits = rng.standard_normal(shape), target_of("binary", shape, rng, own_shape)
    calls = ((np.zeros(shape), bits), (z, bits), (-z, 1 - bits))
    flat, here, other = (tried(value, *call)[0] for call in calls)
    if flat is None or here is None or other is None or np.allclose(flat, here):
        return False
    counts = (1, shape[0], shape[-1], np.prod(shape))
    even = any(np.allclose(np.abs(flat), n * np.log(2)) for n in counts)
    return even and bool(np.isclose(np.sum(here), np.sum(other)))


def _prices_classes(value: Function) -> bool:
    """Say whether equal scores cost log C for a one-hot target, and a shift of them changes nothing.

    Log N is the cost behind a softmax along the wrong axis, which is meant to price classes, too.
    """
    target = target_of("one-hot", TRIAL.shape, np.random.default_rng(1))
    flat, here, moved = (tried(value, x, target)[0] for x in (np.zeros_like(TRIAL), TRIAL, TRIAL + 1.0))
    if flat is None or here is None or moved is None:
        return False
    sizes = (np.log(CLASSES), ROWS * np.log(CLASSES), np.log(ROWS), ROWS * np.log(ROWS))
    return bool(np.allclose(here, moved)) and any(np.allclose(flat, size) for size in sizes)


def domain_of(value: Function, target: Array, shape: tuple[int, ...]) -> str:
    """Return ``"unit"`` where a prediction beyond 0 and 1 has no finite value, or is clipped; else ``"real"``."""
    size = 1 + np.abs(np.resize(TRIAL, shape))
    places = (np.resize(UNIT, shape), size, 2 * size, -size, -2 * size)
    inside, *beyond = (tried(value, x, target)[0] for x in places)
    if inside is None or not np.isfinite(inside).all() or any(one is None for one in beyond):
        return "real"
    right, further, left, furthest = beyond
    clipped = np.array_equal(right, further) and np.array_equal(left, furthest) and not np.array_equal(left, right)
    lost = not all(np.isfinite(one).all() for one in beyond)
    return "unit" if clipped or lost else "real"
