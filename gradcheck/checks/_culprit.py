"""Which layer of a composition is wrong: each layer on its own, with the inputs that it had in the whole.

Layers are taken in the order in which their calls return, so that what a layer is made of comes before it: the first
that fails is wrong itself. If all are right, the mistake is in the code that puts them together. In a deep net where
parameters alone fail, the layer that holds the first of them is asked first, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..report import Finding, Verdict
from ..subjects import Part, location_of
from .bench._bench import Bench

_MOST = 64
"""Calls of layers that are looked at."""

_FEW = 3
"""Names that are told."""


def name_culprit(bench: Bench, findings: list[Finding], judge: Callable[[Part], Verdict]) -> list[Finding]:
    """Return `findings`, the first failure with the name of the layer that is wrong on its own.

    `judge` checks one layer at the inputs that it had. Where calls are limited, none is spent on this.
    """
    wrong = [k for k, finding in enumerate(findings) if is_of_the_formula(finding)]
    parts = _parts(bench) if wrong and bench.most is None else []
    if not parts:
        return findings
    first = findings[wrong[0]]
    culprit, untold = _search([*_owners(parts, [findings[k].path for k in wrong]), *parts[:_MOST]], judge)
    told = list(findings)
    told[wrong[0]] = replace(
        first,
        detail=(*first.detail, f"layer by layer: {_said(bench.subject.name, parts, culprit, untold)}"),
        location=first.location if culprit is None else location_of(culprit.backward),
    )
    return told


def _owners(parts: Sequence[Part], failing: Sequence[str | None]) -> list[Part]:
    """Return the calls, beyond those that are looked at, of the layer that holds the first parameter to fail."""
    names = [(path or "")[8:-2].replace("._", ".").lstrip("_") for path in failing]
    if not all((path or "").startswith("params[") for path in failing):
        return []
    holding = [part for part in parts if names[0].startswith(f"{part.name}.")]
    owner = max(holding, key=lambda part: len(part.name), default=None)
    return [part for part in parts[_MOST:] if owner is not None and part.name == owner.name]


def is_of_the_formula(finding: Finding) -> bool:
    """Whether a failure is one of the gradient's formula, and not of its rounding alone."""
    return finding.severity is Verdict.FAIL and finding.code != "GC112"


def _search(parts: Sequence[Part], judge: Callable[[Part], Verdict]) -> tuple[Part | None, list[Part]]:
    """Return the first layer that fails, and those before it of which nothing could be told."""
    untold: list[Part] = []
    for part in parts:
        verdict = _verdict(part, judge)
        if verdict is Verdict.FAIL:
            return part, untold
        if verdict is Verdict.INCONCLUSIVE:
            untold.append(part)
    return None, untold


def _said(name: str, parts: Sequence[Part], culprit: Part | None, untold: Sequence[Part]) -> str:
    if culprit is not None and all(culprit is not part for part in parts[:_MOST]):
        return f"the own backward of {_called(culprit)} is wrong; of {len(parts)} layers it was asked first"
    if culprit is not None:
        return f"{_called(culprit)} is the first whose own backward is wrong{_but(untold)}"
    if len(parts) > _MOST:
        return f"each of the first {_MOST} of {len(parts)} layers is right on its own{_but(untold)}"
    end = _but(untold) or f", so the mistake is in what {name} itself does"
    return f"each is right on its own{end}"


def _but(untold: Sequence[Part]) -> str:
    return f", but of {_names(untold)} it could not be told" if untold else ""


def _names(parts: Sequence[Part]) -> str:
    shown = ", ".join(map(_called, parts[:_FEW]))
    return shown if len(parts) <= _FEW else f"{shown} and {len(parts) - _FEW} more"


def _called(part: Part) -> str:
    """Return what a layer is called, with the number of its call where it is not the first."""
    return f"{part.name} ({part.kind})" if part.use == 1 else f"{part.name} ({part.kind}) in its call no. {part.use}"


def _parts(bench: Bench) -> list[Part]:
    """Return the layers, after a call that is counted; none where the subject cannot be run once more."""
    try:
        parts = bench.subject.parts()
    except Exception:
        return []
    bench.forward_calls += bool(parts)
    return parts


def _verdict(part: Part, judge: Callable[[Part], Verdict]) -> Verdict:
    """Return the verdict on a layer; nothing is told of one that cannot be checked on its own."""
    try:
        return judge(part)
    except Exception:
        return Verdict.INCONCLUSIVE
