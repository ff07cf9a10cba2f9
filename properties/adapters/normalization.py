"""A normalization: an object with forward and backward, or what makes one from a width."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ...subjects import Declaration, Traits
from .._case import Case
from ..strategies import MILD, batches, choice, tensors, upstreams
from ._adapted import SINGLE, Fact, is_single, merge
from ._behaviour import (
    IMAGE,
    facts_of,
    feels_positions,
    has_lengths,
    is_cumulative,
    is_pointwise,
    offset_of,
    refuse_uneven,
    takes,
)
from ._example import Example
from ._instance import Instance, Names
from ._made import arguments_of, made_as
from ._modes import Mode, mode_of
from ._names import SCALE, SHIFT, read
from ._repeated import reduction
from ._seeded import global_seed
from ._trial import constructed, tried

Array = NDArray[Any]
WIDTH = 3
OTHER_WIDTHS = (4, 6, 8, 12)
FORM = "a normalization has forward and backward, or is called with a width and returns such an object"

SIDES = ((2, 2), (1, 4), IMAGE)
"""Heights and widths of the images that are drawn; two positions are normalized to 1 and -1 whatever they hold."""

SETS: dict[str, Callable[[int], tuple[int, ...]]] = {
    "batch": lambda ndim: (0, *range(2, ndim)),
    "features": lambda ndim: tuple(range(1, ndim)),
    "groups": lambda ndim: (ndim - 1,),
    "instance": lambda ndim: tuple(range(2, ndim)),
    "neighbours": lambda ndim: tuple(range(1, ndim)),
}
"""What is normalized -> the axes that its statistics are over; groups stand on an axis of their own.

