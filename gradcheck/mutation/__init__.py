"""Mutation: realistic mistakes put into a backward, to see which of them the tests notice."""

from ._mutants import OPERATORS as OPERATORS
from ._mutate import Settings as Settings
from ._mutate import mutate as mutate

__all__ = ["OPERATORS", "Settings", "mutate"]
