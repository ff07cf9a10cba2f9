"""A failing example in round numbers: what a person can follow by hand, where the failure survives that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from .strategies import Drawn

Drawings = tuple[tuple[str, Any], ...]
"""What was drawn: names and values, in order."""

T = TypeVar("T")
DIGITS = (1, 2)


def tidied(drawn: Drawings, attempt: Callable[[Drawings], T | None]) -> T | None:
    """Return the first failure among rounder versions of `drawn`, or None.

    Parameters
    ----------
    drawn
        The failing example.
    attempt
        Tries an example, and returns the same failure if it shows there as well.
    """
    return next((failure for tidy in _rounder(drawn) if (failure := attempt(tidy)) is not None), None)


def _rounder(drawn: Drawings) -> Iterator[Drawings]:
    for digits in DIGITS:
        tidy = tuple((name, _rounded(value, digits)) for name, value in drawn)
        if tidy != drawn:
            yield tidy


def _rounded(value: Any, digits: int) -> Any:
    plain = isinstance(value, Drawn) and value.structure != "exact zeros"
    return replace(value, digits=digits) if plain else value