Neighbours have no such axes, as each channel has its own: those are all that it may read.
"""

Made = tuple[Callable[[], Any], int, tuple[Fact, ...]]
"""What makes a layer, its width, and the call in words."""

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
    forgetful: bool = False
    """Nobody declared so, but a new batch weighs more in the running statistics than all the past."""
    image: bool = False
    """It is declared with an image, all positions of which share what is taken over any."""
    lengths: bool = False
    """Rows come out with length 1: what stands beside eps is the sum of their squares, and no mean of them."""
    pointwise: bool = False
    """The features of each position of an image are normalized by themselves."""
    offset: float = 0.0
    """What is added to the weight that a layer keeps, before it multiplies."""
    cumulative: bool = False
    """The running statistics are the means of those of all batches so far."""

    def fresh(self, *, training: bool = True) -> Instance:
        """Return a layer that nobody else holds; where its gains begin as 0, they are 1."""
        layer = Instance(self.make(), self.mode, self.names, training=training, offset=self.offset)
        if self.names.scale is not None and not np.any(layer.scale):
            layer.scale = np.ones_like(layer.scale)
        return layer

    @property
    def dtype(self) -> type[np.floating[Any]]:
        """What it calculates in."""
        return np.float32 if SINGLE in self.abilities else np.float64

    @property
    def eps(self) -> float:
        """What is added to the variance."""
        return float(self.traits.eps or 0.0)

    def weight(self, batches: int) -> float:
        """Return the weight of the last of so many batches in the running statistics."""
        return 1.0 / batches if self.cumulative else float(self.traits.momentum or 0.0)

    def over(self, f: Callable[..., Array], x: Array) -> Array:
        """Return ``f(x, axis=axes, keepdims=True)`` of each set that shares statistics, in the shape of `x`."""
        sets = x.reshape(len(x), self.traits.groups or 1, -1) if self.traits.normalizes == "groups" else x
        axes = (1,) if self.pointwise else SETS[self.traits.normalizes or "batch"](sets.ndim)
        return np.broadcast_to(f(sets, axis=axes, keepdims=True), sets.shape).reshape(x.shape)

    def square(self, x: Array) -> Array:
        """Return what stands beside eps under the root, of deviations `x`: the mean or the sum of their squares."""
        return self.over(np.sum if self.lengths else np.mean, x**2)

    def count(self, x: Array) -> int:
        """Return how many numbers share statistics."""
        return int(self.over(np.sum, np.ones_like(x)).flat[0]) if x.size else 0

    def batch(self, case: Case, name: str = "x", **options: Any) -> Array:
        """Draw a batch of the right width, of images where the statistics are over positions."""
        if "positions" not in self.abilities:
            return case.array(name, batches(self.width, **options))
        rows = range(options.pop("min_rows", 2), options.pop("max_rows", 4) + 1)
        shapes = tuple((n, self.width, *sides) for n in rows for sides in SIDES)
        return case.array(name, choice(shapes).flatmap(lambda shape: tensors(shape, **options)))

    def rows(self, x: Array) -> Array:
        """Return `x` as a table: a row for each position of each example."""
        return np.moveaxis(x, 1, -1).reshape(-1, self.width)

    def shape(self, rows: int) -> tuple[int, ...]:
        """Return the shape of an ordinary input."""
        return (rows, self.width, *(IMAGE if "positions" in self.abilities else ()))

    def trained(self, case: Case) -> Instance:
        """Return a layer in test mode whose running statistics come from a batch or two."""
        layer = self.fresh()
        layer.shake(case.generator(1))
        for stream in (2, 3):
            layer.forward(2.0 + 3.0 * case.generator(stream).standard_normal(self.shape(8)))
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
            other = self.batch(case, "first", min_rows=7, max_rows=9, **GENTLE)
            layer.forward(other)
            layer.backward(case.array("upstream", upstreams(other.shape)))
            x = np.repeat(x, 2, axis=0)[:: case.pick("stride", choice((2, -2)))]
        return layer.thing, (x,), self.options

    def ordinary(self, rng: np.random.Generator) -> Example:
        """Return one call in training at ordinary values, for what is tried without a search."""
        layer = self.fresh()
        layer.shake(rng)
        return Example(layer.thing, (rng.standard_normal(self.shape(5)),), self.options, (0,))

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
    make, width, made = _that_runs(declaration, _maker(declaration))
    refuse_uneven(declaration.traits, width, declaration.name)
    layer = make()
    names, mode = Names.of(layer), mode_of(layer)
    draft = Normalization(make, width, mode, names, declaration.traits, frozenset(), dict(declaration.options))
    draft = replace(draft, offset=offset_of(draft))
    draft = replace(draft, image=np.ndim(next(iter(declaration.inputs), 0)) == 4 and feels_positions(draft))
    inferred = facts_of(draft)
    if declaration.traits.momentum is None and is_cumulative(draft):
        draft, inferred = replace(draft, cumulative=True), {**inferred, "momentum": None}
    traits, facts = merge(declaration.traits, {name: value for name, value in inferred.items() if value is not None})
    whole = replace(draft, traits=traits, forgetful=declaration.traits.momentum is None and _forgets(traits))
    whole = replace(whole, lengths=has_lengths(whole), pointwise=is_pointwise(whole))
    whole = replace(whole, abilities=_abilities(whole, layer))
    if "backward" in whole.abilities and reduction(whole.ordinary(np.random.default_rng(0)), 2) is not None:
        whole = replace(whole, abilities=whole.abilities | {"repeatable"})
    own = ("width", str(width), "inferred"), *_mode_fact(mode), *_cumulative_fact(whole), *_length_fact(whole)
    return whole, (*made, *own, *facts)


def _forgets(traits: Traits) -> bool:
    return traits.momentum is not None and 0.5 < traits.momentum < 1


def _maker(declaration: Declaration) -> tuple[Callable[[], Any], int, tuple[Fact, ...]]:
    thing = declaration.thing
    if hasattr(thing, "forward") and not isinstance(thing, type):
        width = _width(thing, _width_of_inputs(declaration))
        if width is None:
            raise InvalidArgument(
                f"the width of {declaration.name!r} cannot be read off parameters named {', '.join(SCALE)}; "
                "declare an example input, or the class in place of the instance"
            )
        return lambda: copy.deepcopy(thing), width, ()
    if not callable(thing):
        raise InvalidArgument(f"{declaration.name!r} is a {type(thing).__name__}, but {FORM}")
    width = _width_of_inputs(declaration)
    arguments = arguments_of(thing, width or WIDTH)
    (fact,) = made_as(thing, arguments)
    with global_seed(0):
        layer = constructed(thing, *arguments, name=declaration.name)
    if not hasattr(layer, "forward"):
        raise InvalidArgument(f"{fact[1]} returned {type(layer).__name__}, but {FORM}")
    return lambda: copy.deepcopy(layer), (width if arguments else _width(layer, width)) or WIDTH, (fact,)


def _that_runs(declaration: Declaration, made: Made) -> Made:
    """Return what makes a layer of another width, where one of three takes nothing: its groups may not divide it."""
    (_, width, facts), thing = made, declaration.thing
    if not facts or declaration.inputs or not _is_made_with(thing, WIDTH) or _runs(made[0], width):
        return made
    for arguments in ((), *((other,) for other in OTHER_WIDTHS)):
        with global_seed(0):
            layer, error = tried(thing, *arguments)
        found = (arguments[0] if arguments else _width(layer, None)) if error is None else None
        if found is not None and _runs(functools.partial(copy.deepcopy, layer), found):
            return functools.partial(copy.deepcopy, layer), found, made_as(thing, arguments)
    return made


def _is_made_with(thing: Any, width: int) -> bool:
    """Say whether a class or a factory is called with a width."""
    return arguments_of(thing, width) == (width,)


def _runs(make: Callable[[], Any], width: int) -> bool:
    """Say whether a layer takes a table or images of that width."""
    layer = make()
    draft = Normalization(make, width, mode_of(layer), Names.of(layer), Traits(), frozenset(), {})
    return takes(draft, (4, width)) or takes(draft, (4, width, *IMAGE))


def _width(layer: Any, of_inputs: int | None) -> int | None:
    """Return how many features there are: as many as gains, unless one gain is for all of them."""
    held = [read(layer, name) for name in (*SCALE, *SHIFT)]
    sizes = [np.size(value) for value in held if isinstance(value, np.ndarray)]
    return int(sizes[0]) if sizes and (sizes[0] > 1 or not of_inputs) else of_inputs


def _width_of_inputs(declaration: Declaration) -> int | None:
    shape = list(np.shape(declaration.inputs[0])) if declaration.inputs else []
    return int(shape[1]) if len(shape) > 1 else None


def _holds_single(layer: Any, names: Names) -> bool:
    """Say whether a parameter or a running statistic is of float32."""
    held = [read(layer, name) for name in (names.scale, names.shift, names.mean, names.variance) if name]
    return any(getattr(value, "dtype", None) == np.float32 for value in held)


def _mode_fact(mode: Mode) -> tuple[Fact, ...]:
    return () if mode.form == "none" else (("test mode", mode.name or "train(), eval()", "inferred"),)


def _cumulative_fact(subject: Normalization) -> tuple[Fact, ...]:
    return (("momentum", "1/k for the k-th batch", "inferred"),) if subject.cumulative else ()


def _length_fact(subject: Normalization) -> tuple[Fact, ...]:
    return (("normalizes to", "length 1, and no mean square of 1", "inferred"),) if subject.lengths else ()


def _abilities(subject: Normalization, layer: Any) -> frozenset[str]:
    backward = hasattr(layer, "backward")
    over_batch, tables = subject.traits.normalizes in {"batch", None}, takes(subject, (4, subject.width))
    present = {
        "backward": backward,
        "gradient": backward,
        "rows": backward,
        "independent rows": backward and not over_batch,
        "float32": backward,
        SINGLE: _holds_single(layer, subject.names)
        or is_single(subject.fresh().forward, np.random.default_rng(0).standard_normal(subject.shape(4))),
        "parameters": backward and subject.names.scale is not None,
        "affine": subject.names.scale is not None and subject.names.shift is not None,
        "centered": subject.traits.centers is not False,
        "batch": over_batch,
        "by example": not over_batch,
        "parts": subject.traits.normalizes == "instance" or (subject.traits.groups or 1) > 1,
        "positions": subject.traits.normalizes in {"groups", "instance"} or not tables,
        "sets": subject.traits.normalizes != "neighbours",
        "weighs": subject.cumulative or subject.traits.momentum is not None,
        "running": subject.names.mean is not None and subject.names.variance is not None,
        "test mode": subject.mode.form != "none" and subject.names.mean is not None,
        "test gradient": subject.mode.on_object and subject.names.mean is not None,
        # Without a scale any shape is taken, whether it is meant or not.
        "images": over_batch and tables and subject.names.scale and takes(subject, (2, subject.width, 2, 2)),
    }
    return frozenset(name for name, there in present.items() if there)
