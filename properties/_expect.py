"""Closeness on the scale of the summands: how a law compares two numbers.

Shrinking looks for inputs whose true value is 0, where a relative error means nothing. Every comparison therefore
names a *scale*: the size of the largest number that was added to make the value. Rounding moves the value by some
units of the last place *of that number*, however much cancels:

    |value - target| <= ulps * eps(dtype) * scale
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..report import Finding

Array = NDArray[Any]

_ALIKE = 64
"""Rounding units of the largest number by which what is the same may differ."""

_WATCHED: ContextVar[list[float] | None] = ContextVar("_WATCHED", default=None)


@contextmanager
def watched() -> Iterator[list[float]]:
    """Yield what collects, for every comparison that holds in here, its largest error over its bound."""
    shares: list[float] = []
    token = _WATCHED.set(shares)
    try:
        yield shares
    finally:
        _WATCHED.reset(token)


class Violation(Exception):
    """A law does not hold; carries the numbers, or whole findings where a check made them."""

    def __init__(
        self,
        message: str,
        *,
        index: tuple[int, ...] | None = None,
        value: float | None = None,
        target: float | None = None,
        bound: float | None = None,
        detail: tuple[str, ...] = (),
        findings: tuple[Finding, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message, self.index = message, index
        self.value, self.target, self.bound = value, target, bound
        self.detail, self.findings = detail, findings


@dataclass(frozen=True, slots=True)
class Expectation:
    """A value, and what reports call it."""

    value: Array
    name: str

    def close_to(self, target: ArrayLike, *, scale: ArrayLike, ulps: float) -> None:
        """Require abs(value - target) <= ulps * eps * scale, entry by entry."""
        self.within(target, allowed=ulps * epsilon(self.value) * np.asarray(scale, dtype=np.float64))

    def within(self, target: ArrayLike, *, allowed: ArrayLike) -> None:
        """Require abs(value - target) <= allowed, entry by entry; equal infinities and two NaN agree."""
        value, goal, room = np.broadcast_arrays(_double(self.value), _double(target), _double(allowed))
        with np.errstate(all="ignore"):
            excess = np.abs(value - goal) - room
        same = (value == goal) | (np.isnan(value) & np.isnan(goal))
        self._refuse(np.where(same, -np.inf, excess), value, goal, room, "not")

    def at_least(self, floor: ArrayLike, *, allowed: ArrayLike = 0.0) -> None:
        """Require value >= floor - allowed, entry by entry."""
        value, low, room = np.broadcast_arrays(_double(self.value), _double(floor), _double(allowed))
        self._refuse(np.where(value == low, -np.inf, low - value - room), value, low, room, "below")

    def at_most(self, ceiling: ArrayLike, *, allowed: ArrayLike = 0.0) -> None:
        """Require value <= ceiling + allowed, entry by entry."""
        value, high, room = np.broadcast_arrays(_double(self.value), _double(ceiling), _double(allowed))
        self._refuse(np.where(value == high, -np.inf, value - high - room), value, high, room, "above")

    def identical(self, target: ArrayLike) -> None:
        """Require the same shape, dtype and bits (any NaN equals any other)."""
        value, goal = np.asarray(self.value), np.asarray(target)
        if value.shape != goal.shape or value.dtype != goal.dtype:
            raise Violation(
                f"{self.name} is {value.dtype} of shape {value.shape}, not {goal.dtype} of shape {goal.shape}"
            )
        self.within(goal, allowed=0.0)

    def finite(self) -> None:
        """Require every entry to be finite."""
        value = _double(self.value)
        bad = ~np.isfinite(value)
        if bad.any():
            index = _worst(bad.astype(float))
            raise Violation(f"{self.name}{self._at(index)} is {value[index]}", index=index, value=float(value[index]))

    def _at(self, index: tuple[int, ...]) -> str:
        """Return the index as it reads behind the name: y[1, 0], and the second output at [1, 0]."""
        listed = f"[{', '.join(map(str, index))}]" if index else ""
        return f" at {listed}" if listed and " " in self.name else listed

    def _refuse(self, excess: Array, value: Array, goal: Array, room: Array, verb: str) -> None:
        failing = ~(excess <= 0)
        if not failing.any():
            _note(excess, room)
            return
        index = _worst(np.where(np.isnan(excess), np.inf, excess))
        got, want, slack = float(value[index]), float(goal[index]), float(room[index])
        seen, due = apart(got, want)
        raise Violation(
            f"{self.name}{self._at(index)} is {seen}, {verb} {due}" + (f" within {slack:.2g}" if slack else ""),
            index=index,
            value=got,
            target=want,
            bound=slack,
        )


def _note(excess: Array, room: Array) -> None:
    """Note error / bound = 1 + excess / room for whoever watches."""
    shares = _WATCHED.get()
    bounded = (room > 0) & np.isfinite(excess)
    if shares is not None and bounded.any():
        shares.append(max(0.0, 1 + float(np.max(excess[bounded] / room[bounded]))))


def expect(value: ArrayLike, name: str) -> Expectation:
    """Name a value, to say next what it should be."""
    return Expectation(np.asarray(value), name)


def epsilon(*values: ArrayLike) -> float:
    """Return the rounding unit of the coarsest floating dtype among `values` (that of float64 for integers)."""
    kinds = [np.asarray(value).dtype for value in values]
    return max(float(np.finfo(kind).eps) if kind.kind == "f" else float(np.finfo(float).eps) for kind in kinds)


def alike(one: Array, other: Array) -> bool:
    """Say whether both are the same, but for rounding: rows are added up in another order in a larger batch.

    >>> alike(np.float32([1.0]), np.float32([1.0000001])), alike(np.array([1.0]), np.array([1.0000001]))
    (True, False)
    """
    rounding = _ALIKE * epsilon(one, other)
    rtol, atol = max(1e-9, rounding), max(1e-12, rounding * float(largest(other)))
    return np.shape(one) == np.shape(other) and bool(np.allclose(one, other, rtol=rtol, atol=atol, equal_nan=True))


def largest(value: ArrayLike, axis: Any = None) -> Any:
    """Return the largest finite magnitude, kept as an axis; 0 where there is none."""
    size = np.abs(_double(value))
    return np.max(np.where(np.isfinite(size), size, 0.0), axis=axis, keepdims=axis is not None, initial=0.0)


def _double(value: ArrayLike) -> Array:
    return np.asarray(value, dtype=np.float64)


def _worst(excess: Array) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(excess)), excess.shape))


def apart(one: float, other: float) -> tuple[str, str]:
    """Return two numbers in as few digits as show that they differ, six at least.

    >>> apart(0.1, 0.2), apart(0.129, 0.129000004)
    (('0.1', '0.2'), ('0.129', '0.129000004'))
    """
    for digits in range(6, 18):
        told = f"{one:.{digits}g}", f"{other:.{digits}g}"
        if told[0] != told[1] or one == other:
            break
    return told
