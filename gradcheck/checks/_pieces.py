"""Where the arrays of a subject lie inside the flat vectors that the numerics see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

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
