"""A layer: a pair of functions, an object with forward and backward, a class of such, or a function and its vjp.

What is drawn: the declared inputs, moved a little; without them, a batch of the width that the parameters tell. A
layer that draws random numbers is given the same ones at every call, so that it has a gradient.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ...subjects import Declaration, Traits
from .._case import Case
from .._expect import alike
from ..strategies import batches, choice
from ._adapted import SINGLE, Fact, is_single, merge
from ._example import Example, as_array, copied, is_floating, is_index
from ._instance import Instance, Names
from ._made import arguments_of, made_as
from ._modes import Mode, mode_of
from ._moved import PLACES, moved, parameters_of
from ._names import WEIGHTS, find, read
from ._repeated import over_and_over
from ._seeded import Seeded, global_seed
from ._steady import steady
from ._taken import taken
from ._trial import constructed, copyable, own, told, tried
from .normalization import GENTLE

Array = NDArray[Any]
FRAMEWORKS = ("torch", "jax", "jaxlib")
"""Packages whose objects bring their gradient along."""

STRETCHES = (1.0, 0.5, -1.0, 2.0)
ROWS, WIDTH = 4, 3
"""The batch that is tried on a layer whose width nothing tells."""

MANY = 4096
"""Numbers of the batch in which a rare draw shows."""

NO_NAMES = Names(None, None, None, None)


@dataclass(frozen=True)
class Layer:
    """A thing that `gradcheck.check` takes, and inputs to try it on; ``rows`` are those with a row per example.

    ``parameters`` are those that can be moved away from where they start.
    """

    thing: Any
    inputs: tuple[Any, ...]
    width: int | None
    traits: Traits
    abilities: frozenset[str]
    options: dict[str, Any]
    rows: tuple[int, ...] = ()
    parameters: tuple[str, ...] = ()
    seed: int = 0

    def fresh(self) -> Any:
        """Return the thing, or a copy of an object, that draws the same random numbers at every call."""
        thing = self._copy()
        if "random" not in self.abilities:
            return thing
        self.mode.set(thing, training=True)
        return steady(thing, self.seed, self.mode.keywords(training=True))

    def session(self, *, training: bool = True, seed: int | None = None) -> Instance:
        """Return the layer as an object with a mode, its random numbers drawn from `seed` on, call after call."""
        return Instance(self.seeded(seed), self.mode, NO_NAMES, training=training)

    def seeded(self, seed: int | None) -> Seeded:
        """Return what a session calls."""
        return Seeded(self._copy(), self.inputs[1:], seed)

    def _copy(self) -> Any:
        return copy.deepcopy(self.thing) if hasattr(self.thing, "forward") else self.thing

    @property
    def mode(self) -> Mode:
        """How it is switched between training and test."""
        thing = self._copy()
        if isinstance(thing, tuple) or not hasattr(thing, "forward"):
            return mode_of(Seeded(thing, (), None))
        return mode_of(thing)

    def __call__(self, x: Array, *rest: Any) -> Array:
        """Return the output, without a cache."""
        thing = self.fresh()
        forward = thing[0] if isinstance(thing, tuple) else getattr(thing, "forward", thing)
        out = forward(x, *(rest or self.inputs[1:]))
        return np.asarray(out[0] if isinstance(out, tuple) else out)

    def drawn(self, case: Case) -> tuple[Any, ...]:
        """Draw inputs: the declared ones moved a little, or a batch."""
        if not self.inputs:
            assert self.width is not None
            return (case.array("x", batches(self.width, **GENTLE)),)
        stretch, seed = case.pick("stretch", choice(STRETCHES)), case.pick("seed", choice(tuple(range(100))))
        rng = np.random.default_rng(seed)
        if self.traits.averages:
            *many, classes = np.shape(self.inputs[0])
            return (rng.dirichlet(np.ones(classes), size=tuple(many)),)
        return tuple(_moved(value, stretch, rng) for value in self.inputs)

    def example(self, case: Case) -> Example:
        """Return one call, for the gradient laws: with the parameters as they are, or elsewhere."""
        example = self.call_at(self.drawn(case))
        if not self.parameters:
            return example
        place = case.pick("parameters", choice(PLACES))
        return replace(example, thing=moved(example.thing, self.parameters, place, example.inputs))

    def ordinary(self, rng: np.random.Generator) -> Example:
        """Return one call beside the declared inputs, with the parameters elsewhere, for what needs no search."""
        example = self.call_at(tuple(_moved(value, 1.0, rng) for value in _ordinary(self)))
        return replace(example, thing=moved(example.thing, self.parameters, PLACES[1], example.inputs))

    def call_at(self, inputs: tuple[Any, ...]) -> Example:
        """Return a call with these inputs."""
        return Example(self.fresh(), inputs, self.options, self.rows, random=self.traits.deterministic is False)

    def repeat(self, case: Case) -> tuple[Callable[[Array], Any], Array]:
        """Return a call and its input, for the laws that hold of anything."""
        x, *rest = self.drawn(case)
        return (lambda x: self(x, *rest)), np.asarray(x)

    def checkable(self) -> tuple[Any, dict[str, Any]]:
        """Return what to hand to `gradcheck.check` with the subject's own inputs."""
        return self.fresh(), self.options

    def gradient_call(self, case: Case, mode: str) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:  # noqa: ARG002
        """Return what to hand to `gradcheck.check`."""
        example = self.example(case)
        return example.thing, example.inputs, dict(example.options)


