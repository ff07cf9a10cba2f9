"""Parameters of a layer object, and the gradient that belongs to each.

The usual conventions, tried in this order after one forward and backward call:

1. what the caller says with ``params=`` and ``grads=``,
2. dictionaries ``params`` and ``grads`` with the same keys (``W`` or ``dW``), or gradients in attributes ``dW``,
3. methods ``parameters()`` and ``gradients()``,
4. attributes side by side: ``W`` and ``dW``, ``d_W``, ``grad_W``, ``W_grad``, ``W_gradient``, ``delta_W``, ``gradW``,
5. lists side by side: ``params`` and ``grads``, or ``weights`` and ``dweights``, with one gradient per array,
6. attributes that hold an array in ``data`` or ``value`` and its gradient in ``grad``,
7. arrays in attributes or ``params``, and their gradients returned after those of the inputs in the same order,

and the same inside sub-layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._errors import InvalidArgument
from .._floats import is_floating
from .._subject import Array
from ._inside import beside, gradient_names, held, inner_layers

_NUMBERS = (int, float, np.integer, np.floating, list, tuple)
"""What a list of numbers, or of lists of them, is made of."""

_LISTING = ("params", "grads")
"""Attributes that list parameters and gradients, and are read as such."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one parameter and its gradient live; ``also`` are other names of the same array."""

    name: str
    get: Callable[[], Any]
    put: Callable[[Any], None]
    gradient: Callable[[], Any]
    also: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """How reports name the parameter."""
        return f"params[{self.names[0]!r}]"

    @property
    def names(self) -> tuple[str, ...]:
        """All of its names together, and each alone."""
        return (" = ".join((self.name, *self.also)), self.name, *self.also)

    def is_meant(self, wanted: Any) -> bool:
        """Whether `wanted`, one of ``wrt``, means the parameter: by one of its names, or by its path."""
        return any(wanted in (name, f"params[{name!r}]") for name in self.names)

    def write(self, value: Array) -> None:
        """Set the parameter: in place where its array allows it, so that other references see the change."""
        now = self.get()
        if isinstance(now, np.ndarray) and now.dtype == value.dtype and now.flags.writeable:
            now[...] = value
        elif isinstance(now, np.ndarray):
            self.put(value.copy())
        else:
            self.put(value.item())


def find_slots(
    layer: Any, params: Any = None, grads: Any = None, seen: set[int] | None = None
) -> tuple[list[Slot], str]:
    """Return the parameters of `layer`, which has run forward and backward once, and how they were found.

    ``seen`` are the layers that are not to be looked at again.
    """
    if params is not None:
        return list(_told(layer, params, grads)), "as told by params= and grads="
    for find, how in _CONVENTIONS:
        slots = list(find(layer))
        if slots:
            return slots, how
    slots = [*_attributes(layer), *_lists(layer), *_holders(layer)]
    slots += _sublayers(layer, set() if seen is None else seen)
    return slots, "attributes side by side" if slots else "no parameters found"


def candidates(layer: Any, prefix: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Any]]:
    """Yield every floating-point or complex array or number that `layer` holds, by the name its slot would have."""
    for key, value in [*_listed_by(layer), *held(layer)]:
        if _is_parameter(value):
            yield f"{prefix}{key}", value
        elif _is_list_of_parameters(value):
            yield from ((f"{prefix}{key}[{k}]", array) for k, array in enumerate(value) if _is_parameter(array))
        elif isinstance(value, (Mapping, list, tuple)):
            yield from _nested(value, f"{prefix}{key}") if key not in _LISTING else ()
        elif not isinstance(value, np.ndarray):
            boxed = (getattr(value, field, None) for field in ("data", "value"))
            yield from [(f"{prefix}{key}", array) for array in boxed if isinstance(array, np.ndarray)][:1]
    seen = set() if seen is None else seen
    for path, inner in inner_layers(layer, seen):
        yield from candidates(inner, f"{prefix}{path}.", seen)


def _nested(held: Any, path: str, depth: int = 4) -> Iterator[tuple[str, Any]]:
    """Yield the arrays in containers of containers: no convention says where their gradients are."""
    keyed = held.items() if isinstance(held, Mapping) else enumerate(held) if isinstance(held, (list, tuple)) else ()
    for key, value in keyed:
        if isinstance(value, np.ndarray):
            yield from [(f"{path}[{key}]", value)] if _is_parameter(value) else []
        elif depth:
            yield from _nested(value, f"{path}[{key}]", depth - 1)


def declared(layer: Any, prefix: str = "", seen: set[int] | None = None) -> Iterator[str]:
    """Yield the names of the arrays that `layer` itself calls its parameters, in ``params`` or ``parameters()``."""
    yield from (f"{prefix}{key}" for key, value in _listed_by(layer) if isinstance(value, np.ndarray))
    seen = set() if seen is None else seen
    for path, inner in inner_layers(layer, seen):
        yield from declared(inner, f"{prefix}{path}.", seen)


