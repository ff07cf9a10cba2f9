"""What is told about a normalization from how it behaves: who shares statistics, the mean removed, momentum, eps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._names import EPS, find, read

if TYPE_CHECKING:
    from .normalization import Normalization

Array = NDArray[Any]

IMAGE = (3, 2)
"""Height and width of an ordinary image."""

NEAR_ZERO = 0.5
"""The mean of the output below which the mean counts as removed: with the offset left alone it is near 1."""


def takes(subject: Normalization, shape: tuple[int, ...]) -> bool:
    """Say whether the layer takes an input of that shape, and returns one of it."""
    x = np.random.default_rng(0).standard_normal(shape)
    try:
        return bool(subject.fresh().forward(x).shape == x.shape)
    except Exception:  # it does not take that shape: that is the answer
        return False


def facts_of(subject: Normalization) -> dict[str, Any]:
    """Return the traits that the layer shows; fewer where it raises."""
    eps = find(subject.make(), EPS)
    facts: dict[str, Any] = {"eps": float(read(subject.make(), eps)) if eps else None}
    try:
        facts |= _sets(subject) | {"momentum": _momentum(subject)}
        known = replace(subject, traits=replace(subject.traits, normalizes=facts["normalizes"]))
        facts["eps"] = facts["eps"] if eps else _eps(known)
    except Exception:  # a law says what it raises
        pass
    return {name: value for name, value in facts.items() if value is not None}


def _sets(subject: Normalization) -> dict[str, Any]:
    """Tell what shares statistics from who feels a change, and whether the mean is removed."""
    x = _ordinary(subject, 4)
    out = subject.fresh().forward(x)
    found: dict[str, Any] = {"centers": bool(abs(subject.fresh().plain(x + 5.0).mean()) < NEAR_ZERO)}
    others, first = x.copy(), x.copy()
    others[1:] += 1.5 * x[1:] + 1.0
    first[0, 0] += 1.5 * x[0, 0] + 1.0
    if (subject.width == 1 and x.ndim == 2) or not np.allclose(out[0], subject.fresh().forward(others)[0]):
        return found | {"normalizes": "batch"}
    moved = np.abs(subject.fresh().forward(first)[0] - out[0]).reshape(subject.width, -1).max(axis=1) > 1e-9
    size = int(moved.sum())
    if size == subject.width > 1 or not size:
        return found | {"normalizes": "features"}
    return found | ({"normalizes": "instance"} if size == 1 else _groups(subject.width, size))


def _ordinary(subject: Normalization, rows: int) -> Array:
    shape = (rows, subject.width)
    return np.random.default_rng(0).standard_normal(shape if takes(subject, shape) else (*shape, *IMAGE))


def _groups(width: int, size: int) -> dict[str, Any]:
    return {"normalizes": "groups", "groups": width // size}


def _momentum(subject: Normalization) -> float | None:
    """Return the weight of the new batch, from what one batch does to the running mean."""
    if subject.names.mean is None:
        return None
    layer, x = subject.fresh(), 5.0 + _ordinary(subject, 8)
    before = np.array(layer.mean, dtype=np.float64)
    layer.forward(x)
    weights = (np.asarray(layer.mean) - before) / (subject.rows(x).mean(axis=0) - before)
    return float(np.round(weights.mean(), 12))


def _eps(subject: Normalization) -> float | None:
    """Solve v / (v + eps) = variance of the output, for a small variance v of each feature of a batch."""
    if subject.traits.normalizes != "batch" or subject.names.scale is None:
        return None
    x = 1e-2 * np.random.default_rng(0).standard_normal((64, subject.width))
    v, out = x.var(axis=0), subject.fresh().plain(x).var(axis=0)
    found = float(np.mean(v / out - v))
    return float(f"{found:.3g}") if found > 0 else 0.0
