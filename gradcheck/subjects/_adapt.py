"""The registry: from what a user hands over to a `Subject`, or one sentence that says what is missing."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any

from .._errors import InvalidArgument
from ._complex import Realified
from ._copying import private_copy
from ._declaration import Declaration, name_of
from ._frameworks import framework_subject, translated
from ._inputs import read_inputs
from ._subject import Subject
from .functions._beside import derivative_beside
from .functions._functions import Elementwise, JacobianVector, Pair, Scalar, VectorJacobian
from .layers._calling import forward_of, is_layer, refuse_uncallable, takes_cache
from .layers._layer import Layer

_FORMS: dict[str, type[Elementwise] | type[Scalar] | type[VectorJacobian] | type[JacobianVector]] = {
    "derivative": Elementwise,
    "grad": Scalar,
    "vjp": VectorJacobian,
    "jvp": JacobianVector,
}
"""Option that brings the gradient -> how the function is then understood; the last only where it is alone."""

_LEADING = {"vjp": ("upstream",), "jvp": ("tangents",)}
"""Option -> what its function is called with before the inputs."""

_ARRAYS = {"jax": "jax.numpy.asarray(x)", "torch": "torch.tensor(x)"}
"""Framework -> how an array of its own is made, from which it derives a gradient."""

_WAYS = (
    "derivative= (elementwise), grad= (scalar), vjp=, jvp=, a (forward, backward) pair, or a layer with a backward"
)


def adapt(thing: Any, inputs: tuple[Any, ...], options: Mapping[str, Any]) -> Subject:
    """Return `thing` as a subject.

    Parameters
    ----------
    thing
        A function, a pair, a layer object, or a `Declaration` of one.
    inputs
        The arguments of one call.
    options
        ``derivative``, ``grad``, ``vjp``, ``jvp``, ``params``, ``grads``, ``wrt``; absent or None where not given.
        With ``widen=False`` a layer keeps the precision of its arrays; ``most`` is how often its forward may be
        called; with ``inside=True`` it is one inside of another, whose backward may return the gradient of its first
        input alone; with ``conjugated=True`` complex gradients are read in the conjugate convention.

    Raises
    ------
    InvalidArgument
        The thing, the inputs and the options do not make a subject.

    """
    if isinstance(thing, Declaration):
        return adapt(thing.thing, inputs or thing.inputs, {**thing.options, **_given(options)})
    subject = _adapted(thing, inputs, options)
    subject.code = (thing, *(options[form] for form in _FORMS if callable(options.get(form))))
    return Realified(subject, conjugated=bool(options.get("conjugated")) != subject.conjugated)


def _adapted(thing: Any, inputs: tuple[Any, ...], options: Mapping[str, Any]) -> Subject:
    given = [form for form in _FORMS if options.get(form) is not None]
    if len(given) > 1 and given[1] != "jvp":
        raise InvalidArgument(f"{given[0]}= and {given[1]}= both bring the gradient; pass one of them")
    if not isinstance(thing, tuple) and (given == [] or (given == ["jvp"] and _asks_framework(options["jvp"]))):
        subject = framework_subject(thing, inputs, options.get("wrt"), widen=options.get("widen", True))
        if subject is not None:
            subject.forward_mode = subject.backward if given else None
            subject.reverse = not given or options["jvp"] is True
            return subject
    thing, inputs, options = translated(thing, inputs, options)
    if isinstance(thing, tuple) and given in ([], ["jvp"]):
        return _pair(thing, inputs, options)
    if callable(getattr(thing, "forward", None)) and given == ["jvp"]:
        raise InvalidArgument(
            f"jvp= is for functions and pairs, but {name_of(thing)} is a layer, whose parameters have no place in "
            "its arguments; check the forward as a function of all of them"
        )
    if given:
        return _function(thing, inputs, given[0], options)
    if inspect.isclass(thing):
        raise InvalidArgument(f"{thing.__name__} is a class; pass an instance of it in its place: {_made(thing)}")
    if is_layer(thing):
        paired = takes_cache(thing)
        return _pair((thing.forward, thing.backward), inputs, options) if paired else _layer(thing, inputs, options)
    if callable(thing):
        return _with_derivative_beside(thing, inputs, options)
    raise InvalidArgument(f"the subject is {_describe(thing)}, which cannot be called; pass {_instead_of(thing)}")


def _made(kind: type) -> str:
    """Return the call that makes an instance of a class, as far as its signature tells."""
    try:
        parameters = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return f"{kind.__name__}(...)"
    free = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    asked = [p.name for p in parameters if p.default is p.empty and p.kind not in free]
    return f"{kind.__name__}({', '.join(asked)})"


def _instead_of(thing: Any) -> str:
    """Return what to pass: the same in the right brackets, or one of all the forms."""
    is_pair = isinstance(thing, list) and len(thing) == 2 and all(callable(part) for part in thing)
    return "the pair as a tuple: (forward, backward)" if is_pair else _WAYS


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value is not None}


def _function(thing: Any, inputs: tuple[Any, ...], form: str, options: Mapping[str, Any]) -> Subject:
    claim = options[form]
    if is_layer(thing) and not inspect.isclass(thing):
        raise InvalidArgument(
            f"{form}= is for functions, but {name_of(thing)} is a layer with a backward of its own: leave it out"
        )
    if not callable(thing) or not callable(claim):
        if not callable(thing):
            first = "the function comes first, then its inputs" if any(map(callable, inputs)) else "pass a function"
            raise InvalidArgument(f"the subject is {_describe(thing)}; {first}: check(f, x, {form}=...)")
        raise InvalidArgument(f"{form}= is {_describe(claim)}; pass a function")
    read = read_inputs(thing, inputs, options.get("wrt"))
    if form == "derivative" and len(read.leaves) != 1:
        raise InvalidArgument(
            f"derivative= is for functions of one array, but {len(read.leaves)} floating-point inputs were given; "
            "use grad= or vjp="
        )
    refuse_uncallable(thing, read.names, f"the subject {name_of(thing)}")
    refuse_uncallable(claim, [*_LEADING.get(form, ()), *read.names], f"{form}=")
    forward, backward, *jvp = _isolated((thing, claim, *_forward_mode(options)))
    return _with_forward_mode(_FORMS[form](name_of(thing), forward, backward, read), jvp)


def _pair(thing: tuple[Any, ...], inputs: tuple[Any, ...], options: Mapping[str, Any]) -> Subject:
    if len(thing) != 2 or not all(callable(part) for part in thing):
        raise InvalidArgument(f"the subject is a tuple of {len(thing)}; a pair is two functions, (forward, backward)")
    read = read_inputs(thing[0], inputs, options.get("wrt"))
    refuse_uncallable(thing[0], read.names, f"the forward {name_of(thing[0])}")
    refuse_uncallable(thing[1], ["dout", "cache"], f"the backward {name_of(thing[1])}")
    forward, backward, *jvp = _isolated((*thing, *_forward_mode(options)))
    return _with_forward_mode(Pair(name_of(thing[0]), forward, backward, read), jvp)


def _forward_mode(options: Mapping[str, Any]) -> list[Any]:
    """Return ``jvp=`` in a list, empty where it was not given."""
    jvp = options.get("jvp")
    if jvp is not None and not callable(jvp):
        only = f" ({jvp!r} is for functions of torch and JAX)" if _asks_framework(jvp) else ""
        raise InvalidArgument(f"jvp= is {_describe(jvp)}; pass a function{only}")
    return [] if jvp is None else [jvp]


def _asks_framework(jvp: Any) -> bool:
    """Whether the forward mode of a framework is asked for, beside its reverse mode or alone."""
    return jvp is True or (isinstance(jvp, str) and jvp == "alone")


def _with_forward_mode(subject: Subject, jvp: list[Any]) -> Subject:
    if jvp and subject.reverse:
        subject.forward_mode = jvp[0]
        subject.convention += ", and jvp(tangents, *inputs)"
    return subject


def _layer(thing: Any, inputs: tuple[Any, ...], options: Mapping[str, Any]) -> Subject:
    if not callable(getattr(thing, "backward", None)):
        raise InvalidArgument(
            f"{type(thing).__name__} has a forward but no backward, so there is no gradient to check; "
            "write backward(self, dout), or check the forward as a function with vjp="
        )
    read = read_inputs(forward_of(thing), inputs, parameters=True)
    refuse_uncallable(forward_of(thing), read.names, f"the forward of {name_of(thing)}")
    told = {key: options.get(key) for key in ("params", "grads", "wrt", "most")}
    widen, inside = options.get("widen", True), bool(options.get("inside"))
    return Layer(name_of(thing), thing, read, widen=widen, inside=inside, **told)


def _with_derivative_beside(thing: Any, inputs: tuple[Any, ...], options: Mapping[str, Any]) -> Subject:
    found = derivative_beside(thing)
    if found is None:
        raise InvalidArgument(f"{name_of(thing)} comes without a gradient to check; {_gradient_of(thing, inputs)}")
    derivative, name = found
    subject = _function(thing, inputs, "derivative", {**options, "derivative": derivative})
    subject.convention = f"elementwise function with its derivative, {name}, found beside it"
    return subject


def _gradient_of(thing: Any, inputs: tuple[Any, ...]) -> str:
    """Return where the gradient of a function may be meant to be, or one of all the forms."""
    function = next((value for value in inputs if callable(value)), None)
    if function is not None:
        return f"{name_of(function)} is passed as an input: pass it by name, such as derivative={name_of(function)}"
    owner = getattr(thing, "__self__", None)
    if owner is not None and is_layer(owner):
        return f"pass the object itself: check({type(owner).__name__}(...), x)"
    loaded = [call for name, call in _ARRAYS.items() if name in sys.modules]
    of_theirs = f"; a function of a framework needs its own arrays: {' or '.join(loaded)}" if loaded else ""
    return f"pass {_WAYS}{of_theirs}"


def _isolated(functions: tuple[Callable[..., Any], ...]) -> tuple[Callable[..., Any], ...]:
    """Return the functions bound to copies of the objects whose methods they are, one copy per object."""
    copies: dict[int, Any] = {}
    isolated = []
    for function in functions:
        owner = getattr(function, "__self__", None) if inspect.ismethod(function) else None
        if owner is None or inspect.isclass(owner) or inspect.ismodule(owner):
            isolated.append(function)
            continue
        if id(owner) not in copies:
            copies[id(owner)] = private_copy(owner)
        isolated.append(getattr(copies[id(owner)], function.__name__))
    return tuple(isolated)


def _describe(thing: Any) -> str:
    name = type(thing).__name__
    return "None" if thing is None else f"{'an' if name[0].lower() in 'aeiou' or name == 'ndarray' else 'a'} {name}"
