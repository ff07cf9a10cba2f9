"""`Source`: one entry of ``subjects``, or one TARGET of the command line, before anything is imported.

::

    subjects = [
        "mypkg.layers",                                                     # whatever the module declares
        { target = "mypkg.layers:Affine", arguments = [3, 2], inputs = [{ shape = [5, 3] }] },
        { target = ["mypkg.layers:forward", "mypkg.layers:backward"], name = "pair", inputs = [[1.0, 2.0]] },
        { target = "mypkg.acts:relu", kind = "activation", options = { derivative = "mypkg.acts:relu_grad" } },
    ]

It is data, so that the process that subjects run in can be told of it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ..._errors import InvalidArgument
from ._expected import Expected
from ._file import ConfigFile, shown

_FORMS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "target": ((str, list), 'a target, such as "package.module:name", or a pair of them'),
    "name": (str, "a string"),
    "kind": (str, "a kind, a string"),
    "arguments": ((list, dict), "a list, or a table by name: what a class or factory is called with"),
    "inputs": (list, "a list with one entry per argument of a call"),
    "traits": (dict, "a table of traits"),
    "options": (dict, "a table of options of gradcheck.check"),
}
"""Key of a subject -> its types, and what to write."""


@dataclass(frozen=True, slots=True)
class Source:
    """What to collect.

    Attributes
    ----------
    target
        A target, or several that make up one subject: forward and backward.
    root
        The folder that relative targets start from, and that is searched for modules first.
    place
        Where it is written, for messages.
    name, kind, arguments, inputs, traits, options
        Of a subject that is declared in the configuration; all empty for a plain target.
    expected
        What is known to fail, of the subjects that are found.
    """

    target: str | tuple[str, ...]
    root: str = "."
    place: str = ""
    name: str | None = None
    kind: str | None = None
    arguments: Any = None
    inputs: tuple[Any, ...] = ()
    traits: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    expected: Expected = field(default_factory=dict)

    @property
    def plain(self) -> bool:
        """Whether there is nothing beside the target: then it may stand for several subjects."""
        extras = (self.name, self.kind, self.arguments, self.inputs, self.traits, self.options)
        return isinstance(self.target, str) and not any(extras)

    @property
    def called(self) -> str:
        """What reports call the subject."""
        first = self.target if isinstance(self.target, str) else self.target[0]
        return self.name or first.rpartition(":")[2]

    def data(self) -> dict[str, Any]:
        """Return the source as JSON holds it."""
        return asdict(self)

    @classmethod
    def revived(cls, data: Mapping[str, Any]) -> Source:
        """Return what `data` was called on."""
        lists = {key: tuple(data[key]) for key in ("target", "inputs") if isinstance(data[key], list)}
        return cls(**{**data, **lists})


def sources_of(file: ConfigFile, expected: Expected) -> tuple[Source, ...]:
    """Return the subjects that the file declares.

    Raises
    ------
    InvalidArgument
        An entry is neither a target nor a table, has an unknown key, or a value that cannot be meant; or two
        subjects have one name.
    """
    entries = file.table.get("subjects", [])
    place = file.place("subjects")
    if not isinstance(entries, list):
        raise InvalidArgument(f'{place}: subjects = {entries!r} must be a list, such as ["package.module:name"]')
    found = tuple(_source(entry, number, file, expected) for number, entry in enumerate(entries))
    names = [source.called for source in found if not source.plain]
    for name in names:
        if names.count(name) > 1:
            raise InvalidArgument(f"{place}: two subjects are called {name!r}; give each a `name`")
    return found


def _source(entry: Any, number: int, file: ConfigFile, expected: Expected) -> Source:
    place, where = file.place("subjects"), f"subjects[{number}]"
    if isinstance(entry, str) and entry.strip():
        return Source(entry, shown(file.root), place, expected=expected)
    if not isinstance(entry, dict):
        raise InvalidArgument(f"{place}: {where} = {entry!r} must be a target, or a table with a `target`")
    if "target" not in entry:
        raise InvalidArgument(f'{place}: {where} has no `target`, such as target = "package.module:name"')
    for key, value in entry.items():
        _refuse(key, value, f"{place}: {where}")
    lists = {key: tuple(entry[key]) for key in ("target", "inputs") if isinstance(entry.get(key), list)}
    return Source(**{**entry, **lists}, root=shown(file.root), place=f"{place}: {where}", expected=expected)


def _refuse(key: str, value: Any, where: str) -> None:
    if key not in _FORMS:
        near = difflib.get_close_matches(key, _FORMS, 1)
        ask = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(_FORMS)}"
        raise InvalidArgument(f"{where} has the unknown key {key!r}; {ask}")
    types, said = _FORMS[key]
    pair = key != "target" or isinstance(value, str) or (len(value) == 2 and all(isinstance(v, str) for v in value))
    if not isinstance(value, types) or not value or not pair:
        raise InvalidArgument(f"{where}.{key} = {value!r} must be {said}")


assert set(_FORMS) <= {known.name for known in fields(Source)}
