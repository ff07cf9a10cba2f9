"""Correct gradients, as data: subjects that no check may ever call wrong.

Each member of `PANEL` is a function, the gradient that somebody would write for it by hand, and a way to draw fresh
inputs. The panel is nasty on purpose: kinks hit exactly, scales from 1e-12 to 1e12, saturation, cancellation,
ill-conditioning. Its gradients are held against an oracle of their own in ``test_benchmarks_panel.py``.

Members that are ``held_out`` were written once and are never looked at while anything is tuned.
"""

from __future__ import annotations

from . import (
    activations,
    activations_with_kinks,
    arrays,
    layers,
    layers_with_kinks,
    losses,
    losses_with_kinks,
    margins,
    noise_floor,
    normalizations,
    pieces,
    ties,
)
from .member import Member as Member

_ROOMS = (
    activations,
    activations_with_kinks,
    pieces,
    losses,
    losses_with_kinks,
    margins,
    layers,
    layers_with_kinks,
    ties,
    normalizations,
    arrays,
    noise_floor,
)

PANEL = tuple(member for room in _ROOMS for member in room.MEMBERS)
"""Every member; names are unique."""
