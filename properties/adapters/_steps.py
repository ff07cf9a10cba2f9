"""How a step of an optimizer is taken: by a function or an object, of an array, a dictionary or a list."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ._trial import constructed, own, told, tried

Array = NDArray[Any]
Arrays = list[Array]
Step = Callable[[Any, Any, Any], tuple[Any, Any]]

MAKERS = (type, functools.partial)
METHODS = ("update", "step", "apply")
RATE = 0.05
"""Learning rate where it has no default."""


def _of_list(held: Any, count: int) -> Arrays:
    if not (isinstance(held, (list, tuple)) and len(held) == count):
        raise TypeError(f"a list of {count} parameters was handed over, and none came back")
    return list(held)


HOLDERS: dict[str, tuple[Callable[[Arrays], Any], Callable[[Any, int], Iterable[Any]]]] = {
    "": (lambda arrays: arrays[0], lambda held, count: [held] * count),
    " of dictionaries": (
        lambda arrays: {f"w{i}": array for i, array in enumerate(arrays)},
        lambda held, count: [held[f"w{i}"] for i in range(count)],
    ),
    " of lists": (list, _of_list),
}
"""What holds the parameters -> how it is made of arrays, and how so many are read from it."""


@dataclass
class Run:
    """An optimizer under way: its state goes from step to step."""

    call: Callable[[Arrays, Arrays, Any], tuple[Arrays, Any]]
    state: Any = None

    def step(self, w: Array, grad: Array) -> Array:
        """Return the weights after one step."""
        return self.beside([w], [grad])[0]

    def beside(self, weights: Arrays, grads: Arrays) -> Arrays:
        """Return several parameters after one step of all of them, where a dictionary or a list holds them."""
        out, self.state = self.call(weights, grads, self.state)
        return [np.array(w) for w in out]


def started(thing: Any, form: str, keywords: dict[str, Any], knobs: Mapping[str, tuple[str, ...]]) -> Run:
    """Return a fresh run of what is called in that form."""
    kind, of, holder = form.partition(" of ")
    if kind == "function":
        return Run(_held(lambda w, g, state: _call(thing, w, g, state, keywords, knobs), of + holder, kept=False))
    made = made_with(thing, keywords, knobs["learning_rate"])
    method = next(getattr(made, name) for name in METHODS if callable(getattr(made, name, None)))
    return Run(_held(lambda w, g, state: (method(w, g), state), of + holder, kept=True))


def _held(step: Step, holder: str, *, kept: bool) -> Callable[[Arrays, Arrays, Any], tuple[Arrays, Any]]:
    """Return a step of arrays; with `kept`, state may be held by the identity of one: it is the same all along."""
    pack, read = HOLDERS[holder]
    mine: Arrays = []

    def call(weights: Arrays, grads: Arrays, state: Any) -> tuple[Arrays, Any]:
        if not (kept and mine):
            mine[:] = [np.array(w) for w in weights]
        for array, w in zip(mine, weights, strict=True):
            array[...] = w
        there = pack(mine)
        out, state = step(there, pack(grads), state)
        return list(read(there if out is None else out, len(mine))), state

    return call


def form_of(thing: Any, start: Callable[[str], Run], name: str) -> str:
    """Return how a step is taken: the first way that gives weights.

    An array that must have rows may be a list of parameters, and is one where a list of them is taken.

    Raises
    ------
    InvalidArgument
        No way does.
    """
    kind, errors = "function" if inspect.isroutine(thing) else "object", []
    one, any_shape = ((2,),), ((2,), ())
    for holder, shapes in (("", any_shape), (" of dictionaries", one), (" of lists", one), ("", one)):
        steps = [tried(_fits, start, kind + holder, shape) for shape in shapes]
        if all(fits for fits, _ in steps):
            return kind + holder
        errors += [error for _, error in steps]
    raised = own(errors)
    said = "took no step" if raised is None else f"raised {told(raised)} at its first step"
    raise InvalidArgument(
        f"{name!r} {said}; an optimizer is step(w, grad, state) -> (w, state), or an object with one of "
        f"{', '.join(METHODS)} called with (w, grad), or with a dictionary or a list of each"
    ) from raised


def _fits(start: Callable[[str], Run], form: str, shape: tuple[int, ...]) -> bool:
    """Say whether a step keeps weights of this shape."""
    out = start(form).step(np.resize([1.0, -2.0], shape), np.resize([0.5, 0.25], shape))
    return out.shape == shape and out.dtype.kind == "f"


def _call(
    step: Any, w: Any, grad: Any, state: Any, keywords: dict[str, Any], knobs: Mapping[str, tuple[str, ...]]
) -> tuple[Any, Any]:
    positional = [p for p in parameters(step).values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    takes_state = len(positional) > 2 and positional[2].name not in {n for names in knobs.values() for n in names}
    out = step(w, grad, state, **keywords) if takes_state else step(w, grad, **keywords)
    if isinstance(out, tuple) and len(out) == 2:
        return out
    return (w if out is None else out), state


def made_with(thing: Any, keywords: dict[str, Any], rates: Iterable[str] = ()) -> Any:
    """Return a fresh object with these settings: by its constructor where that takes them, else as attributes."""
    makes = isinstance(thing, MAKERS)
    wanted = parameters(thing) if makes else {}
    taken = {name for name in keywords if name in wanted}
    if not makes:
        made = copy.deepcopy(thing)
    else:
        rate = {n: RATE for n in rates if n in wanted and wanted[n].default is inspect.Parameter.empty}
        how = {**rate, **{name: keywords[name] for name in taken}}
        rest = () if (whole := _takes(thing, how)) else (RATE,)
        made = constructed(thing, *rest, name=getattr(thing, "__name__", ""), **(how if whole else {}))
    for name in keywords:
        if name not in taken:
            setattr(made, f"_{name}" if f"_{name}" in getattr(made, "__dict__", {}) else name, keywords[name])
    return made


def remade(thing: Any) -> Any:
    """Return the class of an object with the arguments it was made with, None where it does not hold them all."""
    held = {name.lstrip("_"): value for name, value in getattr(thing, "__dict__", {}).items()}
    maker: Callable[..., Any] = type(thing)
    wanted = parameters(maker)
    whole = bool(wanted) and all(name in held for name in wanted)
    return functools.partial(maker, **{name: held[name] for name in wanted}) if whole else None


def _takes(thing: Any, keywords: dict[str, Any]) -> bool:
    """Say whether a call with `keywords` alone has all that it needs; what it raises then is its own affair."""
    try:
        inspect.signature(thing).bind(**keywords)
    except TypeError:
        return False
    return True


def completed(thing: Any, rates: Iterable[str], knobs: Mapping[str, tuple[str, ...]]) -> Any:
    """Return a function with the learning rate bound if it must be told, and objects as they are."""
    if isinstance(thing, type) or not inspect.isroutine(thing):
        return thing
    wanted = parameters(thing)
    rate = next((n for n in rates if n in wanted), None)
    if rate is None or wanted[rate].default is not inspect.Parameter.empty:
        return thing

    def step(w: Any, grad: Any, state: Any = None, **how: Any) -> Any:
        return _call(thing, w, grad, state, {rate: RATE, **how}, knobs)

    step.__signature__ = inspect.signature(thing).replace(  # type: ignore[attr-defined]
        parameters=[
            p.replace(default=RATE, kind=p.KEYWORD_ONLY) if p.name == rate else p for p in _ordered(wanted, rate)
        ]
    )
    return step


def _ordered(wanted: Mapping[str, inspect.Parameter], rate: str) -> list[inspect.Parameter]:
    """Return the parameters with `rate` where a keyword may stand."""
    others = [p for p in wanted.values() if p.name != rate]
    front = [p for p in others if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]
    return [*front, wanted[rate], *(p for p in others if p not in front)]


def parameters(thing: Any) -> dict[str, inspect.Parameter]:
    """Return what a function or a class is called with, nothing where it does not say."""
    try:
        return dict(inspect.signature(thing).parameters)
    except (TypeError, ValueError):
        return {}
