"""From a subject that ``[tool.gradcheck]`` declares to the same as `gradcheck.subject` makes.

Values that TOML has no form for are written as what makes them:

=========================================  ====================================================
``[[1.0, 2.0], [3.0, 4.0]]``               an array; whole numbers are an array of integers
``{ shape = [5, 3] }``                     standard normal numbers, always the same ones
``{ shape = [5], low = 0.1, high = 9.0 }`` uniform numbers; whole ones if ``dtype`` says so
``{ file = "data/x.npy" }``                an array from a file
``"package.module:name"``                  whatever has that name
=========================================  ====================================================
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .._errors import InvalidArgument, TargetError
from ..subjects import Declaration, subject
from .config import Source

CALLABLES = {"vjp", "grad", "derivative", "jvp", "upstream"}
"""Options of a check whose value is a function or an array, so that a string can only be its name."""

Find = Callable[[str], Any]
"""From ``module:name`` to the value of that name."""


def from_source(source: Source, find: Find) -> Declaration:
    """Return the subject of a source that is more than a target.

    Raises
    ------
    InvalidArgument
        Something in it cannot be meant; the message says where it is written.
    """
    try:
        return _declaration(source, find)
    except TargetError as error:
        raise TargetError(f"{source.place}: {error}") from error
    except InvalidArgument as error:
        raise InvalidArgument(f"{source.place}: {error}") from error


def _declaration(source: Source, find: Find) -> Declaration:
    root = Path(source.root)
    thing = find(source.target) if isinstance(source.target, str) else tuple(map(find, source.target))
    options = {
        name: _value(value, find, root, name) if name in CALLABLES else value
        for name, value in source.options.items()
    }
    return subject(
        _made(thing, source),
        *(_value(value, find, root, f"inputs[{k}]") for k, value in enumerate(source.inputs)),
        kind=source.kind,
        name=source.called,
        traits={name: _frozen(value) for name, value in source.traits.items()},
        **options,
    )


def _made(thing: Any, source: Source) -> Any:
    """Return what a class or factory gives for its arguments; a class without any is called where it has inputs."""
    arguments = source.arguments
    if arguments is None and not (isinstance(thing, type) and source.inputs and source.kind is None):
        return thing
    named = arguments if isinstance(arguments, Mapping) else {}
    listed = arguments if isinstance(arguments, (list, tuple)) else ()
    try:
        return thing(*listed, **named)
    except Exception as error:
        ask = "" if arguments else "; `arguments` says what it is called with"
        raise InvalidArgument(f"{source.target} raised {type(error).__name__}: {error}{ask}") from error


def _frozen(value: Any) -> Any:
    """Return lists as the tuples that traits are."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _value(value: Any, find: Find, root: Path, name: str) -> Any:
    if isinstance(value, str):
        return find(value)
    if not isinstance(value, Mapping):
        return _array(value, name)
    if set(value) != {"file"} and (unknown := sorted(set(value) - set(_KEYS))):
        near = difflib.get_close_matches(unknown[0], _KEYS, 1)
        ask = f"did you mean {near[0]!r}?" if near else f"they are {', '.join(_KEYS)}, or file alone"
        raise InvalidArgument(f"{name} has the unknown key {unknown[0]!r}; {ask}")
    try:
        return _from_file(root / value["file"]) if set(value) == {"file"} else _drawn(**value)
    except (TypeError, ValueError, OSError) as error:
        said = 'such as { shape = [5, 3] } or { file = "x.npy" }'
        raise InvalidArgument(f"{name} = {dict(value)!r} is no array, {said}: {error}") from error


def _array(value: Any, name: str) -> Any:
    if isinstance(value, (int, float)):
        return value
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise InvalidArgument(f"{name} = {value!r} is no array of numbers")
    return array


def _from_file(path: Path) -> Any:
    return np.load(path, allow_pickle=False)


def _drawn(
    *, shape: list[int], dtype: str = "float64", low: float | None = None, high: float | None = None, seed: int = 0
) -> Any:
    """Return random numbers of a shape, by default standard normal ones."""
    rng, kind = np.random.default_rng(seed), np.dtype(dtype)
    if kind.kind in "iu":
        return rng.integers(0 if low is None else int(low), 2 if high is None else int(high), shape, dtype=kind)
    if low is None and high is None:
        return rng.normal(size=shape).astype(kind)
    return rng.uniform(0.0 if low is None else low, 1.0 if high is None else high, shape).astype(kind)


_KEYS = tuple(inspect.signature(_drawn).parameters)
"""What a table that makes an array may say."""
