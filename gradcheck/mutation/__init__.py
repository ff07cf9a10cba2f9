"""Mutation: a right backward with one edit in its source."""

from ._edits import Edit as Edit
from ._edits import edits as edits