def _listed_by(layer: Any) -> list[tuple[Any, Any]]:
    """Return what ``params`` or ``parameters()`` of `layer` lists, by key or by number."""
    params, parameters = getattr(layer, "params", None), getattr(layer, "parameters", None)
    listed = params if isinstance(params, Mapping) else parameters() if callable(parameters) else {}
    return list(listed.items() if isinstance(listed, Mapping) else enumerate(list(listed)))


def arrays_of(layer: Any) -> list[Slot]:
    """Return the arrays that `layer` lists in ``params``, or else holds in attributes, without their gradients."""
    params = getattr(layer, "params", None)
    if isinstance(params, Mapping):
        found = list(_from_mappings(lambda: layer.params, dict))
    else:
        found = [_attribute(layer, name, "") for name, value in held(layer) if _is_parameter(value)]
    return [slot for slot in found if isinstance(slot.get(), np.ndarray)]


def immovable(layer: Any, prefix: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Any]]:
    """Yield whole numbers and lists of numbers that have a gradient of their shape beside them, by name."""
    grads = getattr(layer, "grads", None)
    for key, value in [*_listed_by(layer), *held(layer)]:
        found = dict(grads) if isinstance(grads, Mapping) else {}
        names = (key, *gradient_names(str(key)))
        gradient = next((found[name] for name in names if name in found), None)
        attribute = beside(layer, str(key))
        gradient = getattr(layer, attribute) if gradient is None and attribute else gradient
        if _is_whole(value) and _is_parameter(gradient) and np.asarray(gradient).shape == np.shape(value):
            yield f"{prefix}{key}", value
    seen = set() if seen is None else seen
    for path, inner in inner_layers(layer, seen):
        yield from immovable(inner, f"{prefix}{path}.", seen)


def _told(layer: Any, params: Any, grads: Any) -> Iterator[Slot]:
    """Read ``params=``: names, {parameter: gradient} names, or functions of the layer that return dictionaries."""
    if callable(params):
        yield from _told_by_functions(layer, params, grads)
        return
    for name, gradient in _told_by_names(layer, params, grads):
        for attribute, option in ((name, "params"), (gradient, "grads")):
            if attribute is None or not hasattr(layer, attribute):
                shown = attribute if attribute is not None else f"d{name}"
                raise InvalidArgument(
                    f"{option}= names {shown!r}, but {type(layer).__name__} has no such attribute after its backward"
                )
        yield _attribute(layer, name, gradient)


def _told_by_functions(layer: Any, params: Callable[[Any], Any], grads: Any) -> Iterator[Slot]:
    if not callable(grads):
        raise InvalidArgument("params= is a function, so grads= must be one too: grads=lambda layer: {...}")
    for option, found in (("params", params(layer)), ("grads", grads(layer))):
        if not isinstance(found, Mapping):
            kind = type(found).__name__
            raise InvalidArgument(f"{option}= returned a {kind}; it must return a dictionary {{name: array}}")
    yield from _from_mappings(lambda: params(layer), lambda: grads(layer))


def _told_by_names(layer: Any, params: Any, grads: Any) -> list[tuple[str, Any]]:
    """Return the attributes that hold each parameter and its gradient."""
    names = [params] if isinstance(params, str) else list(params) if isinstance(params, Iterable) else [params]
    if not all(isinstance(name, str) for name in names):
        raise InvalidArgument(f"params={params!r:.60} must be names, {{parameter: gradient}} names, or a function")
    if isinstance(params, Mapping):
        return list(params.items())
    if grads is None:
        return [(name, beside(layer, name)) for name in names]
    given = [grads] if isinstance(grads, str) else list(grads)
    if len(given) != len(names):
        raise InvalidArgument(f"params={names} and grads={given} must name the same number of attributes")
    return list(zip(names, given, strict=True))


def _attribute(layer: Any, name: str, gradient: str) -> Slot:
    return Slot(
        name,
        lambda: getattr(layer, name),
        lambda value: setattr(layer, name, value),
        lambda: getattr(layer, gradient, None),
    )


def _dictionaries(layer: Any) -> Iterator[Slot]:
    params, grads = getattr(layer, "params", None), getattr(layer, "grads", None)
    if not isinstance(params, Mapping):
        return
    if isinstance(grads, Mapping):
        yield from _from_mappings(lambda: layer.params, lambda: layer.grads)
    elif any(beside(layer, str(key)) for key in params):
        yield from _from_mappings(lambda: layer.params, lambda: _attributes_beside(layer, params))


