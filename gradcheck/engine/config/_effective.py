"""`configured`: every setting in force, each with where it comes from.

From the weakest to the strongest: what gradcheck does by itself, what a profile of ours sets, the table
``[tool.gradcheck]``, its table for the profile, the environment (``GRADCHECK_SEED`` for ``seed``), the command line.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..._errors import InvalidArgument
from ._ci import service
from ._expected import Expected, expected_of
from ._file import ConfigFile, nearest, read, shown
from ._forms import bytes_of, processes_of
from ._keys import BY_NAME, KEYS, PROFILES, TABLE, Key
from ._source import Source, sources_of


@dataclass(frozen=True, slots=True)
class Setting:
    """A value, and where it comes from: ``default``, a file and line, a variable, or an option."""

    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """Every setting in force; ``configuration["seed"]`` is a value, `origin` says where it comes from."""

    settings: Mapping[str, Setting]
    subjects: tuple[Source, ...]
    expected: Expected
    file: ConfigFile

    def __getitem__(self, key: str) -> Any:
        return self.settings[key].value

    def origin(self, key: str) -> str:
        """Return where the value of a key comes from."""
        return self.settings[key].origin

    @property
    def root(self) -> Path:
        """The folder of the configuration file; the current one without."""
        return self.file.root

    @property
    def memory(self) -> int | None:
        """Bytes that a process may allocate; None for no limit. What is granted by itself is shared by all."""
        limit = bytes_of(self["memory"])
        return limit // self.processes if limit is not None and self["memory"] == "auto" else limit

    @property
    def cases(self) -> str | None:
        """The folder of stored cases, ``"auto"``, or None for none: what ``cases=`` takes elsewhere.

        Raises
        ------
        InvalidArgument
            It is a file: what fails could not be stored there, and nothing could be read.
        """
        if self["cases"] not in ("auto", "off") and Path(self["cases"]).is_file():
            raise InvalidArgument(f'cases = {self["cases"]!r} is a file; name a folder, or "off"')
        return None if self["cases"] == "off" else str(self["cases"])

    @property
    def processes(self) -> int:
        """How many subjects are checked at the same time."""
        return processes_of(self["jobs"])

    def named(self, name: str) -> Source | None:
        """Return the configured subject of that name, if there is one."""
        return next((source for source in self.subjects if source.called == name and not source.plain), None)

    def sources(self, targets: Sequence[str] = ()) -> tuple[Source, ...]:
        """Return what `targets` name, or every configured subject without any.

        A target that is the name of a configured subject means that one, with all that is declared of it.

        Raises
        ------
        InvalidArgument
            There are no targets, and no subject is configured.
        """
        if targets:
            return tuple(self.named(target) or Source(target, expected=self.expected) for target in targets)
        if not self.subjects:
            raise InvalidArgument(
                f"no TARGET is given, and [{TABLE}] of pyproject.toml declares no subjects: name a module, a file or "
                'a folder, or write subjects = ["package.module:name"] there'
            )
        return self.subjects


def configured(
    command_line: Mapping[str, Any] | None = None,
    *,
    file: Path | None = None,
    start: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Configuration:
    """Return every setting in force.

    Parameters
    ----------
    command_line
        Option as it is typed (``"--seed"``, ``"--gradcheck-seed"``) -> value; the key that it sets is the end of
        its name. None, and an empty tuple, are options that were not given.
    file
        The configuration file; by default the nearest ``pyproject.toml`` with a table ``[tool.gradcheck]``, from
        `start` (the current folder) upwards.
    environment
        Variables; those of the process by default.

    Raises
    ------
    InvalidArgument
        A key is unknown, or a value cannot be meant; the message says in which line, and what to write.

    Examples
    --------
    >>> settings = configured({"--seed": 7}, environment={})
    >>> settings["seed"], settings.origin("seed"), settings["profile"]
    (7, '--seed', 'dev')
    """
    known = os.environ if environment is None else environment
    given = {option: value for option, value in (command_line or {}).items() if value not in (None, (), [])}
    chosen = read(file) if file is not None else nearest(start or Path.cwd())
    _refuse_unknown(chosen, chosen.table)
    table = _of_file(chosen, chosen.table)
    above = {**_of_environment(known), **_of_command_line(given)}
    name, why = _profile({**_defaults(), **table, **above}["profile"], known)
    ours, theirs = _of_profile(name, why, chosen)
    settings = {**_defaults(), **ours, **table, **theirs, **above, "profile": Setting(name, why)}
    expected = expected_of(chosen)
    return Configuration(settings, sources_of(chosen, expected), expected, chosen)


def _defaults() -> dict[str, Setting]:
    return {key.name: Setting(key.default, "default") for key in KEYS if key.name not in _STRUCTURE}


_STRUCTURE = {"subjects", "expected-failures", "profiles"}
"""Keys that are no settings, but say what is checked, and how it may be set."""


def _profile(setting: Setting, environment: Mapping[str, str]) -> tuple[str, str]:
    if setting.value != "auto":
        return setting.value, setting.origin
    variable = service(environment)
    return ("ci", f"environment {variable}") if variable else ("dev", setting.origin)


def _of_profile(name: str, why: str, file: ConfigFile) -> tuple[dict[str, Setting], dict[str, Setting]]:
    """Return what a profile sets by itself, and what the file sets under it."""
    tables = _tables(file)
    if name not in {*PROFILES, *tables}:
        near = difflib.get_close_matches(name, [*PROFILES, *tables], 1)
        ask = f"did you mean {near[0]!r}?" if near else f"the profiles are {', '.join({**PROFILES, **tables})}"
        place = f"{why}: " if ":" in why else ""  # a line of a file; an option or a variable speaks for itself
        raise InvalidArgument(f"{place}profile = {name!r} is not a profile; {ask}")
    ours = {key: Setting(value, f"profile {name}") for key, value in PROFILES.get(name, {}).items()}
    return ours, _of_file(file, tables.get(name, {}), "profiles", name)


def _tables(file: ConfigFile) -> Mapping[str, Mapping[str, Any]]:
    tables = file.table.get("profiles", {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise InvalidArgument(f"{file.place('profiles')}: profiles must be tables, such as [{TABLE}.profiles.ci]")
    for name, table in tables.items():
        _refuse_unknown(file, table, "profiles", name)
        _of_file(file, table, "profiles", name)  # refuses what cannot be meant, whichever profile is in force
    return tables


def _of_file(file: ConfigFile, table: Mapping[str, Any], *above: str) -> dict[str, Setting]:
    keys = (key for key in KEYS if key.name in table and key.name not in _STRUCTURE)
    places = ((key, file.place(*above, key.name)) for key in keys)
    found = {key.name: _setting(key, table[key.name], place, f"{place}: ") for key, place in places}
    return {name: replace(setting, value=_from_root(name, setting.value, file)) for name, setting in found.items()}


def _from_root(name: str, value: Any, file: ConfigFile) -> Any:
    """Return a value of the file whose paths start from the folder of the file, as seen from here."""
    if name == "cases" and value not in ("auto", "off"):
        return shown(file.root / value)
    if name == "reports":
        pairs = (text.partition("=") for text in value)
        return tuple(f"{kind}={shown(file.root / path)}" if path else kind for kind, _, path in pairs)
    return value


def _of_environment(environment: Mapping[str, str]) -> dict[str, Setting]:
    found = ((key, _variable(key)) for key in KEYS if key.variable)
    pairs = ((key, name, environment[name]) for key, name in found if name in environment)
    return {
        key.name: _setting(key, key.form.typed(text), f"environment {name}", f"environment: {name}, ")
        for key, name, text in pairs
    }


def _variable(key: Key) -> str:
    return f"GRADCHECK_{key.name.replace('-', '_').upper()}"


def _of_command_line(given: Mapping[str, Any]) -> dict[str, Setting]:
    return {_key_of(option): _setting(BY_NAME[_key_of(option)], value, option, "") for option, value in given.items()}


_OPTIONS = {"report": "reports", "no-cases": "cases", "annotate": "annotations"}
"""Options that are not called like the key that they set."""


def _key_of(option: str) -> str:
    name = option.removeprefix("--").removeprefix("gradcheck-")
    return _OPTIONS.get(name, name)


def _setting(key: Key, value: Any, origin: str, where: str) -> Setting:
    if key.form is BY_NAME["select"].form and isinstance(value, str):
        value = (value,)
    if not key.form.fits(value):
        shown = origin if origin.startswith("--") else key.name
        raise InvalidArgument(f"{where}{shown} = {value!r} must be {key.form.said}")
    return Setting(tuple(value) if isinstance(value, list) else value, origin)


def _refuse_unknown(file: ConfigFile, table: Mapping[str, Any], *above: str) -> None:
    names = [key.name for key in KEYS if not above or key.profile]
    for name in table:
        if name not in names:
            near = difflib.get_close_matches(name.replace("_", "-"), names, 1)
            ask = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(names)}"
            holder = ".".join([TABLE, *above])
            raise InvalidArgument(f"{file.place(*above, name)}: [{holder}] has the unknown key {name!r}; {ask}")


def rows(configuration: Configuration) -> Iterator[tuple[str, Any, str]]:
    """Yield every key with its value and where that comes from, the subjects and expected failures included."""
    for key in KEYS:
        if key.name in configuration.settings:
            yield key.name, configuration[key.name], configuration.origin(key.name)
    file = configuration.file
    listed = [source.called if not source.plain else str(source.target) for source in configuration.subjects]
    yield "subjects", tuple(listed), file.place("subjects") if listed else "default"
    known = [(name, code, why) for name, codes in configuration.expected.items() for code, why in codes.items()]
    failures = tuple(f"{name} {code}: {why}" for name, code, why in known)
    yield "expected-failures", failures, file.place("expected-failures") if failures else "default"