def adapt(declaration: Declaration) -> tuple[Layer, tuple[Fact, ...]]:
    """Return the declared thing as a layer, and the facts relied on.

    Raises
    ------
    InvalidArgument
        No input is declared, none can be told from the parameters, and a batch of ordinary size is not taken.
    """
    thing, options = declaration.thing, dict(declaration.options)
    arguments: tuple[int, ...] = ()
    made: tuple[Fact, ...] = ()
    if isinstance(thing, type):  # once, and copied from then on: its weights may be drawn anew with each
        arguments = arguments_of(thing, _width_of(declaration.inputs), 2)
        made = made_as(thing, arguments)
        with global_seed(0):
            thing = constructed(thing, *arguments, name=thing.__name__)
    if hasattr(thing, "forward"):
        copyable(thing, declaration.name)
    width = None if arguments else _width(thing)
    draft = Layer(thing, declaration.inputs, width, declaration.traits, frozenset(), options)
    if not draft.inputs:
        draft, told = _with_width(draft, declaration.name)
        made = (*made, *told)
    single = _framework(thing) is None and is_single(draft, *_ordinary(draft))
    if single:
        draft = replace(draft, inputs=tuple(_narrow(value) for value in draft.inputs))
    has_gradient = _has_gradient(thing, options) and bool(draft.inputs or draft.width)
    random = bool(draft.inputs or draft.width) and (bool(declaration.traits.drop_rate) or _is_random(draft))
    draft = replace(draft, abilities=frozenset(["random"] if random else []))
    rows, alone = _rows(draft) if has_gradient and not random else ((), None)
    inferred: dict[str, Any] = {} if alone is None else {"row_independent": alone}
    traits, facts = merge(declaration.traits, inferred)
    abilities = {
        "gradient": has_gradient,
        "callable": bool(draft.inputs or draft.width),
        "parameters": len(draft.inputs) > 1
        or find(thing, WEIGHTS) is not None
        or _has_parameters(draft, has_gradient),
        "shared": has_gradient and _has_parameters(draft, has_gradient),
        "rows": bool(rows),
        "independent rows": bool(rows) and bool(traits.row_independent),
        "repeatable": bool(rows) and bool(traits.row_independent),
        "jvp": options.get("jvp") is not None,
        "float32": has_gradient and not random and _framework(thing) is None,
        "random": random,
        SINGLE: single,
        "drops": bool(traits.drop_rate) or (random and _drops(draft)),
        "test mode": random and draft.mode.form != "none",
        "max pool": traits.pools == "max",
        "average pool": traits.pools == "average",
        "lookup": has_gradient and any(is_index(v) for v in draft.inputs),
    }
    known = frozenset(name for name, there in abilities.items() if there)
    movable = parameters_of(thing, _ordinary(draft), options) if has_gradient else ()
    return replace(draft, traits=traits, abilities=known, rows=rows, parameters=movable), (*made, *facts)


def _framework(thing: Any) -> str | None:
    home = type(thing).__module__.partition(".")[0]
    return home if home in FRAMEWORKS else None


def _has_gradient(thing: Any, options: Mapping[str, Any]) -> bool:
    given = {"vjp", "grad", "derivative", "jvp"} & set(options)
    brings = _framework(thing) is not None or hasattr(thing, "parameters")
    return bool(given) or brings or hasattr(thing, "backward") or isinstance(thing, tuple)


def _has_parameters(layer: Layer, has_gradient: bool) -> bool:  # noqa: FBT001
    """Say whether there is anything beside the first input that gradients are claimed for."""
    if not has_gradient:
        return False
    try:
        return len(layer.call_at(_ordinary(layer)).subject().leaves) > 1
    except Exception:  # a law says what it raises
        return False


def _width(thing: Any) -> int | None:
    name = find(thing, WEIGHTS)
    shape = list(np.shape(read(thing, name))) if name else []
    return int(shape[0]) if len(shape) == 2 else None