def _attributes_beside(layer: Any, params: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the gradients that are attributes of their own, by the keys of the parameters."""
    found = {key: beside(layer, str(key)) for key in params}
    return {key: getattr(layer, gradient) for key, gradient in found.items() if gradient is not None}


def _from_mappings(params: Callable[[], Any], grads: Callable[[], Any]) -> Iterator[Slot]:
    for key, value in params().items():
        if not _is_parameter(value):
            continue

        def gradient(key: Any = key) -> Any:
            found = grads()
            return next((found[name] for name in (key, *gradient_names(str(key))) if name in found), None)

        def put(new: Any, key: Any = key) -> None:
            params()[key] = new

        yield Slot(str(key), lambda key=key: params()[key], put, gradient)  # type: ignore[misc]


def _methods(layer: Any) -> Iterator[Slot]:
    parameters, gradients = getattr(layer, "parameters", None), getattr(layer, "gradients", None)
    if not (callable(parameters) and callable(gradients)):
        return
    found = parameters()
    if isinstance(found, Mapping):
        yield from _from_mappings(parameters, gradients)
        return
    for k, value in enumerate(list(found)):
        if _is_parameter(value):
            yield _item(k, parameters, gradients)


def _item(k: int, parameters: Callable[[], Any], gradients: Callable[[], Any]) -> Slot:
    def put(new: Any) -> None:
        list(parameters())[k][...] = new

    return Slot(str(k), lambda: list(parameters())[k], put, lambda: dict(enumerate(gradients())).get(k))


def _attributes(layer: Any) -> Iterator[Slot]:
    names = [name for name, _ in held(layer)]
    for name in names:
        gradient = beside(layer, name)
        if gradient is None or is_gradient(name, names) or not _is_parameter(getattr(layer, name)):
            continue
        if _is_parameter(getattr(layer, gradient)) or getattr(layer, gradient) is None:
            yield _attribute(layer, name, gradient)


def _lists(layer: Any) -> Iterator[Slot]:
    """Yield the arrays of lists that stand beside lists of gradients: ``weights[0]`` and ``dweights[0]``."""
    for name in [name for name, value in held(layer) if _is_list_of_parameters(value)]:
        gradients = "grads" if name == "params" else beside(layer, name)
        found = getattr(layer, gradients, None) if gradients else None
        if gradients and isinstance(found, (list, tuple)) and len(found) == len(getattr(layer, name)):
            for k in range(len(found)):
                yield _listed(layer, name, gradients, k)


def _is_list_of_parameters(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(v, np.ndarray) for v in value)


def _listed(layer: Any, name: str, gradients: str, k: int) -> Slot:
    return Slot(
        f"{name}[{k}]",
        lambda: getattr(layer, name)[k],
        lambda value: getattr(layer, name).__setitem__(k, value),
        lambda: getattr(layer, gradients)[k],
    )


def is_gradient(name: str, names: Sequence[str]) -> bool:
    """Whether `name` is itself the gradient of another attribute."""
    return any(name in gradient_names(other) for other in names)


def _holders(layer: Any) -> Iterator[Slot]:
    for name, holder in held(layer):
        if isinstance(holder, np.ndarray) or not hasattr(holder, "grad"):
            continue
        field = next((f for f in ("data", "value") if isinstance(getattr(holder, f, None), np.ndarray)), None)
        if field:
            yield Slot(
                name,
                lambda holder=holder, field=field: getattr(holder, field),  # type: ignore[misc]
                lambda value, holder=holder, field=field: setattr(holder, field, value),  # type: ignore[misc]
                lambda holder=holder: holder.grad,  # type: ignore[misc]
            )


def _sublayers(layer: Any, seen: set[int]) -> Iterator[Slot]:
    for path, inner in inner_layers(layer, seen):
        for slot in find_slots(inner, seen=seen)[0]:
            yield Slot(f"{path}.{slot.name}", slot.get, slot.put, slot.gradient)


def _is_parameter(value: Any) -> bool:
    number = isinstance(value, (float, complex, np.floating, np.complexfloating))
    return number or (isinstance(value, np.ndarray) and (is_floating(value.dtype) or value.dtype.kind == "c"))


def _is_whole(value: Any) -> bool:
    """Whether `value` is whole numbers, or a list of numbers: what may be meant as a parameter and is not one yet."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(item, _NUMBERS) for item in value) and _kind_of(value) in "iuf"
    return (
        not isinstance(value, bool) and isinstance(value, (int, np.integer, np.ndarray)) and _kind_of(value) in "iu"
    )


def _kind_of(value: Any) -> str:
    try:
        return np.asarray(value).dtype.kind
    except ValueError:
        return "O"


_CONVENTIONS: tuple[tuple[Callable[[Any], Iterator[Slot]], str], ...] = (
    (_dictionaries, "params and grads dictionaries"),
    (_methods, "parameters() and gradients()"),
)
"""How all parameters are found at once, in order, and how a report says it; else they stand side by side."""
