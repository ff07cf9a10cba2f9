"""`Example`: one call of a subject that has a gradient, in the shape that the gradient laws are written in.

Whatever the convention (f and f', a pair, an object, a loss), the checker's own subject turns it into arrays in,
arrays out, and the backward that belongs to them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...subjects import Subject
from ...subjects import adapt as as_subject
from .._case import Case
from .._expect import epsilon
from ..strategies import upstreams
from ._orders import TURNS

Array = NDArray[Any]

SIGHT = 2.0**12
"""Units of rounding by which the inputs are moved to measure it: far above it, and far below any curvature."""

TRIES = 3
UNITS = 64
"""Rounding errors of an entry of the input that a backward of a few dozen operations makes."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Outputs of one forward, and the backward that belongs to it."""

    outputs: tuple[Array, ...]
    pull: Callable[[Sequence[Array]], Sequence[Any]]
    paths: tuple[str, ...]

    def gradients(self, upstream: Sequence[Array]) -> dict[str, Array]:
        """Return the gradients by path."""
        return {path: np.asarray(g) for path, g in zip(self.paths, self.pull(upstream), strict=True)}


@dataclass(frozen=True)
class Example:
    """A thing, inputs of one call, and which of them have a row per example.

    ``random`` says that two equal calls differ by design. ``order`` names the one order of the rows that changes
    nothing, where not every one does so.
    """

    thing: Any
    inputs: tuple[Any, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    rows: tuple[int, ...] = ()
    random: bool = False
    order: str | None = None

    def subject(self, inputs: Sequence[Any] | None = None, **options: Any) -> Subject:
        """Return the checker's subject; it holds a copy of an object."""
        return as_subject(self.thing, tuple(self.inputs if inputs is None else inputs), {**self.options, **options})

    def forward(self, inputs: Sequence[Any] | None = None, **options: Any) -> Passed:
        """Call a fresh copy."""
        return passed(self.subject(inputs, **options))

    def untouched(self, upstream: Sequence[Array]) -> Array | None:
        """Return the gradient of the first input from an object that nobody has called before.

        None for functions, and where the first input has no gradient (indices, a setting).

        The checker's subject calls a layer once to learn its parameters.
        """
        if not hasattr(self.thing, "forward") or len(upstream) != 1:
            return None
        layer = copy.deepcopy(self.thing)
        layer.forward(*(copy.deepcopy(value) for value in self.inputs))
        found = layer.backward(upstream[0].copy())
        several = isinstance(found, tuple) or (isinstance(found, list) and isinstance(found[0], np.ndarray))
        first = found[0] if several else found
        return np.array(first) if is_floating(self.inputs[0]) and first is not None else None

    def at_rows(self, index: Any) -> tuple[Any, ...]:
        """Return the inputs with only those examples, in that order."""
        return tuple(as_array(v)[index] if k in self.rows else v for k, v in enumerate(self.inputs))

    def turned(self, count: int, rng: np.random.Generator) -> Array:
        """Return another order of so many rows."""
        if self.order is not None:
            return TURNS[self.order](count)
        return rng.permutation(count)[::-1] if count > 2 else np.array([1, 0])

    def upstream(self, case: Case, outputs: Sequence[Array], name: str = "upstream") -> list[Array]:
        """Draw one upstream per output."""
        names = [name] if len(outputs) == 1 else [f"{name}{k}" for k in range(len(outputs))]
        return [_upstream(case, n, out) for n, out in zip(names, outputs, strict=True)]

    def room(self, case: Case, upstream: Sequence[Array]) -> dict[str, Array]:
        """Return what rounding may do to each gradient: measured, by moving inputs and upstream by very little.

        A backward whose error is that of inputs off by some units of the last place, as a stable formula's is, lies
        within that. A gradient much smaller than what the outputs are worth, as behind a normalization of two
        examples, is a difference of terms of that size. One number per gradient: the largest of its entries counts.
        """
        core = self.subject()
        values = [np.array(leaf.value) for leaf in core.leaves]
        here = passed(core)
        base = {path: np.array(g) for path, g in here.gradients(upstream).items()}
        worth = sum(float(np.abs(u * out).sum()) for u, out in zip(upstream, here.outputs, strict=True))
        sizes = {path: _typical(value) for path, value in zip(base, values, strict=True)}
        moved = {path: np.zeros(()) for path in base}
        unit = epsilon(*here.outputs, *values)
        sight = SIGHT * unit
        for stream in range(TRIES):
            rng = case.generator(100 + stream)
            there = passed(core, [_nudged(value, rng, sight) for value in values])
            for path, g in there.gradients([_nudged(u, rng, sight) for u in upstream]).items():
                moved[path] = np.maximum(moved[path], _farthest(g, base[path]))
        count = max(sum(np.size(value) for value in self.inputs if is_floating(value)), 1)
        return {
            path: UNITS
            * unit
            * count
            * (moved[path] / sight + np.abs(base[path]).max(initial=0.0) + worth / sizes[path])
            for path in base
        }


def passed(subject: Subject, values: Sequence[Array] | None = None) -> Passed:
    """Call the forward of `subject`, at its own inputs or with other arrays for its leaves, as they are."""
    given = [np.array(leaf.value) for leaf in subject.leaves] if values is None else list(values)
    evaluation = subject.evaluate(given)
    outputs = tuple(np.asarray(out) for out in evaluation.outputs.values())
    return Passed(outputs, evaluation.pull, tuple(leaf.path for leaf in subject.leaves))


def as_array(value: Any) -> Any:
    """Return floating-point numbers as an array; a setting (dict, str, whole numbers in a tuple, ...) as it is.

    >>> as_array([1.0, 2.0]).dtype, as_array({"stride": 2}), as_array((1, 2))
    (dtype('float64'), {'stride': 2}, (1, 2))
    """
    if isinstance(value, np.ndarray) or not isinstance(value, (np.generic, float, list, tuple)):
        return value
    try:
        array = np.asarray(value)
    except ValueError:  # ragged: a setting
        return value
    return array if array.dtype.kind == "f" else value


def copied(values: Sequence[Any]) -> tuple[Any, ...]:
    """Return the values of one call with copies of the arrays: a subject may write into what it is handed."""
    return tuple(
        np.array(value, order="K", subok=True) if isinstance(value, np.ndarray) else value for value in values
    )


def is_floating(value: Any) -> bool:
    """Say whether `value` is what differences are taken of: floating-point numbers."""
    array = as_array(value)
    return isinstance(array, np.ndarray) and array.dtype.kind == "f"


def is_index(value: Any) -> bool:
    """Say whether `value` is an array of whole numbers, which may look up rows."""
    return isinstance(value, np.ndarray) and value.dtype.kind in "iu"


def _upstream(case: Case, name: str, out: Array) -> Array:
    if out.ndim == 0:
        return np.asarray(case.pick(name, upstreams((1,))).array.reshape(()))
    return case.array(name, upstreams(out.shape)).astype(out.dtype)


def _typical(value: Any) -> float:
    return float(np.sqrt(np.mean(np.square(value)))) or 1.0 if np.size(value) else 1.0


def _nudged(value: Any, rng: np.random.Generator, sight: float) -> Any:
    array = np.asarray(value)
    if array.dtype.kind != "f":
        return value
    return array * (1 + sight * rng.choice([-1.0, 1.0], array.shape))


def _farthest(g: Array, base: Array) -> float:
    gap = np.abs(g - base)
    return float(np.where(np.isfinite(gap), gap, 0.0).max(initial=0.0))
