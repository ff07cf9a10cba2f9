"""From the arguments that a user hands over to leaves and constants, or one clear sentence."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ._subject import Array, Leaf


@dataclass(frozen=True, slots=True)
class Inputs:
    """The arguments of one call: which of them are leaves, and the rest, which stay as they are."""

    leaves: tuple[Leaf, ...]
    arguments: tuple[Any, ...]
    positions: tuple[int, ...]

    def call_with(self, values: Sequence[Array]) -> list[Any]:
        """Return the arguments with `values` in the places of the leaves, constants copied."""
        arguments = [a.copy() if isinstance(a, np.ndarray) else a for a in self.arguments]
        for position, value in zip(self.positions, values, strict=True):
            arguments[position] = value
        return arguments


def read_inputs(function: Callable[..., Any], arguments: Sequence[Any], wrt: Any = None) -> Inputs:
    """Return the inputs of a call of `function`, each with its name.

    Floating-point arrays and numbers are leaves; integers, booleans, strings and None are constants.

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
    if not positions:
        raise _nothing_to_differentiate(names, read)
    positions = _selected(positions, names, wrt)
    leaves = tuple(Leaf(f"inputs[{names[k]!r}]", read[k]) for k in positions)
    if all(leaf.value.size == 0 for leaf in leaves):
        shapes = ", ".join(f"{leaf.path} has shape {leaf.value.shape}" for leaf in leaves)
        raise InvalidArgument(f"{shapes}: there is no entry to check; pass an array with at least one")
    return Inputs(leaves, tuple(read), tuple(positions))


def input_names(function: Callable[..., Any], count: int) -> list[str]:
    """Return the names of the first `count` positional parameters of `function`; x0, x1, ... where unknown."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        parameters = {}.values()  # type: ignore[assignment]
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
    try:
        value = np.asarray(argument)
    except ValueError as error:
        raise InvalidArgument(f"{path} is no array: {error}; pass a rectangular array of numbers") from None
    if value.dtype.kind in "OSUmMV":
        raise InvalidArgument(
            f"{path} has dtype {value.dtype}, which has no derivative; pass a floating-point array (x.astype(float))"
        )
    if value.dtype.kind == "c":
        raise InvalidArgument(
            f"{path} has dtype {value.dtype}; complex inputs are not supported: check the function of the real and "
            "the imaginary part instead"
        )
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
        raise InvalidArgument(
            f"{path}{list(index) if index else ''} is {value[index]}; a gradient is checked at finite points: "
            "replace or drop that entry"
        )
    return value


def _is_floating(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _nothing_to_differentiate(names: Sequence[str], read: Sequence[Any]) -> InvalidArgument:
    kinds = ", ".join(f"inputs[{n!r}] is {_describe(v)}" for n, v in zip(names, read, strict=True))
    return InvalidArgument(f"{kinds}: nothing to differentiate; pass floating-point values (x.astype(float))")


def _describe(value: Any) -> str:
    return f"an array of {value.dtype}" if isinstance(value, np.ndarray) else f"{value!r:.40}"


def _selected(positions: list[int], names: Sequence[str], wrt: Any) -> list[int]:
    """Return the positions that ``wrt`` names, by index or by name; parameters are none of our business here."""
    if wrt is None:
        return positions
    wanted = [wrt] if isinstance(wrt, (str, int)) else list(wrt)
    chosen = [k for k in positions if k in wanted or names[k] in wanted or f"inputs[{names[k]!r}]" in wanted]
    unknown = [w for w in wanted if isinstance(w, int) and w not in positions]
    if unknown:
        raise InvalidArgument(f"wrt={wrt!r}: input {unknown[0]} is not a floating-point input; they are {positions}")
    return chosen


def _name(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)
