"""Pictures as PNG: drawn by CairoSVG, an extra, from the same SVG."""

from __future__ import annotations

from .._errors import MissingExtra
from ._svg import Drawing

SCALE = 2.0
"""Pixels of the picture per unit of the drawing."""


def png(drawing: Drawing) -> bytes:
    """Return a drawing as the bytes of a PNG file, in light colors.

    Raises
    ------
    MissingExtra
        CairoSVG, or the Cairo library that it draws with, is not installed.

    """
    try:
        from cairosvg import svg2png
    except (ImportError, OSError) as error:  # OSError: the package is there, its library is not
        raise MissingExtra(
            f"format='png' needs CairoSVG and the Cairo library ({error}): pip install 'gradcheck[plot]', and on "
            "Debian or Ubuntu apt install libcairo2; SVG needs nothing"
        ) from error
    written: bytes = svg2png(bytestring=drawing.alone(dark=False).encode(), scale=SCALE)
    return written
