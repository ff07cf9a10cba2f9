"""Reports from JSON: the way back from the ``json`` format, for reports that other processes and machines sent.

Version 1 may gain fields: a reader leaves out those that it does not know, and takes the default for those that are
missing. A field that changes its meaning makes a new version, which is refused with a sentence.
"""

from __future__ import annotations

import json
import types
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from .._errors import InvalidArgument
from ..report import Readable, Report, RunReport, SearchReport, SuiteReport
from ._json import VERSION

TYPES = {kind.__name__: kind for kind in (Report, SearchReport, SuiteReport, RunReport)}
"""What ``"type"`` says -> the class."""


def revive(text: str) -> Readable:
    """Return the report that the ``json`` format wrote.

    Raises
    ------
    InvalidArgument
        It is something else, damaged, or of another version.

    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InvalidArgument(f"text={text[:40]!r} is no JSON, so no gradcheck report ({error})") from None
    known = isinstance(data, dict) and data.get("format") == "gradcheck-report" and data.get("type") in TYPES
    if not known or data.get("version") != VERSION:
        raise InvalidArgument(f"text={text[:40]!r} is no gradcheck report of version {VERSION}")
    try:
        report = _value(TYPES[data["type"]], data)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise InvalidArgument(f"text={text[:40]!r} is a damaged gradcheck report ({error})") from None
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
    if not isinstance(data, list):
        raise TypeError(f"{data!r:.40} stands where a list belongs")
    if kinds[-1] is Ellipsis:
        return tuple(_value(kinds[0], item) for item in data)
    return tuple(_value(kind, item) for kind, item in zip(kinds, data, strict=True))


def _scalar(kind: Any, data: Any) -> Any:
    if kind is float or (isinstance(kind, type) and issubclass(kind, Enum)):
        return kind(data)
    if isinstance(kind, type) and not isinstance(data, kind):
        raise TypeError(f"{data!r:.40} is not {kind.__name__}")
    return data
