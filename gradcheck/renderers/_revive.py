"""Reports from JSON: the way back from `Readable.to_dict`, for reports that other processes sent."""

from __future__ import annotations

import json
import types
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from .._errors import InvalidArgument
from ..report import Readable, Report, RunReport, SearchReport, SuiteReport

_TYPES = {kind.__name__: kind for kind in (Report, SearchReport, SuiteReport, RunReport)}
_VERSION = 1


def revive(text: str) -> Readable:
    """Return the report that the ``json`` format wrote.

    Raises
    ------
    InvalidArgument
        It is something else, or of another version.

    """
    data = json.loads(text)
    known = isinstance(data, dict) and data.get("format") == "gradcheck-report" and data.get("type") in _TYPES
    if not known or data.get("version") != _VERSION:
        raise InvalidArgument(f"text={text[:40]!r} is no gradcheck report of version {_VERSION}")
    report = _value(_TYPES[data["type"]], data)
    assert isinstance(report, Readable)
    return report


def _value(kind: Any, data: Any) -> Any:
    """Return `data` as a value of the annotated type `kind`."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if data is None else _value(next(k for k in arguments if k is not type(None)), data)
    if origin is tuple:
        return _tuple(arguments, data)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{f.name: _value(hints[f.name], data[f.name]) for f in fields(kind) if f.name in data})
    return _scalar(kind, data)


def _tuple(kinds: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    if kinds[-1] is Ellipsis:
        return tuple(_value(kinds[0], item) for item in data)
    return tuple(_value(kind, item) for kind, item in zip(kinds, data, strict=True))


def _scalar(kind: Any, data: Any) -> Any:
    converted = kind is float or (isinstance(kind, type) and issubclass(kind, Enum))
    return kind(data) if converted else data
