"""How a loss is called: its value, and its gradient with respect to the prediction."""

from __future__ import annotations

import copy
import functools
import inspect
import itertools
import sys
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from ..._errors import InvalidArgument
from ...subjects import Declaration
from ...subjects.functions._beside import NAMES, UPSTREAM
from ._targets import SIZES, TRIAL, target_of
from ._trial import seen_as, tried

Function = Callable[..., Any]

VALUES = ("loss", "value", "forward")
GRADIENTS = ("gradient", "grad", "derivative", "backward")
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Held:
    """A loss object as a layer: its backward takes an upstream, whether or not it asks for one."""

    def __init__(self, loss: Any) -> None:
        self.loss = loss

    def forward(self, prediction: Any, target: Any) -> Any:
        """Return the loss."""
        return forward_of(self.loss)(prediction, target)

    def backward(self, upstream: Any) -> Any:
        """Return the gradient with respect to the prediction."""
        if _takes_upstream(self.loss.backward):
            found = self.loss.backward(upstream)
            return found[0] if isinstance(found, tuple) else found
        found = self.loss.backward()
        return upstream * (found[0] if isinstance(found, tuple) else found)


def held(loss: Any) -> Held:
    """Return a loss object as a layer that goes by the name of its class, and whose backward is where that stands."""
    name, backward = type(loss).__name__, type(loss).backward
    return cast(Held, type(name, (Held,), {"backward": seen_as(Held.backward, backward)})(loss))


def forward_of(thing: Any) -> Function:
    """Return what gives the value of an object: its forward, or the call of it."""
    return getattr(thing, "forward", thing)  # type: ignore[no-any-return]


def functions_of(declaration: Declaration) -> tuple[Function, Function | None, str]:
    """Return value and gradient as functions of prediction and target, and where the gradient was found.

    Raises
    ------
    InvalidArgument
        It is not called in any of these ways.
    """
    thing, options = declaration.thing, declaration.options
    if is_layer(thing):
        return _of_object(thing)
    method = thing if callable(thing) else _method(thing, VALUES)
    if method is None:
        raise InvalidArgument(
            f"{declaration.name!r} is a {type(thing).__name__}, but a loss is a function of prediction and target, "
            f"or an object with one of {', '.join(VALUES)} and one of {', '.join(GRADIENTS)}"
        )
    if inspect.iscoroutinefunction(method):
        raise InvalidArgument(f"{declaration.name!r} is async, but a loss returns its value; take `async` away")
    given = options.get("grad") or options.get("derivative")
    if given is not None:
        return method, _first(given), ""
    slope = _method(thing, GRADIENTS)
    if slope is not None:
        return method, _first(slope), slope.__name__
    if options.get("vjp") is not None:
        vjp = options["vjp"]
        return thing, _first(lambda p, t, **how: vjp(np.ones_like(thing(p, t, **how)), p, t, **how)), ""
    beside = _beside(thing)
    if beside is not None:
        return thing, _first(beside[0]), beside[1]
    if _returns_both(thing):
        return (lambda p, t, **how: thing(p, t, **how)[0]), (lambda p, t, **how: thing(p, t, **how)[1]), "returned"
    return thing, None, ""


def _of_object(thing: Any) -> tuple[Function, Function, str]:
    def value(prediction: Any, target: Any) -> Any:
        return forward_of(copy.deepcopy(thing))(prediction, target)

    def gradient(prediction: Any, target: Any) -> Any:
        fresh = Held(copy.deepcopy(thing))
        return fresh.backward(np.ones_like(fresh.forward(prediction, target)))

    return value, gradient, "backward"


def is_layer(thing: Any) -> bool:
    """Say whether a call of an object is followed by a backward, which takes an upstream or nothing."""
    backward = getattr(thing, "backward", None)
    called = hasattr(thing, "forward") or callable(thing)
    return called and backward is not None and len(_asked(backward)) < 2


def _method(thing: Any, names: tuple[str, ...]) -> Function | None:
    """Return the first method of these names."""
    return next((getattr(thing, name) for name in names if callable(getattr(thing, name, None))), None)


def _asked(backward: Function) -> list[str]:
    """Return the arguments that a backward must be given."""
    needed = (p for p in parameters_of(backward).values() if p.default is p.empty and p.kind is not p.VAR_POSITIONAL)
    return [p.name for p in needed if p.kind not in (p.VAR_KEYWORD, p.KEYWORD_ONLY)]


def _takes_upstream(backward: Function) -> bool:
    """Say whether the first place of a backward is for an upstream: it must be filled, or is 1 or named like one."""
    place = next((p for p in parameters_of(backward).values() if p.kind in POSITIONAL), None)
    if place is None or place.default is place.empty:
        return place is not None
    return place.name in UPSTREAM or (type(place.default) in (int, float) and place.default == 1)


def _first(gradient: Function) -> Function:
    """Return the gradient with respect to the prediction, where those of both arguments are returned."""

    @functools.wraps(gradient)
    def of_prediction(prediction: Any, target: Any, **how: Any) -> Any:
        found = gradient(prediction, target, **how)
        return found[0] if isinstance(found, tuple) else found

    return of_prediction


def _beside(function: Any) -> tuple[Function, str] | None:
    name = getattr(function, "__name__", "")
    home = getattr(function, "__globals__", None) or vars(
        sys.modules.get(getattr(function, "__module__", ""), object)
    )
    names = (
        pattern.format(stem) for stem in dict.fromkeys([name, name.removesuffix("_forward")]) for pattern in NAMES
    )
    return next(
        ((home[n], n) for n in names if name and inspect.isroutine(home.get(n)) and home[n] is not function), None
    )


def _returns_both(function: Function) -> bool:
    for shape, targets in itertools.product((TRIAL.shape, *SIZES), ("labels", "real")):
        out = tried(function, np.resize(TRIAL, shape), target_of(targets, shape, np.random.default_rng(1)))[0]
        if isinstance(out, (tuple, list)) and len(out) == 2 and np.shape(out[1]) == shape:
            return True
    return False


def parameters_of(function: Function) -> dict[str, inspect.Parameter]:
    """Return the parameters of a function; none where Python does not know them."""
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return {}
