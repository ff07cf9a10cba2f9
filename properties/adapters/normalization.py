"""A normalization: an object with forward and backward, or what makes one from a width."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ...subjects import Declaration, Traits
from .._case import Case
from ..strategies import MILD, batches, choice, upstreams
from ._adapted import Fact, merge
from ._example import Example
from ._instance import Instance, Names
from ._modes import Mode, mode_of
from ._names import EPS, SCALE, SHIFT, find, read
from ._seeded import global_seed

Array = NDArray[Any]
WIDTH = 3
GENTLE: dict[str, Any] = {"structures": MILD, "scales": (1.0, 0.1, 10.0), "locs": (0.0, 1.0, -3.0)}


@dataclass(frozen=True)
class Normalization:
    """What makes a fresh layer, how it is switched, and the facts known about it."""

    make: Callable[[], Any]
    width: int
    mode: Mode
    names: Names
    traits: Traits
    abilities: frozenset[str]
    options: dict[str, Any]

    def fresh(self, *, training: bool = True) -> Instance:
        """Return a layer that nobody else holds."""
        return Instance(self.make(), self.mode, self.names, training=training)

    @property
    def eps(self) -> float:
        """What is added to the variance."""
        return float(self.traits.eps or 0.0)

    def axes(self, x: Array) -> tuple[int, ...]:
        """Return the axes that statistics are taken over."""
        if self.traits.normalizes == "features":
            return tuple(range(1, x.ndim))
        return tuple(axis for axis in range(x.ndim) if axis != 1)

    def batch(self, case: Case, name: str = "x", **options: Any) -> Array:
        """Draw a batch of the right width."""
        return case.array(name, batches(self.width, **options))

    def trained(self, case: Case) -> Instance:
        """Return a layer in test mode whose running statistics come from a batch or two."""
        layer = self.fresh()
        layer.shake(case.generator(1))
        for stream in (2, 3):
            layer.forward(2.0 + 3.0 * case.generator(stream).standard_normal((8, self.width)))
        layer.switch(training=False)
        return layer

    def repeat(self, case: Case) -> tuple[Callable[[Array], Any], Array]:
        """Return a call and its input, for the laws that hold of anything."""
        return self.fresh().forward, self.batch(case)

    def checkable(self) -> tuple[Any, dict[str, Any]]:
        """Return what to hand to `gradcheck.check` with the subject's own inputs."""
        return self.make(), self.options

    def gradient_call(self, case: Case, mode: str) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """Return what to hand to `gradcheck.check`."""
        layer = self.trained(case) if mode == "test" else self.fresh()
        layer.shake(case.generator(1))
        x = self.batch(case, min_rows=2, max_rows=6, **GENTLE)
        if mode == "again":
            other = case.array("first", batches(self.width, min_rows=7, max_rows=9, **GENTLE))
            layer.forward(other)
            layer.backward(case.array("upstream", upstreams(other.shape)))
            x = np.repeat(x, 2, axis=0)[:: case.pick("stride", choice((2, -2)))]
        return layer.thing, (x,), self.options

    def example(self, case: Case) -> Example:
        """Return one call in training, for the gradient laws."""
        return Example(*self.gradient_call(case, "train"), rows=(0,))


def adapt(declaration: Declaration) -> tuple[Normalization, tuple[Fact, ...]]:
    """Return the declared thing as a normalization, and the facts relied on.

    Raises
    ------
    InvalidArgument
        The thing has no forward, or the width of an instance cannot be told.
    """
    make, width = _maker(declaration)
    layer = make()
    names, mode = Names.of(layer), mode_of(layer)
    draft = Normalization(make, width, mode, names, declaration.traits, frozenset(), dict(declaration.options))
    traits, facts = merge(declaration.traits, _facts(draft))
    whole = replace(draft, traits=traits)
    whole = replace(whole, abilities=_abilities(whole, layer))
    return whole, (("width", str(width), "inferred"), *_mode_fact(mode), *facts)


