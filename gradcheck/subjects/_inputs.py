"""From the arguments that a user hands over to leaves and constants, or one clear sentence."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ._copying import is_same
from ._floats import has_few_digits, is_floating
from ._subject import Array, Leaf, one_per_leaf
from ._trees import opened

_FEW_KEYS = 6


@dataclass(frozen=True, slots=True)
class Inputs:
    """The arguments of one call: which of them are leaves, and the rest, which stay as they are."""

    leaves: tuple[Leaf, ...]
    arguments: tuple[Any, ...]
    positions: tuple[int, ...]
    names: tuple[str, ...] = ()

    def call_with(self, values: Sequence[Array]) -> list[Any]:
        """Return the arguments with `values` in the places of the leaves, constants copied."""
        arguments = [
            copy.deepcopy(a) if isinstance(a, (np.ndarray, dict)) and k not in self.positions else a
            for k, a in enumerate(self.arguments)
        ]
        for position, value in zip(self.positions, values, strict=True):
            arguments[position] = value
        return arguments

    def spoiled(self, handed: Sequence[Any]) -> str | None:
        """Return the path of the first constant array that no longer holds what it held, among those of a call.

        A dictionary may be written into: people hand one along for what forward has to remember.
        """
        for k, (now, was) in enumerate(zip(handed, self.arguments, strict=True)):
            if k not in self.positions and not _is_same(now, was):
                return f"inputs[{self.names[k]!r}]"
        return None

    def tangents(self, given: Sequence[Array]) -> list[Array]:
        """Return one tangent per floating-point input: those `given`, and zeros for what ``wrt`` left out."""
        known = dict(zip(self.positions, given, strict=True))
        floating = [(k, argument) for k, argument in enumerate(self.arguments) if _is_floating(argument)]
        return [known[k] if k in known else np.zeros(argument.shape, argument.dtype) for k, argument in floating]

    def narrowed(self, wrt: Any) -> Inputs:
        """Return these inputs with the leaves that ``wrt`` names, by position, name or path."""
        kept = [
            (leaf, k)
            for leaf, k in zip(self.leaves, self.positions, strict=True)
            if any(names(wanted, leaf.path, k) for wanted in as_names(wrt))
        ]
        return replace(self, leaves=tuple(leaf for leaf, _ in kept), positions=tuple(k for _, k in kept))

    def gradients(self, returned: Any, what: str) -> list[Any]:
        """Return one gradient per leaf out of what `what` returned: one per leaf, floating input, or argument."""
        floating = [k for k, argument in enumerate(self.arguments) if _is_floating(argument)]
        if isinstance(returned, (tuple, list)) and len(returned) > len(self.positions):
            if len(returned) == len(self.arguments):
                self._refuse_gradients_of_dicts(returned, what)
                returned = tuple(returned[k] for k in self.positions)
            elif len(returned) == len(floating):
                returned = tuple(returned[floating.index(k)] for k in self.positions)
        return one_per_leaf(returned, [leaf.path for leaf in self.leaves], what)

    def _refuse_gradients_of_dicts(self, returned: Sequence[Any], what: str) -> None:
        """Refuse what would be thrown away: a dictionary is a constant, and here comes a gradient of it."""
        for name, argument, gradient in zip(self.names, self.arguments, returned, strict=False):
            if isinstance(argument, dict) and isinstance(gradient, dict) and gradient:
                raise InvalidArgument(
                    f"{what} returns a gradient for inputs[{name!r}], which is a dict and so a constant; pass its "
                    f"arrays as arguments of their own: {_unpacked(name, argument, self.names)}"
                )


def _unpacked(name: str, argument: dict[Any, Any], names: Sequence[str]) -> str:
    """Return how a function of a dictionary is checked: as one of its arrays, where these are few and have names."""
    keys = list(map(str, argument))
    if len(keys) > _FEW_KEYS or not all(key.isidentifier() for key in keys):
        return f"check(f_of_arrays, *{name}.values(), ...)"
    packed = "{" + ", ".join(f"{key!r}: {key}" for key in keys) + "}"
    taken, given, passed = (
        ", ".join(part for known in names for part in (inside if known == name else [known]))
        for inside in (keys, [packed], [f"{name}[{key!r}]" for key in keys])
    )
    return f"check(lambda {taken}: f({given}), {passed})"


def as_names(wrt: Any) -> list[Any]:
    """Return what ``wrt`` lists: names, paths or positions."""
    if not isinstance(wrt, (str, int, Iterable)):
        raise InvalidArgument(f"wrt={wrt!r} must be names or positions of inputs and parameters, such as wrt='x'")
    return [wrt] if isinstance(wrt, (str, int)) else list(wrt)


def names(wanted: Any, path: str, position: int | None = None) -> bool:
    """Whether `wanted` means the leaf at `path`: its path, its name, or its position among the arguments."""
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        return wanted == position
    return bool(wanted in (path, path.split("'")[1]))


def refuse_unknown(wrt: Any, chosen: Sequence[str], known: Sequence[Any], owner: str) -> None:
    """Raise `InvalidArgument` where ``wrt`` names nothing, or something that `owner` does not have."""
    unknown = [w for w in as_names(wrt) if isinstance(w, str) and not any(names(w, path) for path in chosen)]
    if unknown or not chosen:
        named = f"names {unknown[0]!r}, which is" if unknown else "names"
        raise InvalidArgument(
            f"wrt={wrt!r} {named} no floating-point input or parameter of {owner}; "
            f"they are {', '.join(map(str, known))}"
        )


def read_inputs(
    function: Callable[..., Any], arguments: Sequence[Any], wrt: Any = None, *, parameters: bool = False
) -> Inputs:
    """Return the inputs of a call of `function`, each with its name.

    Floating-point and complex arrays and numbers are leaves; integers, booleans, strings and None are constants. With
    `parameters` there may be no leaf among the inputs.

    Raises
    ------
    InvalidArgument
        An input is not finite, not numeric, or nothing is left to check.

    """
    if not arguments:
        raise InvalidArgument(f"inputs=() but {_name(function)} needs the point to check at: pass its arguments")
    names = input_names(function, len(arguments))
    read = [_read(name, argument) for name, argument in zip(names, arguments, strict=True)]
    positions = [k for k, value in enumerate(read) if _is_floating(value)]
    if not positions and parameters:
        return Inputs((), tuple(read), (), tuple(names))
    if not positions:
        raise _nothing_to_differentiate(names, read)
    chosen = tuple(Leaf(f"inputs[{names[k]!r}]", read[k]) for k in positions)
    found = Inputs(chosen, tuple(read), tuple(positions), tuple(names))
    if wrt is not None:
        found = found.narrowed(wrt)
        refuse_unknown(wrt, [leaf.path for leaf in found.leaves], names, _name(function))
    leaves = found.leaves
    if all(leaf.value.size == 0 for leaf in leaves):
        shapes = ", ".join(f"{leaf.path} has shape {leaf.value.shape}" for leaf in leaves)
        raise InvalidArgument(f"{shapes}: there is no entry to check; pass an array with at least one")
    return found


def input_names(function: Callable[..., Any], count: int) -> list[str]:
    """Return the names of the first `count` positional parameters of `function`; x0, x1, ... where unknown."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    usable = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in parameters if p.kind in usable][:count]
    if not names and count == 1:
        return ["x"]
    return names + [f"x{k}" for k in range(len(names), count)]


