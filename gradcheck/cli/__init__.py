"""The command line; ``gradcheck --help`` is its table of contents."""

from ._main import main as main

__all__ = ["main"]
