"""Where the arrays of a subject lie inside the flat vectors that the numerics see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import numpy as np


@dataclass(frozen=True, slots=True)
class Piece:
    """One array inside a flat vector."""

    path: str
    shape: tuple[int, ...]
    where: slice

    def index(self, position: int) -> tuple[int, ...]:
        """Return the index of the flat `position` inside the array."""
        return tuple(int(i) for i in np.unravel_index(position - self.where.start, self.shape))


class Place(NamedTuple):
    """One entry of one array; a finding names it by both."""

    path: str
    entry: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.path}{show(self.entry)}"


def piece_of(pieces: Sequence[Piece], position: int) -> Piece:
    """Return the piece that holds the flat `position`."""
    return next(p for p in pieces if p.where.start <= position < p.where.stop)


def place_of(pieces: Sequence[Piece], position: int) -> Place:
    """Return which entry of which array the flat `position` is."""
    piece = piece_of(pieces, position)
    return Place(piece.path, piece.index(position))


def show(index: tuple[int, ...]) -> str:
    """Return `index` as it is written behind a path: ``[0, 2]``, nothing for a 0-d array."""
    return str(list(index)) if index else ""


def pieces(named_shapes: Any) -> tuple[Piece, ...]:
    """Return consecutive pieces of a flat vector for ``(path, shape)`` pairs."""
    found, start = [], 0
    for path, shape in named_shapes:
        found.append(Piece(path, tuple(shape), slice(start, start + prod(shape))))
        start += prod(shape)
    return tuple(found)


def joined(parts: Sequence[Piece]) -> tuple[slice, ...]:
    """Return where the pieces lie, both parts of a complex array in one block."""
    blocks: list[slice] = []
    for before, piece in zip((None, *parts), parts, strict=False):
        if before is not None and piece.path.endswith(".imag") and piece.path[:-5] == before.path[:-5]:
            blocks[-1] = slice(blocks[-1].start, piece.where.stop)
        else:
            blocks.append(piece.where)
    return tuple(blocks)
