"""How a box of entries is written: ``params['W'][17, :]``."""

from __future__ import annotations

from ...numerics import Box
from ..bench._pieces import Piece


def written(piece: Piece, box: Box) -> str:
    """Return a box as it is written behind a path: ``[17, :]``; nothing for the whole array."""
    if box.extents == box.shape:
        return piece.path
    return piece.path + "[" + ", ".join(map(_range, box.ranges, box.shape)) + "]"


def _range(part: tuple[int, int], whole: int) -> str:
    start, stop = part
    if stop - start == 1 < whole:
        return str(start)
    return ":" if stop - start == whole else f"{start}:{stop}"
