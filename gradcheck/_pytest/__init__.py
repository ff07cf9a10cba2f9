"""What the pytest plugin does once a test uses gradcheck; `parametrize` makes tests out of laws."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._parametrize import parametrize as parametrize


def __getattr__(name: str) -> object:
    if name != "parametrize":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ._parametrize import parametrize

    return parametrize
