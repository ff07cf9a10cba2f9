"""One sentence for a framework that is not installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .._errors import MissingExtra


def needed(package: str, extra: str) -> Any:
    """Return the module `package`.

    Raises
    ------
    MissingExtra
        It is not installed; the message is the command that installs it.

    """
    try:
        return import_module(package)
    except ImportError:
        raise MissingExtra(f"{package} is not installed: pip install 'gradcheck[{extra}]'") from None
