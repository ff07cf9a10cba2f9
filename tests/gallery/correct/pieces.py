"""Elementwise functions in pieces: thresholds, steps, saw teeth, and joints that only the second derivative sees."""

from __future__ import annotations

from typing import Any

import numpy as np

from .draws import normal, structured
from .member import Member


def sawtooth(x: Any) -> Any:
    """Return x - floor(x): slope one, a jump at every integer."""
    return x - np.floor(x)


def triangle(x: Any) -> Any:
    """Return |x mod 2 - 1|: up and down, a kink at every integer."""
    return np.abs(np.mod(x, 2) - 1)


def d_triangle(x: Any) -> Any:
    """Return -1 on the way down, 1 on the way up."""
    return np.sign(np.mod(x, 2) - 1)


def hard_shrink(x: Any) -> Any:
    """Return x where it is larger than a half, else zero: two jumps."""
    return np.where(np.abs(x) > 0.5, x, 0)


def huber_entry(x: Any) -> Any:
    """Quadratic within 1, linear beyond."""
    return np.where(np.abs(x) <= 1, x * x / 2, np.abs(x) - 0.5)


def celu(x: Any) -> Any:
    """Return x, or 2 (exp(x / 2) - 1) below zero."""
    return np.where(x > 0, x, 2 * np.expm1(np.minimum(x, 0) / 2))


def stairs_and_line(x: Any) -> Any:
    """Return a line with slope 1/4 on stairs of height 1."""
    return np.floor(x) + x / 4


_NINE = structured(normal(9))
_HALVES = structured(normal(9), 0.5)

MEMBERS = (
    Member("at least one", "derivative", lambda x: np.maximum(x, 1), lambda x: (x > 1) * 1.0, _NINE, kinked=True),
    Member("floor", "derivative", np.floor, np.zeros_like, structured(normal(9, scale=3)), kinked=True),
    Member(
        "rounded to halves",
        "derivative",
        lambda x: np.rint(2 * x) / 2,
        np.zeros_like,
        structured(normal(9)),
        kinked=True,
    ),
    Member("saw tooth", "derivative", sawtooth, np.ones_like, structured(normal(9, scale=3)), kinked=True),
    Member("triangle wave", "derivative", triangle, d_triangle, structured(normal(9, scale=3)), kinked=True),
    Member(
        "clip of 3 x",
        "derivative",
        lambda x: np.clip(3 * x, -1.5, 1.5),
        lambda x: 3.0 * (np.abs(x) < 0.5),
        _HALVES,
        kinked=True,
    ),
    Member("hard shrink", "derivative", hard_shrink, lambda x: (np.abs(x) > 0.5) * 1.0, _HALVES, kinked=True),
    Member(
        "x above a threshold",
        "derivative",
        lambda x: np.where(x > 1, x, 0),
        lambda x: (x > 1) * 1.0,
        _NINE,
        kinked=True,
    ),
    Member("x times its size", "derivative", lambda x: x * np.abs(x), lambda x: 2 * np.abs(x), _NINE, kinked=True),
    Member("Huber of entries", "derivative", huber_entry, lambda x: np.clip(x, -1, 1), _NINE, kinked=True),
    Member(
        "cube or line",
        "derivative",
        lambda x: np.where(x > 0, x**3, x),
        lambda x: np.where(x > 0, 3 * x**2, 1.0),
        _NINE,
        kinked=True,
    ),
    Member(
        "larger of sine and cosine",
        "derivative",
        lambda x: np.maximum(np.sin(x), np.cos(x)),
        lambda x: np.where(np.sin(x) > np.cos(x), np.cos(x), -np.sin(x)),
        structured(normal(9, scale=3), np.pi / 4),
        kinked=True,
    ),
    Member(
        "log of at least a half",
        "derivative",
        lambda x: np.log(np.maximum(x, 0.5)),
        lambda x: np.where(x > 0.5, 1 / np.maximum(x, 0.5), 0.0),
        _HALVES,
        kinked=True,
    ),
    Member(
        "truncated square",
        "derivative",
        lambda x: np.minimum(x * x, 1),
        lambda x: np.where(x * x < 1, 2 * x, 0.0),
        _NINE,
        kinked=True,
    ),
    Member(
        "celu",
        "derivative",
        celu,
        lambda x: np.where(x > 0, 1.0, np.exp(np.minimum(x, 0) / 2)),
        _NINE,
        kinked=True,
        held_out=True,
    ),
    Member(
        "stairs and a line",
        "derivative",
        stairs_and_line,
        lambda x: np.full_like(x, 0.25),
        structured(normal(9, scale=3)),
        kinked=True,
        held_out=True,
    ),
)