def _read(name: str, argument: Any) -> Any:
    path = f"inputs[{name!r}]"
    if argument is None or isinstance(argument, (str, bytes, bool, dict)) or callable(argument):
        return argument
    if isinstance(argument, np.ma.MaskedArray):
        raise InvalidArgument(f"{path} is a masked array; pass .filled(...) or the unmasked entries")
    if isinstance(argument, (set, frozenset, Iterator)):
        raise InvalidArgument(f"{path} is a {type(argument).__name__}; pass an array: np.array(list({name}))")
    try:
        value = np.asarray(argument)
    except ValueError as error:
        several = isinstance(argument, (list, tuple)) and any(isinstance(item, np.ndarray) for item in argument)
        way_out = (
            "the arguments one after the other: check(f, *inputs)" if several else "a rectangular array of numbers"
        )
        raise InvalidArgument(f"{path} is no array: {error}; pass {way_out}") from None
    if has_few_digits(value.dtype):
        raise InvalidArgument(
            f"{path} has dtype {value.dtype}, whose few digits say nothing about a slope; pass bfloat16 or wider"
        )
    if value.dtype.kind == "O":
        _refuse_container(path, argument)
    if value.dtype.kind in "OSUmMV" and not is_floating(value.dtype):
        raise InvalidArgument(
            f"{path} has dtype {value.dtype}, which has no derivative; pass a floating-point array (x.astype(float))"
        )
    if _is_floating(value) and not np.isfinite(value).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
        raise InvalidArgument(
            f"{path}{list(index) if index else ''} is {value[index]}; a gradient is checked at finite points: "
            "replace or drop that entry"
        )
    return value


def _refuse_container(path: str, argument: Any) -> None:
    """Raise `InvalidArgument` for a container of arrays, such as a dataclass, which NumPy takes for one object."""
    tree = opened(argument)
    held = [inner for inner, leaf in zip(tree.names, tree.leaves, strict=True) if isinstance(leaf, np.ndarray)]
    if not isinstance(argument, np.ndarray) and held:
        taken = ", ".join(held if len(held) <= _FEW_KEYS and all(map(str.isidentifier, held)) else "ab"[: len(held)])
        kind = type(argument).__name__
        raise InvalidArgument(
            f"{path} is a {kind} that holds {', '.join(held)[:60]}: nothing to differentiate; pass its arrays as "
            f"arguments of their own, and make the {kind} of them inside: "
            f"check(lambda {taken}: f(...), {taken})"
        )


def _is_same(now: Any, was: Any) -> bool:
    """Whether an array holds what it held; anything else is not looked at."""
    return not (isinstance(now, np.ndarray) and isinstance(was, np.ndarray)) or is_same(now, was)


def _is_floating(value: Any) -> bool:
    return isinstance(value, np.ndarray) and (is_floating(value.dtype) or value.dtype.kind == "c")


def _nothing_to_differentiate(names: Sequence[str], read: Sequence[Any]) -> InvalidArgument:
    kinds = ", ".join(f"inputs[{n!r}] is {_describe(v)}" for n, v in zip(names, read, strict=True))
    if any(isinstance(value, dict) for value in read):
        way_out = "pass the arrays of a dict as arguments of their own: check(lambda a, b: f({'a': a, 'b': b}), a, b)"
    else:
        way_out = "pass floating-point values (x.astype(float))"
    return InvalidArgument(f"{kinds}: nothing to differentiate; {way_out}")


def _describe(value: Any) -> str:
    if isinstance(value, dict):
        return f"a dict of {', '.join(map(repr, value))}"[:60] if value else "an empty dict"
    return f"an array of {value.dtype}" if isinstance(value, np.ndarray) else f"{value!r:.40}"


def _name(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)
