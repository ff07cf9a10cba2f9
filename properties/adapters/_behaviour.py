"""What is told about a normalization from how it behaves: who shares statistics, the mean removed, momentum, eps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ...subjects import Traits
from ._instance import Instance
from ._lengths import BESIDE, UNDER_THE_ROOT, where_eps_stands
from ._names import EPS, find, read
from ._trial import tried

if TYPE_CHECKING:
    from .normalization import Normalization

Array = NDArray[Any]

IMAGE = (3, 2)
"""Height and width of an ordinary image."""

NEAR_ZERO = 0.5
"""The mean of the output, beside its size, below which it counts as removed; near 1 with the offset left alone."""

FELT = 1e-9
NEAR_ONE = 0.05
"""How far from 1 the mean square of what is normalized to it may be."""


def takes(subject: Normalization, shape: tuple[int, ...]) -> bool:
    """Say whether the layer takes an input of that shape, and returns one of it."""
    x = np.random.default_rng(0).standard_normal(shape)
    try:
        return bool(subject.fresh().forward(x).shape == x.shape)
    except Exception:  # it does not take that shape: that is the answer
        return False


def feels_positions(subject: Normalization) -> bool:
    """Say whether the layer takes images, and every position of a channel feels every other one."""
    shape = (2, subject.width, *IMAGE)
    if not takes(subject, shape):
        return False
    x = np.random.default_rng(0).standard_normal(shape)
    moved = x.copy()
    moved[0, 0, 0, 0] += 1.5 * x[0, 0, 0, 0] + 1.0
    return bool((np.abs(subject.fresh().forward(moved) - subject.fresh().forward(x))[0, 0] > FELT).all())


def is_pointwise(subject: Normalization) -> bool:
    """Say whether a layer for images normalizes the features of each position, and no position feels another one."""
    shape = (2, subject.width, *IMAGE)
    if subject.traits.normalizes != "features" or takes(subject, (4, subject.width)) or not takes(subject, shape):
        return False
    x = np.random.default_rng(0).standard_normal(shape)
    moved = x.copy()
    moved[:, :, 0, 0] += 1.5 * x[:, :, 0, 0] + 1.0
    change = np.abs(subject.fresh().forward(moved) - subject.fresh().forward(x))
    return bool(change[..., 1:, :].max() <= FELT)


def offset_of(subject: Normalization) -> float:
    """Return 1 where a layer multiplies by 1 + w, and w begins as 0: the output is no constant."""
    if subject.names.scale is None or np.any(read(subject.make(), subject.names.scale)):
        return 0.0
    bare = Instance(subject.make(), subject.mode, subject.names, training=True)
    for shape in ((4, subject.width), (4, subject.width, *IMAGE)):
        out = tried(bare.forward, np.random.default_rng(0).standard_normal(shape))[0]
        if out is not None:
            return 1.0 if np.ptp(out, axis=0).any() else 0.0
    return 0.0


def is_cumulative(subject: Normalization) -> bool:
    """Say whether the running mean is that of all batches so far: the k-th one has the weight 1/k."""
    try:
        found = _weights(subject, 3)
    except Exception:  # a law says what it raises
        return False
    return bool(found) and bool(np.allclose(found, [1, 1 / 2, 1 / 3], rtol=1e-9, atol=0.0))


def refuse_uneven(declared: Traits, width: int, name: str) -> None:
    """Raise `InvalidArgument` where the channels cannot be gathered into the declared groups."""
    if declared.groups and width % declared.groups:
        raise InvalidArgument(
            f"traits['groups']={declared.groups!r} must divide the {width} channels of {name!r}; "
            "an example input says how many it has"
        )


def facts_of(subject: Normalization) -> dict[str, Any]:
    """Return the traits that the layer shows; fewer where it raises."""
    eps = find(subject.make(), EPS)
    facts: dict[str, Any] = {"eps": float(read(subject.make(), eps)) if eps else None}
    try:
        facts |= _sets(subject) | {"momentum": _momentum(subject)}
        traits = replace(subject.traits, normalizes=facts["normalizes"], centers=facts["centers"])
        known = replace(subject, traits=traits)
        facts["eps"] = (None if _stands(known) == BESIDE else facts["eps"]) if eps else _eps(known)
    except Exception:  # a law says what it raises
        pass
    return {name: value for name, value in facts.items() if value is not None}


def _sets(subject: Normalization) -> dict[str, Any]:
    """Tell what shares statistics from who feels a change, and whether the mean is removed."""
    x = _ordinary(subject, 4)
    out = subject.fresh().forward(x)
    found: dict[str, Any] = {"centers": _centers(subject.fresh().plain(x + 5.0))}
    others = x.copy()
    others[1:] += 1.5 * x[1:] + 1.0
    if (subject.width == 1 and x.ndim == 2) or not np.allclose(out[0], subject.fresh().forward(others)[0]):
        return found | {"normalizes": "batch"}
    size = int(_who_feels(subject, x, 0).sum())
    if size == subject.width > 1 or not size:
        return found | {"normalizes": "features"}
    return found | ({"normalizes": "instance"} if size == 1 else _groups(subject, x, size))


def _centers(out: Array) -> bool:
    """Say whether the mean of the output is small beside its size, which is not 1 in every normalization."""
    return bool(abs(out.mean()) <= NEAR_ZERO * np.sqrt(np.mean(out**2)))


def _who_feels(subject: Normalization, x: Array, channel: int) -> Array:
    """Return which channels of the first example feel a change of one of them."""
    moved = x.copy()
    moved[0, channel] += 1.5 * x[0, channel] + 1.0
    change = np.abs(subject.fresh().forward(moved)[0] - subject.fresh().forward(x)[0])
    return np.asarray(change.reshape(subject.width, -1).max(axis=1) > FELT)


def _ordinary(subject: Normalization, rows: int) -> Array:
    shape = (rows, subject.width)
    tables = not subject.image and takes(subject, shape)
    return np.random.default_rng(0).standard_normal(shape if tables else (*shape, *IMAGE))


def _groups(subject: Normalization, x: Array, size: int) -> dict[str, Any]:
    """Return groups of so many channels; none where each has neighbours of its own, and nothing the size 1."""
    felt = [_who_feels(subject, x, channel) for channel in range(subject.width)]
    apart = all(np.array_equal(felt[c], felt[d]) for c in range(len(felt)) for d in np.flatnonzero(felt[c]))
    part = subject.fresh().plain(x)[0][felt[0]]
    if apart or abs(np.mean(part**2) - 1) < NEAR_ONE or abs(part.var() - 1) < NEAR_ONE:
        return {"normalizes": "groups", "groups": subject.width // size}
    return {"normalizes": "neighbours"}


def _momentum(subject: Normalization) -> float | None:
    """Return the weight of the new batch, from what one batch does to the running mean."""
    return next(iter(_weights(subject, 1)), None)


def _weights(subject: Normalization, count: int) -> list[float]:
    """Return the weight that each of some batches in a row has in the running mean; none where there is none."""
    layer, found = subject.fresh(), []
    for k in range(count if subject.names.mean is not None else 0):
        x, before = 5.0 * (k + 1) + _ordinary(subject, 8), np.array(layer.mean, dtype=np.float64)
        layer.forward(x)
        weights = (np.asarray(layer.mean) - before) / (subject.rows(x).mean(axis=0) - before)
        found.append(float(np.round(weights.mean(), 12)))
    return found


def has_lengths(subject: Normalization) -> bool:
    """Say whether rows are divided by the root of a sum of squares and eps, and no mean was meant."""
    try:
        return _stands(subject) == UNDER_THE_ROOT
    except Exception:  # a law says what it raises
        return False


def _stands(subject: Normalization) -> str | None:
    eps = find(subject.make(), EPS)
    return where_eps_stands(subject, float(read(subject.make(), eps)), _ordinary(subject, 4)) if eps else None


def _eps(subject: Normalization) -> float | None:
    """Solve v / (v + eps) = variance of the output, for a small variance v of each feature of a batch."""
    if subject.traits.normalizes != "batch" or subject.names.scale is None:
        return None
    x = 1e-2 * np.random.default_rng(0).standard_normal((64, subject.width))
    v, out = x.var(axis=0), subject.fresh().plain(x).var(axis=0)
    found = float(np.mean(v / out - v))
    return float(f"{found:.3g}") if found > 0 else 0.0
