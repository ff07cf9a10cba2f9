"""The gallery of planted bugs: every entry must be caught, with its code, at its place.

``GALLERY`` holds wrong gradients, ``SOUND`` right ones that other checkers call wrong. Both are data.
"""

from __future__ import annotations

from . import complex_numbers, formulas, forward_mode, large, layers, second_order, shares, sound, upstreams
from .planted import Planted as Planted
from .planted import Sound as Sound

_ROOMS = (forward_mode, second_order, complex_numbers, shares)

GALLERY: tuple[Planted, ...] = (
    *upstreams.SHELF,
    *formulas.SHELF,
    *layers.SHELF,
    *large.SHELF,
    *(bug for room in _ROOMS for bug in room.SHELF),
)
SOUND: tuple[Sound, ...] = (*sound.SOUND, *(right for room in _ROOMS for right in room.SOUND))

__all__ = ["GALLERY", "SOUND", "Planted", "Sound"]
