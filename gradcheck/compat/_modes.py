"""The modes of differentiation, as JAX and autograd write them."""

from __future__ import annotations

from collections.abc import Sequence

from .._errors import InvalidArgument

MODES = ("fwd", "rev")


def known_modes(modes: Sequence[str]) -> tuple[str, ...]:
    """Return the `modes`, one by one; JAX takes ``"fwd,rev"``, too.

    Raises
    ------
    InvalidArgument
        One of them is unknown, or there is none.

    """
    chosen = tuple(map(str.strip, modes.split(","))) if isinstance(modes, str) else tuple(modes)
    if not chosen or not set(chosen) <= set(MODES):
        raise InvalidArgument(f"modes={modes!r} must be of 'fwd' and 'rev'")
    return chosen
