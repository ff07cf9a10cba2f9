"""The engine behind the command line: find what a target declares, and check it.

Nothing is imported until it is used: reading the configuration does not wait for NumPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._check_one import has_laws as has_laws
    from ._collect import Collected as Collected
    from ._collect import collect as collect
    from ._contain import Container as Container
    from ._run import run as run
    from ._settings import Settings as Settings
    from .config import Configuration as Configuration
    from .config import Source as Source
    from .config import configured as configured

_HOMES = {
    "Collected": "_collect",
    "Configuration": "config",
    "Container": "_contain",
    "Settings": "_settings",
    "Source": "config",
    "collect": "_collect",
    "configured": "config",
    "has_laws": "_check_one",
    "run": "_run",
}
"""Public name -> the file it lives in."""

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
