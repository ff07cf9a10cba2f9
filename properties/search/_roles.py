"""What the entries of an input are, as the examples and a few trial calls show, and what draws such an input.

=============  =========================================================  ===============================
role           seen by                                                    drawn
=============  =========================================================  ===============================
real           entries of either sign, or other signs work just as well  any structure, scale, layout
positive       all entries above 0, and a minus sign gives no number      magnitudes
ball           all inside (-1, 1), and 1.5 gives no number                  numbers inside (-1, 1)
unit           all inside (0, 1), and 1.5 gives no number                 numbers inside (0, 1)
simplex        rows above 0 that sum to 1                                 rows that sum to 1
spd            symmetric with positive eigenvalues                        such a matrix
labels         whole numbers from 0                                       whole numbers in the same range
constant       anything else                                              the example itself
=============  =========================================================  ===============================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from ..strategies import LAYOUTS, STRUCTURES, labels, simplex, spd, tensors
from ._axes import Side, Trial

Array = NDArray[Any]
EXPONENTS = (1.0, 100.0, 0.1, 10.0, 1e-3)
"""Scales, as multiples of the size that the example has."""

SEARCHED = (*(name for name in STRUCTURES if name not in ("huge", "tiny", "one outlier")), "one outlier")
"""Structures worth a gradient check: differences have nothing to say at 1e50."""


@dataclass(frozen=True)
class Role:
    """What an input is; ``size`` is its typical magnitude, ``classes`` how many labels there are.

    ``side`` is the side whose size `classes` is, where labels count along one.
    """

    name: str
    size: float = 1.0
    classes: int = 0
    side: Side | None = None
    dtype: str = "float64"

    def strategy(self, shape: tuple[int, ...], example: Any, sizes: dict[Side, int]) -> SearchStrategy[Any]:
        """Return what draws an input of that shape."""
        if self.name == "constant" or 0 in shape:
            return st.just(example)
        if self.name == "simplex":
            return simplex(shape)
        if self.name == "spd":
            return spd(shape[0], conditions=(10.0, 1.0, 1e3))
        if self.name == "labels":
            return labels(shape, self.classes if self.side is None else sizes.get(self.side, self.classes))
        return self._numbers(shape)

    def _numbers(self, shape: tuple[int, ...]) -> SearchStrategy[Any]:
        real = self.name in ("real", "ball")
        return tensors(
            shape,
            scales=tuple(self.size * factor for factor in EXPONENTS),
            locs=(0.0, self.size, -3 * self.size) if real else (0.0,),
            structures=SEARCHED if real else ("dense", "constant column", "constant row", "duplicate rows"),
            edits={"real": (0.0, self.size, -self.size), "ball": (0.0,)}.get(self.name, ()),
            dtype=self.dtype,
            domain=self.name,
            layouts=LAYOUTS,
        )


def role_of(
    k: int, arguments: Sequence[Any], sides: Sequence[Side], trial: Trial, finite: Callable[..., bool]
) -> Role:
    """Return the role of input `k`."""
    value = arguments[k]
    if not isinstance(value, np.ndarray) or value.ndim == 0 or value.size == 0:
        return Role("constant")
    if value.dtype.kind in "iu":
        return _whole(k, arguments, sides, trial)
    if value.dtype.kind != "f":
        return Role("constant")
    numbers = np.asarray(value, dtype=np.float64)
    return _real(k, numbers, arguments, finite, value.dtype.name)


def _real(k: int, x: Array, arguments: Sequence[Any], finite: Callable[..., bool], dtype: str) -> Role:
    size = _typical(x)
    if (np.abs(x) < 1).all() and (x <= 0).any() and not finite(_with(arguments, k, np.full_like(x, 1.5))):
        return Role("ball", 1.0, dtype=dtype)
    if not (x > 0).all():
        return Role("real", size, dtype=dtype)
    if x.ndim == 2 and x.shape[0] == x.shape[1] > 1 and _is_spd(x):
        return Role("spd")
    if x.shape[-1] > 1 and np.allclose(x.sum(axis=-1), 1.0, atol=1e-6):
        return Role("simplex")
    signs = np.where(np.arange(x.size) % 2, 1.0, -1.0).reshape(x.shape)
    inside = bool((x < 1).all()) and not finite(_with(arguments, k, x + 1.5))
    if finite(_with(arguments, k, x * signs)):
        return Role("ball" if inside else "real", size, dtype=dtype)
    return Role("unit", 1.0, dtype=dtype) if inside else Role("positive", size, dtype=dtype)


def _whole(k: int, arguments: Sequence[Any], sides: Sequence[Side], trial: Trial) -> Role:
    """Labels, of as many classes as the shortest side has that no label may reach."""
    value = arguments[k]
    if value.min() < 0:
        return Role("constant")
    for side in sorted(sides, key=lambda side: side.size):
        other = all(place[0] != k for place in side.places)
        if (
            other
            and value.max() < side.size
            and not _works(trial, _with(arguments, k, np.full_like(value, side.size)))
        ):
            return Role("labels", classes=side.size, side=side)
    return Role("labels", classes=int(value.max()) + 1)


def _works(trial: Trial, arguments: Sequence[Any]) -> bool:
    try:
        trial(arguments)
    except Exception:  # that is the answer
        return False
    return True


def _with(arguments: Sequence[Any], k: int, value: Array) -> list[Any]:
    changed = list(arguments)
    changed[k] = value.astype(arguments[k].dtype)
    return changed


def _typical(x: Array) -> float:
    """Return the power of ten nearest to the root mean square: a number that can be read."""
    size = float(np.sqrt(np.mean(x**2)))
    return float(10.0 ** np.round(np.log10(size))) if size > 0 else 1.0


def _is_spd(x: Array) -> bool:
    return bool(np.allclose(x, x.T) and np.linalg.eigvalsh(x).min() > 0)
