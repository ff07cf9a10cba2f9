"""What the files of the examination share: the findings of health, and small helpers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...numerics import Vector, norm, roundoff
from ...report import Finding, Verdict
from ...subjects import Array, Malformed, location_of
from ..bench._bench import Bench

THOROUGH = 20_000
"""Inputs plus outputs up to which every call is repeated; above, the gradient check itself would notice."""

_SINGLE, _FEW = 1e-4, 8
"""Share of the largest entry that a sum of many terms in float32 may be off by, and ulps of coarser formats."""

_ROUNDING, _ULPS = 1e-6, 840
"""Share of the largest entry of an array that rounding may take: in float64; in ulps of a coarser format, as long as
that is less than what sums lose. Measured faults are many times larger."""

DUST = 1e-6
"""Share of what the other leaves contribute below which a gradient may be rounding and nothing else."""


@dataclass(slots=True)
class Health:
    """What the examination found, and what the gradient check goes on with.

    ``base`` is the output at the point, ``upstream`` and ``analytic`` the first pair; ``fit`` says whether a
    comparison makes sense. ``doubted`` says that a first look did not certify the subject, ``coarse`` to what unit
    roundoff ordinary gradients are rounded: one of a huge upstream may have few digits because it was clipped.
    """

    findings: list[Finding] = field(default_factory=list)
    base: Vector = field(default_factory=lambda: np.zeros(0))
    upstream: Vector = field(default_factory=lambda: np.zeros(0))
    analytic: Vector = field(default_factory=lambda: np.zeros(0))
    fit: bool = True
    doubted: bool = False
    coarse: float = 0.0

    def report(self, finding: Finding, *, fatal: bool = False) -> None:
        """Add `finding`; a fatal one ends the check."""
        self.findings.append(finding)
        self.fit = self.fit and not fatal


@dataclass(frozen=True, slots=True)
class Watch:
    """The arrays that a forward was given, and what they and the parameters held when it returned."""

    values: list[Array]
    held: dict[str, Array]


def is_small(bench: Bench, health: Health) -> bool:
    """Whether repeating every call is cheap."""
    return bench.x.size <= THOROUGH and health.base.size <= 5 * THOROUGH


def is_repeated(bench: Bench, health: Health) -> bool:
    """Whether calls are repeated: where that is cheap, and where there is reason to."""
    return health.doubted or is_small(bench, health)


def held(bench: Bench, values: Sequence[Array]) -> dict[str, Array]:
    """Return copies of what the inputs in `values` and the subject's parameters hold now, by path."""
    inputs = {piece.path: value for piece, value in zip(bench.inputs, values, strict=True) if "inputs" in piece.path}
    return {path: np.array(value) for path, value in {**inputs, **bench.subject.parameter_values()}.items()}


def report_writes(
    bench: Bench, health: Health, before: dict[str, Array], values: Sequence[Array], during: str
) -> dict[str, Array]:
    """Report GC105 for every input or parameter that no longer holds what it held `before`; return what they hold."""
    now = held(bench, values)
    for path, value in now.items():
        if not np.array_equal(value, before[path]):
            health.report(wrote(bench, during, path, path), fatal=during == "forward" and "params" in path)
    return now


def wrote(bench: Bench, during: str, what: str, path: str) -> Finding:
    """Return GC105: `during`, forward or backward, writes into `what`."""
    bench.writes = True
    place = bench.subject.backward if during == "backward" else None
    return Finding(
        "GC105",
        f"{during} writes into {what}",
        Verdict.FAIL,
        path,
        hint="work on a copy: x = x * a instead of x *= a",
        location=location_of(place) if place is not None else None,
    )


def malformed(bench: Bench, broken: Malformed, by: Any = None) -> Finding:
    """Return the finding for what the subject returned instead of gradients, or of what `by` was to return."""
    return Finding(
        broken.code,
        broken.title,
        Verdict.FAIL,
        broken.path,
        hint=broken.hint,
        location=location_of(bench.subject.backward if by is None else by),
    )


def rounding_of_terms(coarse: float) -> float:
    """Return the share of the largest entry that sums of many terms lose where an ulp is `coarse`."""
    return _SINGLE + _FEW * coarse


def rounding_of_entries(coarse: float) -> float:
    """Return the share of the largest entry of an array that rounding may take where an ulp is `coarse`."""
    return max(_ROUNDING, min(_ULPS * coarse, rounding_of_terms(coarse)))


def rounding_of_sums(bench: Bench) -> float:
    """Return the share of the largest entry by which sums in no fixed order may differ from call to call."""
    return rounding_of_terms(max(bench.coarse, roundoff(bench.dtype)))


def cancelled(bench: Bench, health: Health) -> Vector:
    """Return what rounding leaves of a gradient that cancels: some ulps of the outputs, for each entry."""
    worth = 64 * np.finfo(float).eps * norm(health.upstream * health.base)
    floor = np.zeros(bench.x.size)
    for piece, unit in zip(bench.inputs, bench.units, strict=True):
        floor[piece.where] = worth / unit
    return floor


def leaf_sizes(bench: Bench, gradient: Vector) -> Vector:
    """Return, for every entry, the size by which an error of it is judged: the largest magnitude of its own leaf.

    A leaf whose gradient is nothing but rounding, such as that of a bias in front of a normalization, is judged by
    a millionth of what the others contribute.
    """
    largest = [float(np.abs(gradient[piece.where]).max(initial=0.0)) for piece in bench.inputs]
    units = bench.units
    whole = max(size * unit for size, unit in zip(largest, units, strict=True))
    sizes = np.zeros(gradient.size)
    for piece, size, unit in zip(bench.inputs, largest, units, strict=True):
        sizes[piece.where] = max(size, DUST * whole / unit)
    return sizes
