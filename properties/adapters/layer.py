"""A layer, a loss or a regularizer: its gradients, at declared inputs or at a batch of the right width."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...subjects import Declaration, Traits
from .._case import Case
from ..strategies import batches, choice
from ._adapted import Fact, merge
from ._names import WEIGHTS, find, read
from .normalization import GENTLE

Array = NDArray[Any]
FRAMEWORKS = ("torch", "jax", "jaxlib")
"""Packages whose objects bring their gradient along."""

STRETCHES = (1.0, 0.5, -1.0, 2.0)


@dataclass(frozen=True)
class Layer:
    """A thing that `gradcheck.check` takes, and inputs to try it on."""

    thing: Any
    inputs: tuple[Any, ...]
    width: int | None
    traits: Traits
    abilities: frozenset[str]
    options: dict[str, Any]

    def fresh(self) -> Any:
        """Return the thing, or what its class makes of a width; a copy that nobody else holds."""
        if isinstance(self.thing, type):
            return self.thing(self.width)
        return copy.deepcopy(self.thing) if hasattr(self.thing, "forward") else self.thing

    def checkable(self) -> tuple[Any, dict[str, Any]]:
        """Return what to hand to `gradcheck.check` with the subject's own inputs."""
        return self.fresh(), self.options

    def gradient_call(self, case: Case, mode: str) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:  # noqa: ARG002
        """Return what to hand to `gradcheck.check`: the declared inputs, moved a little, or a drawn batch."""
        if not self.inputs:
            assert self.width is not None
            return self.fresh(), (case.array("x", batches(self.width, **GENTLE)),), self.options
        stretch, seed = case.pick("stretch", choice(STRETCHES)), case.pick("seed", choice(tuple(range(100))))
        rng = np.random.default_rng(seed)
        return self.fresh(), tuple(_moved(value, stretch, rng) for value in self.inputs), self.options


def adapt(declaration: Declaration) -> tuple[Layer, tuple[Fact, ...]]:
    """Return the declared thing as a layer, and the facts relied on."""
    traits, facts = merge(declaration.traits, {})
    thing, options = declaration.thing, dict(declaration.options)
    width = None if isinstance(thing, type) else _width(thing)
    abilities = {
        "gradient": _has_gradient(thing, options) and bool(declaration.inputs or width),
        "parameters": find(thing, WEIGHTS) is not None,
    }
    known = frozenset(name for name, there in abilities.items() if there)
    return Layer(thing, declaration.inputs, width, traits, known, options), facts


def _has_gradient(thing: Any, options: dict[str, Any]) -> bool:
    given = {"vjp", "grad", "derivative", "jvp"} & set(options)
    framework = type(thing).__module__.partition(".")[0] in FRAMEWORKS or hasattr(thing, "parameters")
    return bool(given) or framework or hasattr(thing, "backward") or isinstance(thing, tuple)


def _width(thing: Any) -> int | None:
    name = find(thing, WEIGHTS)
    shape = list(np.shape(read(thing, name))) if name else []
    return int(shape[0]) if len(shape) == 2 else None


def _moved(value: Any, stretch: float, rng: np.random.Generator) -> Any:
    """Return a floating array stretched and moved by a tenth of its size; anything else as it is."""
    array = np.asarray(value)
    if array.dtype.kind != "f" or not array.size:
        return value
    size = float(np.abs(array).max()) or 1.0
    return (stretch * array + 0.1 * size * rng.standard_normal(array.shape)).astype(array.dtype)
