"""A duration, as it is typed: ``90``, ``90s``, ``5m``, ``1h30m``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

_PARTS = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")
_SECONDS = (3600.0, 60.0, 1.0)


if TYPE_CHECKING:
    Parameter = click.ParamType[float]
else:
    Parameter = click.ParamType  # not generic in every version


class Duration(Parameter):
    """Seconds, more than 0."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds that `value` means."""
        if isinstance(value, float):
            return value
        seconds = seconds_of(str(value))
        if seconds is None:
            self.fail(f"{value!r} is no duration above 0; write 90s, 5m or 1h30m", param, ctx)
        return seconds


def seconds_of(text: str) -> float | None:
    """Return the seconds that `text` means; None where it means none.

    >>> seconds_of("5m"), seconds_of("1h30m"), seconds_of("90"), seconds_of("soon")
    (300.0, 5400.0, 90.0, None)
    """
    found = _PARTS.fullmatch(text.strip().lower())
    parts = found.groups() if found is not None else ()
    return sum(float(part) * unit for part, unit in zip(parts, _SECONDS, strict=False) if part) or None


def told(seconds: float) -> str:
    """Return a duration as it is read.

    >>> told(3725), told(65), told(300), told(4.26)
    ('1 h 2 min', '1 min 5 s', '5 min', '4.3 s')
    """
    if seconds < 60:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    parts = ((minutes // 60, "h"), (minutes % 60, "min"), (rest if minutes < 60 else 0, "s"))
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount)
