"""A gradient that jumps at one point and nowhere beside it: wrong, whatever differences can tell.

A derivative has no removable discontinuity (Darboux): where f is continuous and f' tends to the same L from both
sides, f'(x) = L. Backwards with a special case for exact zeros, ties or constant rows break this. A check that finds
the gradient different an ulp away takes it for badly rounded, and stays undecided; this decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...report import Finding
from ._call import Target, evaluated, is_floating

STEP = 1e-7
"""How far beside, relative to the inputs: smooth gradients change by about as much."""
LITTLE = 1e-3
"""Share of that step by which all others move where one entry is looked at."""
SAME = 1e-4
OFF = 1e-2
"""Relative differences that count as none, and as a jump."""


def find_jump(target: Target, arguments: Sequence[Any], name: str, least: float) -> tuple[Finding, ...]:
    """Return GC101 where the gradient differs from what it is on both sides, and the forward does not."""
    here = evaluated(target, arguments, arguments)
    there, back = (evaluated(target, arguments, _moved(arguments, step)) for step in (STEP, -STEP))
    outputs = [(a, b, c) for (path, a), (_, b), (_, c) in zip(here, there, back, strict=True) if "grad" not in path]
    if not all(_close(a, b) and _close(a, c) for a, b, c in outputs):
        return ()
    for (path, at), (_, right), (_, left) in zip(here, there, back, strict=True):
        if "grad" in path and at.shape == right.shape == left.shape and at.size:
            finding = _compared(name, path, at, right, left, least)
            if finding is not None and _is_level(target, arguments, path, finding):
                return (finding,)
    return ()


def _is_level(target: Target, arguments: Sequence[Any], path: str, finding: Finding) -> bool:
    """Say whether the limit is the same where the entry itself moves most.

    Of several that tie for a maximum, one wins on one side and one on the other; a third loses on both, and may yet
    be the one that is chosen at the tie. Moved up on its own it wins, and down it loses: that is a kink.
    """
    assert finding.index is not None
    floating = [k for k, value in enumerate(arguments) if is_floating(value)]
    paths = [name for name, _ in evaluated(target, arguments, arguments) if "grad" in name]
    place = paths.index(path)
    if place >= len(floating):  # a parameter, which stays where it is
        return True
    limits = []
    for step in (STEP, -STEP):
        moved = _moved(arguments, LITTLE * STEP)
        entry = arguments[floating[place]]
        moved[floating[place]][finding.index] = entry[finding.index] + step * (float(np.abs(entry).max()) or 1.0)
        limits.append(dict(evaluated(target, arguments, moved))[path][finding.index])
    assert finding.numeric is not None
    size = max(abs(finding.numeric), abs(finding.analytic or 0.0))
    return all(abs(limit - finding.numeric) <= OFF * size for limit in limits)


def _moved(arguments: Sequence[Any], step: float) -> list[Any]:
    rng = np.random.default_rng(0)

    def beside(value: Any) -> Any:
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or not value.size:
            return value
        signs = rng.choice([-1.0, 1.0], value.shape) * rng.uniform(0.5, 1.0, value.shape)
        return (value + step * (float(np.abs(value).max()) or 1.0) * signs).astype(value.dtype)

    return [beside(value) for value in arguments]


def _close(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return a.shape == b.shape and bool((np.abs(a - b) <= SAME * np.abs(a).max(initial=0.0) + STEP).all())


def _compared(
    name: str, path: str, at: NDArray[Any], right: NDArray[Any], left: NDArray[Any], least: float
) -> Finding | None:
    size = float(np.abs(right).max())
    settled = np.abs(right - left) <= SAME * size
    gap = np.where(settled, np.abs(at - right), 0.0)
    worst = np.unravel_index(int(np.argmax(gap)), gap.shape)
    index = tuple(int(i) for i in worst)
    if not gap[index] > max(OFF * size, least):
        return None
    leaf = path.removeprefix("the gradient of ")
    return Finding(
        "GC102" if leaf.startswith("params") else "GC101",
        f"the gradient of {name} with respect to {leaf} jumps at this input, and has one limit from both sides",
        path=leaf,
        index=index,
        analytic=float(at[index]),
        numeric=float(right[index]),
        bound=float(np.abs(right - left)[index]),
        hint="a special case of the backward (exact zeros, ties, constant rows) gives another value than its limit",
    )
