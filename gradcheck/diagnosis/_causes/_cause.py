"""A cause: a mistake that has a name, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """One mistake, in the words of reports and of its page.

    ``says`` and ``fix`` are templates: ``{x}`` is the leaf, other fields are filled in by the hypothesis that fits.
    ``arises`` says how people come to make it, ``looks`` what numbers betray it, ``formula`` what is right beside
    what is computed, with R = analytic - numeric, u the upstream and G = J^T u.
    """

    name: str
    says: str
    fix: str
    formula: str
    arises: str
    looks: str
