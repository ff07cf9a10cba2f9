"""Diagnosis: from the disagreement to what it looks like."""

from ._describe import describe as describe
