"""The gallery of planted bugs: every entry must be caught, with its code, at its place.

``GALLERY`` holds wrong gradients, ``SOUND`` right ones that other checkers call wrong. Both are data.
"""

from __future__ import annotations

from . import formulas, large, layers, upstreams
from .planted import Planted as Planted
from .planted import Sound as Sound
from .sound import SOUND as SOUND

GALLERY: tuple[Planted, ...] = (*upstreams.SHELF, *formulas.SHELF, *layers.SHELF, *large.SHELF)

__all__ = ["GALLERY", "SOUND", "Planted", "Sound"]
