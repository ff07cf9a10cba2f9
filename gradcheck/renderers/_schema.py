"""The JSON schema of the ``json`` format, read off the data classes: what a report holds, it says, and no more.

It is published as ``report.schema.json`` beside this file; a test fails where the two differ.
"""

from __future__ import annotations

import json
import types
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from importlib.resources import files
from typing import Any, Union, get_args, get_origin, get_type_hints

from ..report import Status, Verdict
from ._json import VERSION
from ._revive import TYPES

NAME = "report.schema.json"
_NUMBER = {"anyOf": [{"type": "number"}, {"enum": ["nan", "inf", "-inf"]}]}
_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: _NUMBER,
}


def published() -> str:
    """Return the schema as it is published with the package."""
    return files(__package__).joinpath(NAME).read_text(encoding="utf-8")


def schema() -> dict[str, Any]:
    """Return the schema of a report of the current version."""
    definitions: dict[str, Any] = {}
    reports = [_report(name, kind, definitions) for name, kind in sorted(TYPES.items())]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"gradcheck report, version {VERSION}",
        "description": "What the json format writes. Numbers that JSON has no word for are text.",
        "oneOf": reports,
        "$defs": dict(sorted(definitions.items())),
    }


def text() -> str:
    """Return the schema as the file is written."""
    return json.dumps(schema(), indent=1) + "\n"


def _report(name: str, kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return what a whole report is: its own fields beside those that every report starts with."""
    own = _dataclass(kind, definitions)
    first = {
        "format": {"const": "gradcheck-report"},
        "version": {"const": VERSION},
        "type": {"const": name},
        "counts": {
            "type": "object",
            "propertyNames": {"enum": [status.value for status in Status]},
            "additionalProperties": {"type": "integer", "minimum": 0},
        },
        "verdict": _of(Verdict, definitions),
    }
    return {**own, "properties": {**first, **own["properties"]}, "required": [*first, *own["required"]]}


def _dataclass(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    needed = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
    return {
        "type": "object",
        "properties": {f.name: _of(hints[f.name], definitions) for f in fields(kind)},
        "required": needed,
        "additionalProperties": False,
    }


def _of(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an annotated type; that of a data class is kept among the definitions."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of(k, definitions) for k in arguments if k is not type(None)] + [{"type": "null"}]}
    if origin is tuple:
        return _tuple(arguments, definitions)
    if issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    if isinstance(kind, type) and is_dataclass(kind):
        if kind.__name__ not in definitions:
            definitions[kind.__name__] = {}
            definitions[kind.__name__] = _dataclass(kind, definitions)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    return _PLAIN[kind]


def _tuple(kinds: tuple[Any, ...], definitions: dict[str, Any]) -> dict[str, Any]:
    if kinds[-1] is Ellipsis:
        return {"type": "array", "items": _of(kinds[0], definitions)}
    items = [_of(kind, definitions) for kind in kinds]
    return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
