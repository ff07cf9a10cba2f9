"""Gradients that are, by design of a framework, not the derivative of what is computed: a failure says so.

They fail all the same, for differences are right; but nobody has to look for a mistake of their own.
"""

from __future__ import annotations

from dataclasses import replace

from ...report import Finding, Verdict
from ..bench._bench import Bench

_OF_VALUES = frozenset({"GC101", "GC102"})


def say_what_is_meant(bench: Bench, findings: list[Finding]) -> list[Finding]:
    """Return `findings`, the failures with what the subject does not differentiate as it is computed."""
    wrong = [f for f in findings if f.severity is Verdict.FAIL and f.code in _OF_VALUES]
    meant = tuple(bench.subject.by_design()) if wrong else ()
    if not meant:
        return findings
    return [replace(f, detail=(*f.detail, *meant)) if f in wrong else f for f in findings]
