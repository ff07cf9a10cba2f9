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
from ._call import Target, evaluated

STEP = 1e-7
"""How far beside, relative to the inputs: smooth gradients change by about as much."""
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
            if finding is not None:
                return (finding,)
    return ()


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
