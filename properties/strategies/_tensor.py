"""`tensor`: an array from a seed, a structure and a few edits; `Drawn`: one that was drawn, and its line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ._structures import BY_NAME

Shape = tuple[int, ...]
Edit = tuple[tuple[Shape, float], ...]


def tensor(
    shape: Shape,
    *,
    seed: int = 0,
    loc: float = 0.0,
    scale: float = 1.0,
    structure: str = "dense",
    edit: Mapping[Shape, float] | None = None,
    away_from: Sequence[float] = (),
    margin: float = 0.0,
    dtype: str = "float64",
) -> NDArray[Any]:
    """Return the array that one line of a report stands for.

    Standard normal noise of `seed`, times `scale`, plus `loc`; then `structure`; then every entry closer than
    `margin` to a point of `away_from` is moved out; then the entries named in `edit` are set.

    Examples
    --------
    >>> tensor((2, 2), seed=3, edit={(0, 1): 0.0})[0, 1]
    np.float64(0.0)
    """
    if structure not in BY_NAME:
        raise InvalidArgument(f"structure={structure!r} is unknown; the structures are {', '.join(BY_NAME)}")
    noise = np.random.default_rng(seed).standard_normal(shape)
    x = BY_NAME[structure]((noise * scale + loc).astype(dtype))
    for point in away_from:
        gap = x - point
        x = np.where(np.abs(gap) < margin, point + np.copysign(margin, gap), x).astype(dtype)
    for index, value in (edit or {}).items():
        x[index] = value
    return np.ascontiguousarray(x)


@dataclass(frozen=True)
class Drawn:
    """What a strategy draws: small data that stands for an array, whatever the array's size.

    Its repr is one line that rebuilds the array when it is pasted, ``array`` is a fresh copy of it, and NumPy takes
    it for an array.
    """

    shape: Shape
    seed: int = 0
    loc: float = 0.0
    scale: float = 1.0
    structure: str = "dense"
    edit: Edit = ()
    away_from: tuple[float, ...] = ()
    margin: float = 0.0
    dtype: str = "float64"

    @property
    def array(self) -> NDArray[Any]:
        """A fresh copy of the array."""
        settings = {field.name: getattr(self, field.name) for field in fields(self)}
        return tensor(**{**settings, "edit": dict(self.edit)})

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001
        return self.array.astype(dtype or self.dtype)

    def __repr__(self) -> str:
        changed = [field for field in fields(self) if getattr(self, field.name) != field.default]
        return f"tensor({', '.join(f'{f.name}={_text(f.name, getattr(self, f.name))}' for f in changed)})"


def _text(name: str, value: Any) -> str:
    if name == "edit":
        return "{" + ", ".join(f"{index}: {_number(entry)}" for index, entry in value) + "}"
    return repr(value)


def _number(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else f"float('{value}')"
