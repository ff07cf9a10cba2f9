"""The names of the causes that a finding gives: those it points to a page of, or the one that its code is."""

from __future__ import annotations

import re

from ..report import Finding
from ._causes import BY_CODE


def names_of(finding: Finding) -> tuple[str, ...]:
    """Return the causes that `finding` names, none where it only describes."""
    said = re.findall(r"gradcheck explain ([a-z][a-z-]+)", "\n".join(finding.detail))
    if said:
        return tuple(said)
    return (BY_CODE[finding.code],) if finding.code in BY_CODE else ()