def _maker(declaration: Declaration) -> tuple[Callable[[], Any], int]:
    thing = declaration.thing
    if hasattr(thing, "forward") and not isinstance(thing, type):
        width = _width(thing) or _width_of_inputs(declaration)
        if width is None:
            raise InvalidArgument(
                f"the width of {declaration.name!r} cannot be read off parameters named {', '.join(SCALE)}; "
                "declare an example input, or the class in place of the instance"
            )
        return lambda: copy.deepcopy(thing), width
    if not callable(thing):
        raise InvalidArgument(
            f"{declaration.name!r} is a {type(thing).__name__}, but a normalization has forward and backward, or is "
            "called with a width and returns such an object"
        )
    width = _width_of_inputs(declaration) or WIDTH
    with global_seed(0):
        layer = thing(width)
    if not hasattr(layer, "forward"):
        raise InvalidArgument(f"{declaration.name}({width}) is a {type(layer).__name__} without forward")
    return lambda: copy.deepcopy(layer), width


def _width(layer: Any) -> int | None:
    held = [read(layer, name) for name in (*SCALE, *SHIFT)]
    sizes = [np.size(value) for value in held if isinstance(value, np.ndarray)]
    return int(sizes[0]) if sizes else None


def _width_of_inputs(declaration: Declaration) -> int | None:
    shape = list(np.shape(declaration.inputs[0])) if declaration.inputs else []
    return int(shape[1]) if len(shape) > 1 else None


def _mode_fact(mode: Mode) -> tuple[Fact, ...]:
    return () if mode.form == "none" else (("test mode", mode.name or "train(), eval()", "inferred"),)


def _abilities(subject: Normalization, layer: Any) -> frozenset[str]:
    backward = hasattr(layer, "backward")
    over_batch = subject.traits.normalizes != "features"
    present = {
        "backward": backward,
        "gradient": backward,
        "rows": backward,
        "float32": backward,
        "parameters": backward and subject.names.scale is not None,
        "affine": subject.names.scale is not None and subject.names.shift is not None,
        "batch": over_batch,
        "running": subject.names.mean is not None and subject.names.variance is not None,
        "test mode": subject.mode.form != "none" and subject.names.mean is not None,
        "test gradient": subject.mode.on_object and subject.names.mean is not None,
        "images": over_batch and _takes_images(subject),
    }
    return frozenset(name for name, there in present.items() if there)


def _takes_images(subject: Normalization) -> bool:
    x = np.random.default_rng(0).standard_normal((2, subject.width, 2, 2))
    try:
        return bool(subject.fresh().forward(x).shape == x.shape)
    except Exception:  # it does not take images: that is the answer
        return False


def _facts(subject: Normalization) -> dict[str, Any]:
    eps = find(subject.make(), EPS)
    facts: dict[str, Any] = {"eps": float(read(subject.make(), eps)) if eps else None}
    try:
        facts |= {"normalizes": _over(subject), "momentum": _momentum(subject)}
        facts["eps"] = facts["eps"] if eps else _eps(subject)
    except Exception:  # a law says what it raises
        pass
    return {name: value for name, value in facts.items() if value is not None}


def _over(subject: Normalization) -> str:
    """Tell whether the rows of a batch know of each other."""
    x = np.random.default_rng(0).standard_normal((4, subject.width))
    moved = x.copy()
    moved[1:] += 1.5 * x[1:] + 1.0
    alone = np.allclose(subject.fresh().forward(x)[0], subject.fresh().forward(moved)[0])
    return "features" if alone and subject.width > 1 else "batch"


def _momentum(subject: Normalization) -> float | None:
    """Return the weight of the new batch, from what one batch does to the running mean."""
    if subject.names.mean is None:
        return None
    layer, x = subject.fresh(), 5.0 + np.random.default_rng(0).standard_normal((8, subject.width))
    before = np.array(layer.mean, dtype=np.float64)
    layer.forward(x)
    weights = (np.asarray(layer.mean) - before) / (x.mean(axis=0) - before)
    return float(np.round(weights.mean(), 12))


def _eps(subject: Normalization) -> float | None:
    """Solve v / (v + eps) = variance of the output, for a small variance v."""
    x = 1e-2 * np.random.default_rng(0).standard_normal((64, subject.width))
    axes = subject.axes(x)
    if subject.traits.normalizes == "features" or subject.names.scale is None:
        return None
    v, out = x.var(axis=axes), subject.fresh().plain(x).var(axis=axes)
    found = float(np.mean(v / out - v))
    return float(f"{found:.3g}") if found > 0 else 0.0
