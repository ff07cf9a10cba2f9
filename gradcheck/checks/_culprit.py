"""Which layer of a composition is wrong: each layer on its own, with the inputs that it had in the whole.

Layers are taken in the order in which their calls return, so that what a layer is made of comes before it: the first
that fails is wrong itself. If none is, the mistake is in the code that puts them together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..report import Finding, Verdict
from ..subjects import Part, location_of
from ._bench import Bench

_MOST = 64
"""Layers that are looked at."""


def name_culprit(bench: Bench, findings: list[Finding], fails: Callable[[Part], bool]) -> list[Finding]:
    """Return `findings`, the first failure with the name of the layer that is wrong on its own.

    `fails` checks one layer at the inputs that it had. Where calls are limited, none is spent on this.
    """
    wrong = [k for k, finding in enumerate(findings) if finding.severity is Verdict.FAIL and finding.code != "GC112"]
    parts = _parts(bench) if wrong and bench.most is None else []
    if not parts:
        return findings
    first = findings[wrong[0]]
    culprit = next((part for part in parts[:_MOST] if _fails(part, fails)), None)
    told = list(findings)
    told[wrong[0]] = replace(
        first,
        detail=(*first.detail, f"layer by layer: {_said(bench.subject.name, parts, culprit)}"),
        location=first.location if culprit is None else location_of(culprit.backward),
    )
    return told


def _said(name: str, parts: Sequence[Part], culprit: Part | None) -> str:
    if culprit is not None:
        return f"{culprit.name} ({culprit.kind}) is the first whose own backward is wrong"
    if len(parts) > _MOST:
        return f"each of the first {_MOST} of {len(parts)} layers is right on its own"
    return f"each is right on its own, so the mistake is in what {name} itself does"


def _parts(bench: Bench) -> list[Part]:
    """Return the layers, after a call that is counted; none where the subject cannot be run once more."""
    try:
        parts = bench.subject.parts()
    except Exception:
        return []
    bench.forward_calls += bool(parts)
    return parts


def _fails(part: Part, fails: Callable[[Part], bool]) -> bool:
    """Whether the layer fails; one that cannot be checked on its own does not."""
    try:
        return fails(part)
    except Exception:
        return False
