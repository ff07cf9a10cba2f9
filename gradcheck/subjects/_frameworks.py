"""Which framework a subject belongs to, found out from the types of what is there, without importing any."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial, wraps
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ._declaration import name_of
from ._subject import Subject
from ._trees import opened
from .frameworks._array_api import ArrayApi, is_foreign_array
from .frameworks._differentiated import Call, Differentiated
from .frameworks._framework import Framework
from .frameworks._library import Differentiable, Foreign, Library
from .frameworks._mygrad import MYGRAD
from .frameworks._translated import Translated, in_numpy
from .jax._functions import Jax
from .torch._functions import Torch
from .torch._module import Module, is_module

_PACKAGES = {"torch": "torch", "jax": "jax", "jaxlib": "jax", "equinox": "jax", "flax": "jax", "mygrad": "mygrad"}
"""Top-level package of a type -> the framework that its objects belong to."""

CLAIMS = ("derivative", "grad", "vjp", "jvp")
"""Options of `check` that hold a gradient written by hand."""

_ARRAYS: dict[str, Callable[[Any, bool], Framework]] = {
    "torch": lambda example, _: Torch(example),
    "jax": lambda _, widen: Jax(widen=widen),
}


def framework_subject(thing: Any, inputs: tuple[Any, ...], wrt: Any, *, widen: bool) -> Subject | None:
    """Return the subject if `thing` or one of its inputs is an object of a framework; None where none is.

    Raises
    ------
    InvalidArgument
        Objects of several frameworks meet, or there is nothing to differentiate.

    """
    if isinstance(thing, Differentiable):
        return _of_library(thing.library, thing.function, inputs, wrt, widen=widen)
    if not _is_any_imported():
        return None
    found = dict.fromkeys(f for value in _everything(thing, inputs) for f in _framework_of(type(value)))
    if inspect.isclass(thing):
        found |= dict.fromkeys(_framework_of(thing))
    if len(found) > 1:
        raise InvalidArgument(f"objects of {' and '.join(found)} meet in one call; pass those of one framework")
    return _MAKERS[next(iter(found))](thing, inputs, wrt, widen) if found else None


def translated(
    thing: Any, inputs: tuple[Any, ...], options: Mapping[str, Any]
) -> tuple[Any, tuple[Any, ...], Mapping[str, Any]]:
    """Return a subject with a gradient written by hand for a framework's arrays as one of NumPy's."""
    framework = _hand_written_for(opened(inputs).leaves, widen=options.get("widen", True))
    if framework is None:
        return thing, inputs, options
    if not (callable(thing) or isinstance(thing, tuple)):
        raise InvalidArgument(
            f"{type(thing).__name__} is a layer object, which is checked with arrays of NumPy, but the inputs are of "
            f"{framework.name}; pass its two functions as a pair, (forward, backward)"
        )

    def wrapped(function: Any) -> Any:
        return wraps(function)(Translated(function, framework)) if callable(function) else function

    claims = {key: wrapped(value) if key in CLAIMS else value for key, value in options.items()}
    both = tuple(map(wrapped, thing)) if isinstance(thing, tuple) else wrapped(thing)
    values = in_numpy(framework, inputs)
    return both, tuple(np.array(a) if isinstance(a, np.ndarray) else a for a in values), claims


def _hand_written_for(leaves: Iterable[Any], *, widen: bool) -> Framework | None:
    """Return what knows the arrays among `leaves`, if they are not NumPy's."""
    for value in leaves:
        known = [f for f in _framework_of(type(value)) if f in _ARRAYS]
        if known or is_foreign_array(value):
            return _ARRAYS[known[0]](value, widen) if known else ArrayApi(value)
    return None


def _everything(thing: Any, inputs: tuple[Any, ...]) -> Iterator[Any]:
    yield thing
    while isinstance(thing, partial):
        yield from opened((thing.args, thing.keywords)).leaves
        thing = thing.func
        yield thing
    yield getattr(thing, "__self__", None)
    yield from opened(inputs).leaves


def _is_any_imported() -> bool:
    """Whether there can be objects of a framework at all."""
    return any(package in sys.modules for package in _PACKAGES)


def _framework_of(kind: Any) -> tuple[str, ...]:
    """Return the framework in whose package `kind` or one of its bases is defined."""
    packages = (base.__module__.partition(".")[0] for base in kind.__mro__)
    return tuple(dict.fromkeys(_PACKAGES[p] for p in packages if p in _PACKAGES))


# -- torch -----------------------------------------------------------------------------------------------------------


def _torch(thing: Any, inputs: tuple[Any, ...], wrt: Any, widen: bool) -> Subject:  # noqa: FBT001
    framework = Torch()
    torch = framework.torch
    rule = _rule_of(thing, torch.autograd.Function)
    if inspect.isclass(thing) and rule is None:
        raise InvalidArgument(f"{thing.__name__} is a class; pass an instance of it: check({thing.__name__}(...), x)")
    function = thing.apply if rule is thing else thing
    call = Call.of(function, inputs, _signature(function, rule, torch.nn.Module))
    framework.watch_generators([*call.arguments, *call.keywords.values()])
    if is_module(call.function, torch.nn.Module):
        return Module(name_of(thing), framework, call, wrt=wrt, widen=widen)
    subject = Differentiated(rule.__name__ if rule else name_of(thing), framework, call, wrt=wrt, widen=widen)
    subject.backward = rule.backward if rule else call.function
    return subject


def _rule_of(thing: Any, base: type) -> Any:
    """Return the ``autograd.Function`` that `thing` is, or whose ``apply`` it is."""
    owner = thing if inspect.isclass(thing) else getattr(thing, "__self__", None)
    return owner if inspect.isclass(owner) and issubclass(owner, base) else None


def _signature(function: Any, rule: Any, module: type) -> Callable[..., Any] | None:
    """Return what knows the names of the arguments, where `function` itself does not."""
    while isinstance(function, partial):
        function = function.func
    if isinstance(function, module):
        return getattr(function, "forward", None)
    if rule is None:
        return None
    takes_context = "setup_context" not in vars(rule)
    return partial(rule.forward, None) if takes_context else rule.forward


# -- JAX -------------------------------------------------------------------------------------------------------------


def _jax(thing: Any, inputs: tuple[Any, ...], wrt: Any, widen: bool) -> Subject:  # noqa: FBT001
    framework: Framework = Jax(widen=widen)
    call = Call.of(thing, inputs)
    if not inspect.isroutine(call.function) and framework.opened(call.function).names != ("",):
        call = Call(_apply, ("params", *call.names), (call.function, *call.arguments), call.keywords)
    return Differentiated(name_of(thing), framework, call, wrt=wrt, widen=widen)


def _apply(module: Any, *arguments: Any, **keywords: Any) -> Any:
    return module(*arguments, **keywords)


# -- others ----------------------------------------------------------------------------------------------------------


def _of_library(library: Library, function: Any, inputs: tuple[Any, ...], wrt: Any, *, widen: bool) -> Subject:
    return Differentiated(name_of(function), Foreign(library), Call.of(function, inputs), wrt=wrt, widen=widen)


def _mygrad(thing: Any, inputs: tuple[Any, ...], wrt: Any, widen: bool) -> Subject:  # noqa: FBT001
    return _of_library(MYGRAD, thing, inputs, wrt, widen=widen)


_MAKERS: dict[str, Callable[[Any, tuple[Any, ...], Any, bool], Subject]] = {
    "torch": _torch,
    "jax": _jax,
    "mygrad": _mygrad,
}
