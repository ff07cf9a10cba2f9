"""The calls of a subject while it is looked at, before any law has drawn an example.

What a subject is like is found out by calling it, from many places. So the interpreter itself tells of the calls of
the subject's code, and the arrays they get are noted as an example of no law: ``GC907``, the subject comes back.
"""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import Any

import numpy as np

from ._case import SMALL, values
from ._data import Frozen
from ._last import about_to_try
from ._store import COMES_BACK, Stored

MOST = 1000
"""Entries of an array that are noted."""


def note_calls(case: Stored, file: str, *, only_first: bool) -> None:
    """Note the arrays in every call of a function from `file`, or in the first one, until a law draws something."""

    def seen(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename == file and not _is_from(frame.f_back, file):
            arrays = _arrays(frame.f_code, frame.f_locals)
            if arrays:
                about_to_try(case, arrays)
            if only_first:
                sys.setprofile(None)

    sys.setprofile(seen)


def _is_from(caller: FrameType | None, file: str) -> bool:
    """Say whether a call comes from the same file: what the subject calls by itself is not its input."""
    return caller is not None and caller.f_code.co_filename == file


def _arrays(code: CodeType, local: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    found = ((name, local.get(name)) for name in names)
    return tuple((name, frozen(value)) for name, value in found if isinstance(value, np.ndarray) and _is_small(value))


def _is_small(array: np.ndarray[Any, Any]) -> bool:
    return array.dtype.kind in "biufc" and array.size <= MOST


def frozen(array: np.ndarray[Any, Any]) -> Frozen:
    """Return an array as what is stored: its line, and its numbers."""
    small = array.dtype.kind == "f" and array.size <= SMALL
    line = values(array) if small else f"an array of {array.dtype}, shape {array.shape}"
    return Frozen(line, np.array(array), "dense", "contiguous")


__all__ = ["COMES_BACK", "note_calls"]
