"""What `search`, `run_suite` and `load_case` take beside the subject: used as told, or refused in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ._store import Store


def seed_of(rng: Any) -> int:
    """Return the seed that ``rng=`` means; one drawn from a generator.

    Raises
    ------
    InvalidArgument
        It is neither a whole number from 0 nor a generator.
    """
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(2**31))
    if not _is_whole(rng) or rng < 0:
        raise InvalidArgument(f"rng={rng!r} must be a seed, a whole number from 0, or a numpy.random.Generator")
    return int(rng)


def count_of(name: str, value: Any, *, least: int) -> int:
    """Return the whole number that `name` is set to.

    Raises
    ------
    InvalidArgument
        It is none, or smaller than `least`.
    """
    if not _is_whole(value) or value < least:
        raise InvalidArgument(f"{name}={value!r} must be a whole number, {least} or more, such as {name}=100")
    return int(value)


def codes_of(name: str, value: Any) -> list[str] | None:
    """Return the codes that ``checks=`` or ``exclude=`` lists; None for None.

    Raises
    ------
    InvalidArgument
        It is no collection of strings, or an empty list of checks, which would check nothing.
    """
    if value is None:
        return None
    wanted = [value] if isinstance(value, str) else list(value) if isinstance(value, Iterable) else [value]
    if not all(isinstance(code, str) for code in wanted):
        raise InvalidArgument(f'{name}={value!r} must list codes as strings, such as {name}=["GC101", "GC5"]')
    if name == "checks" and not wanted:
        raise InvalidArgument("checks=[] runs nothing; leave it out to run every law, or list codes")
    return wanted


def reasons_of(value: Any) -> Mapping[str, str]:
    """Return what ``expected_failures=`` says, nothing for None.

    Raises
    ------
    InvalidArgument
        It is no dictionary.
    """
    if value is not None and not isinstance(value, Mapping):
        raise InvalidArgument(f"expected_failures={value!r} must be a dictionary {{code: reason}}")
    return value or {}


def refuse_unstorable(value: Any, name: str = "cases") -> None:
    """Raise `InvalidArgument` where a folder, or the name of a case, is neither text nor a path."""
    taken = (str, Path, Store, type(None)) if name == "cases" else (str, Path)
    if not isinstance(value, taken):
        known = 'a folder, "auto" or None' if name == "cases" else "the identifier of a case, or a path of its file"
        raise InvalidArgument(f"{name}={value!r} must be {known}")


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)
