"""`tensor`: an array from a seed, a structure and a few edits; `Drawn`: one that was drawn, and its line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ._layouts import laid_out
from ._structures import BY_NAME

Shape = tuple[int, ...]
Edit = tuple[tuple[Shape, float], ...]
DOMAINS = ("real", "positive", "unit", "ball")


def tensor(
    shape: Shape,
    *,
    seed: int = 0,
    loc: float = 0.0,
    scale: float = 1.0,
    structure: str = "dense",
    digits: int | None = None,
    domain: str = "real",
    edit: Mapping[Shape, float] | None = None,
    away_from: Sequence[float] = (),
    margin: float = 0.0,
    dtype: str = "float64",
    layout: str = "contiguous",
) -> NDArray[Any]:
    """Return the array that one line of a report stands for.

    Standard normal noise of `seed`, times `scale`, plus `loc`, rounded to `digits` significant digits; then
    `structure`; then mapped into `domain`; then every entry closer than `margin` to a point of `away_from` is moved
    out; then the entries named in `edit` are set; the result lies in memory as `layout` says.

    Parameters
    ----------
    shape, seed, loc, scale, dtype
        Of the noise.
    structure, layout
        One of `STRUCTURES`, one of `LAYOUTS`.
    digits
        None leaves the noise as it is.
    domain
        ``"real"``; ``"positive"`` for magnitudes, none of them 0; ``"unit"`` for numbers inside (0, 1), ``"ball"``
        inside (-1, 1).
    edit
        Entries to set, by index.
    away_from, margin
        Points to keep a distance from.

    Raises
    ------
    InvalidArgument
        A structure, a domain or a layout is unknown.

    Examples
    --------
    >>> tensor((2, 2), seed=3, edit={(0, 1): 0.0})[0, 1]
    np.float64(0.0)
    >>> tensor((2, 1), digits=1).tolist()
    [[0.1], [-0.1]]
    """
    if structure not in BY_NAME:
        raise InvalidArgument(f"structure={structure!r} is unknown; the structures are {', '.join(BY_NAME)}")
    noise = _rounded(np.random.default_rng(seed).standard_normal(shape) * scale + loc, digits)
    x = _structured(noise.astype(dtype), structure)
    x = inside(x, domain)
    for point in away_from:
        gap = x - point
        x = np.where(np.abs(gap) < margin, point + np.copysign(margin, gap), x).astype(dtype)
    for index, value in (edit or {}).items():
        x[index] = value
    return laid_out(x if x.ndim == 0 else np.ascontiguousarray(x), layout)


def _structured(x: NDArray[Any], structure: str) -> NDArray[Any]:
    """Return `x` with the structure; a number is an array of one row for it, and an empty array has none."""
    return BY_NAME[structure](np.atleast_1d(x)).reshape(x.shape) if x.size else x


def _rounded(x: NDArray[Any], digits: int | None) -> NDArray[Any]:
    """Return `x` with so many significant digits, as one would type it."""
    if digits is None:
        return x
    typed = [float(f"{entry:.{digits}g}") for entry in np.ravel(x).tolist()]
    return np.array(typed, dtype=np.float64).reshape(x.shape)


def inside(x: NDArray[Any], domain: str) -> NDArray[Any]:
    """Return `x` mapped into the domain."""
    if domain == "real":
        return x
    if domain not in DOMAINS:
        raise InvalidArgument(f"domain={domain!r} is unknown; the domains are {', '.join(DOMAINS)}")
    if domain == "ball":
        return np.asarray(np.clip(x / (1 + np.abs(x)), -0.99, 0.99), x.dtype)
    size = np.where(x == 0, np.asarray(1, x.dtype), np.abs(x))
    # x / (1 + x) is 1 in floating point for large x; the open interval ends a little earlier.
    return size if domain == "positive" else np.asarray(np.clip(size / (1 + size), 0.01, 0.99), x.dtype)


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
    digits: int | None = None
    domain: str = "real"
    edit: Edit = ()
    away_from: tuple[float, ...] = ()
    margin: float = 0.0
    dtype: str = "float64"
    layout: str = "contiguous"

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
