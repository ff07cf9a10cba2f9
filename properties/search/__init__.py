"""`search`: the gradient of one subject, at inputs that Hypothesis chooses and shrinks."""

from ._search import replayed as replayed
from ._search import search as search

__all__ = ["replayed", "search"]
