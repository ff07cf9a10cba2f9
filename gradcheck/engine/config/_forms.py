"""What the value of a setting may be: a test, the words for it, and how it is read from a text.

A value of the configuration file has a type already; one from the environment or the command line is a text.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([MGT]i?B)")
LEAST_MEMORY = 64 * 2**20
"""Bytes below which no subject can do anything."""
SHARE = 0.75
"""Of the memory of the machine: what ``memory = "auto"`` grants."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a value must be (``said``, with an example), and how a text becomes one."""

    fits: Callable[[Any], bool]
    said: str
    typed: Callable[[str], Any] = str


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _seconds(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < math.inf


def _texts(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, str) and item.strip() for item in value)


def _number(text: str) -> Any:
    """Return a text as the number that it is, or as it is: then it does not fit.

    >>> _number("7"), _number("0.5"), _number("x")
    (7, 0.5, 'x')
    """
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _words(text: str) -> tuple[str, ...]:
    """Return what commas separate.

    >>> _words("GC1, GC502")
    ('GC1', 'GC502')
    """
    return tuple(word.strip() for word in text.split(",") if word.strip())


def whole_from(least: int) -> Form:
    """Return the form of a whole number that is at least so large."""
    return Form(lambda value: _whole(value) and value >= least, f"a whole number, {least} or more", _number)


def one_of(*words: str) -> Form:
    """Return the form of a list of some of `words`."""
    listed = ", ".join(f'"{word}"' for word in words)
    said = f"a list of words, each one of {listed}"
    return Form(lambda value: _texts(value) and set(value) <= set(words), said, _words)


def choice(*words: str) -> Form:
    """Return the form of one of `words`."""
    return Form(lambda value: value in words, " or ".join(f'"{word}"' for word in words))


SECONDS = Form(_seconds, "a number of seconds, more than 0", _number)
WORDS = Form(_texts, 'a list of strings, such as ["GC1", "GC502"]', _words)
YES_OR_NO = Form(
    lambda value: isinstance(value, bool),
    "true or false",
    lambda text: {"1": True, "true": True, "0": False, "false": False}.get(text.lower(), text),
)
NAME = Form(lambda value: isinstance(value, str) and bool(value.strip()), 'a name, such as "ci"')
FOLDER = Form(
    lambda value: isinstance(value, str) and bool(value.strip()),
    'a folder, such as ".gradcheck/cases", or "auto", or "off"',
    lambda text: "off" if text.lower() in ("", "0", "no", "off") else text,
)
JOBS = Form(
    lambda value: value == "auto" or (_whole(value) and value >= 1),
    'a number of processes, 1 or more, or "auto"',
    _number,
)
MEMORY = Form(
    lambda value: value in ("auto", "off") or (isinstance(value, str) and (bytes_of(value) or 0) >= LEAST_MEMORY),
    'an amount of 64 MiB or more, such as "4 GiB", or "auto", or "off"',
)
REPORTS = Form(_texts, 'a list of FORMAT=PATH, such as ["html=gradcheck.html"]', lambda text: (text,))
ANYTHING = Form(lambda _: True, "a table")
"""Of a value whose parts are looked at elsewhere."""


def bytes_of(amount: str) -> int | None:
    """Return how many bytes an amount of memory is; None for no limit, or for what is no amount.

    >>> bytes_of("4 GiB"), bytes_of("off"), bytes_of("a lot")
    (4294967296, None, None)
    """
    if amount == "auto":
        return _share_of_machine()
    match = _AMOUNT.fullmatch(amount.strip())
    return round(float(match[1]) * _UNITS[match[2]]) if match else None


def _share_of_machine() -> int | None:
    try:
        return round(SHARE * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):  # not every platform tells
        return None


def processes_of(jobs: int | str) -> int:
    """Return how many processes ``jobs`` means: ``"auto"`` is one per core that we may use."""
    if jobs != "auto":
        return int(jobs)
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