def _narrow(value: Any) -> Any:
    return as_array(value).astype(np.float32) if is_floating(value) else value


def _width_of(inputs: tuple[Any, ...]) -> int:
    return int(np.shape(inputs[0])[1]) if inputs and np.ndim(inputs[0]) > 1 else WIDTH


def _ordinary(layer: Layer) -> tuple[Any, ...]:
    return copied(layer.inputs) or (np.random.default_rng(0).standard_normal((ROWS, layer.width or WIDTH)),)


def _with_width(layer: Layer, name: str) -> tuple[Layer, tuple[Fact, ...]]:
    """Return the layer with the width of its weights or an ordinary one, or a batch of its own size where it refuses.

    Raises
    ------
    InvalidArgument
        Nothing good comes of any.
    """
    width = layer.width or WIDTH
    out, error = tried(layer, np.random.default_rng(0).standard_normal((ROWS, width)))
    if error is None and np.size(out):
        return replace(layer, width=width), ()
    shape = taken(layer, layer.thing, ROWS)
    if shape is not None:
        fact = ("input", f"of shape {shape}, as others are refused", "inferred")
        return replace(layer, inputs=(np.random.default_rng(0).standard_normal(shape),)), (fact,)
    if layer.width is not None:  # a law says what it raises
        return layer, ()
    if error is not None and own([error]) is None:
        raise InvalidArgument(f"{name!r} cannot be called with one array: {error}; declare example inputs") from error
    said = "returned nothing for" if error is None else f"raised {told(error)} on"
    raise InvalidArgument(
        f"{name!r} {said} a batch of shape {(ROWS, WIDTH)}, which is tried where nothing tells the width; if it "
        "takes something else, declare an example input"
    ) from error


def _is_random(layer: Layer) -> bool:
    """Say whether a first call draws numbers, of a generator that is known or of one that shows in the outputs.

    What differs from one call of an object to the next is what the first has left behind, and no chance.
    """
    if _framework(layer.thing) is not None:
        return False
    x = as_array(_ordinary(layer)[0])
    for batch in (over_and_over(x, -(-MANY // max(np.size(x), 1))) if np.ndim(x) else x, x):
        try:
            return _draws(layer, batch)
        except Exception:  # a law says what it raises
            continue
    return False


def _draws(layer: Layer, x: Array) -> bool:
    calls = [layer.seeded(seed) for seed in (0, 0, 1, 2, 3)]
    first, *others = (Instance(call, layer.mode, NO_NAMES, training=True).forward(x) for call in calls)
    return any(call.drawn for call in calls) or not all(np.array_equal(first, other) for other in others)


def _drops(layer: Layer) -> bool:
    """Say whether each output is its input times 0 or times one other number, whatever the sign of the input."""
    shape = np.shape(_ordinary(layer)[0])
    x = np.random.default_rng(0).standard_normal((-(-MANY // max(math.prod(shape[1:]), 1)), *shape[1:]))
    out = layer.session(seed=0).forward(x)
    if out.shape != x.shape:
        return False
    ratio, kept = out / x, out != 0
    both = kept[x < 0].any() and kept[x > 0].any() and not kept.all()
    return bool(both and np.allclose(ratio[kept], ratio[kept][0], rtol=1e-9, atol=0.0))


def _rows(layer: Layer) -> tuple[tuple[int, ...], bool | None]:
    """Return which inputs have a row per example, and whether the examples know of each other."""
    inputs = tuple(as_array(v) for v in _ordinary(layer))
    count = len(inputs[0]) if np.ndim(inputs[0]) else 0
    if count < 2:
        return (), None
    same = tuple(k for k, v in enumerate(inputs) if isinstance(v, np.ndarray) and v.ndim and len(v) == count)
    order = np.arange(count)[::-1]
    for rows in dict.fromkeys([(0,), same]):
        example = replace(layer.call_at(inputs), rows=rows)
        try:
            here, turned = example.forward().outputs, example.forward(example.at_rows(order)).outputs
            if not all(alike(b, a[order] if a.ndim else a) for a, b in zip(here, turned, strict=True)):
                continue
            alone = example.forward(example.at_rows([0])).outputs
        except Exception:  # it does not take the batch in another form: that is the answer
            continue
        return rows, all(a.ndim > 0 and len(a) == count and alike(b, a[:1]) for a, b in zip(here, alone, strict=True))
    return (), None


def _moved(value: Any, stretch: float, rng: np.random.Generator) -> Any:
    """Return a floating array stretched and moved by a tenth of its size; anything else as it is."""
    array = as_array(value)
    if not is_floating(array) or not array.size:
        return value
    size = float(np.abs(array).max()) or 1.0
    return (stretch * array + 0.1 * size * rng.standard_normal(array.shape)).astype(array.dtype)
