"""The options that a key of ``[tool.gradcheck]`` has on the command line, for every command that checks something."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from .._errors import InvalidArgument
from ..engine.config import KEYS, Configuration, configured
from . import _complete

_NAMES: dict[str, tuple[str, ...]] = {
    "select": ("-c", "--checks", "--select"),
    "ignore": ("--exclude-checks", "--ignore"),
    "max-examples": ("-n", "--max-examples"),
    "jobs": ("-j", "--jobs"),
    "reports": ("--report",),
}
"""Key -> its option, where that is not the key itself; the last one is the name that messages use."""
_TYPES: dict[str, dict[str, Any]] = {
    "profile": {"metavar": "NAME"},
    "seed": {"type": int},
    "select": {"multiple": True, "metavar": "CODES", "shell_complete": _complete.codes},
    "ignore": {"multiple": True, "metavar": "CODES", "shell_complete": _complete.codes},
    "max-examples": {"type": int},
    "max-evals": {"type": int},
    "min-checks": {"type": int},
    "fail-on": {"multiple": True, "type": click.Choice(["inconclusive", "vacuous"])},
    "timeout": {"type": float, "metavar": "SECONDS"},
    "memory": {"metavar": "AMOUNT"},
    "jobs": {"metavar": "N|auto"},
    "reports": {"multiple": True, "metavar": "FORMAT=PATH"},
    "annotations": {"metavar": "WHEN"},
    "cases": {"metavar": "FOLDER|off"},
    "keep-cases": {"is_flag": True, "flag_value": True},
}
"""Key -> what click is told of its option; the keys that have one."""


def settings_options(*keys: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds the options of `keys` (of all keys without any), and ``--config``.

    The command gets a `Configuration` as ``configuration``: every setting, given on the command line or not.
    """
    wanted = [key for key in KEYS if key.name in (keys or _TYPES)]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def with_configuration(*, config: Path | None, **options: Any) -> Any:
            given = {}
            for key in wanted:
                given[_option(key.name)] = _value(_option(key.name), options.pop(_parameter(key.name)))
            return command(configuration=configured(given, file=config), **options)

        for key in reversed(wanted):
            names = _NAMES.get(key.name, (f"--{key.name}",))
            described = {"help": f"{key.says}{_default(key.default)}", "default": None, **_TYPES[key.name]}
            with_configuration = click.option(*names, _parameter(key.name), **described)(with_configuration)
        chosen = click.Path(dir_okay=False, path_type=Path)
        says = "This pyproject.toml; by default the nearest one with [tool.gradcheck]."
        return click.option("--config", type=chosen, metavar="FILE", help=says)(with_configuration)

    return decorate


def _option(key: str) -> str:
    return _NAMES.get(key, (f"--{key}",))[-1]


def _parameter(key: str) -> str:
    return f"of_{key.replace('-', '_')}"


def _default(value: Any) -> str:
    return "" if value in (None, ()) else f"  [default: {value}]"


def _value(option: str, value: Any) -> Any:
    """Return what was typed, lists of words in one text as several."""
    if isinstance(value, tuple):
        words = tuple(word.strip() for text in value for word in _words(text))
        if value and not words:
            raise InvalidArgument(f"{option}={value[0]!r} names nothing; leave it out, or name what is meant")
        return words
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _words(text: str) -> list[str]:
    return [text] if "=" in text else [word for word in text.split(",") if word.strip()]


def settings(configuration: Configuration) -> str:
    """Return every setting with its origin, one line each."""
    from ..engine.config import rows
    from ..renderers._escape import visible
    from ..renderers._finding_text import columns

    table = [[name, visible(shown(value)), visible(origin)] for name, value, origin in rows(configuration)]
    return "\n".join(line.rstrip() for line in columns(table, right=False))


def shown(value: Any) -> str:
    """Return a value as one reads it: nothing as a dash."""
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "-"
    return "-" if value is None else str(value)
