r"""Why a gradient of complex numbers is wrong: the conjugate, a real one, or no derivative at all.

===============  ====================================================================================================
conjugate        the claim read in the other convention, conj(g(conj(u))), passes the whole check
real             the gradient came as real numbers, so its imaginary part is missing
not holomorphic  :math:`\partial f/\partial y \ne i\,\partial f/\partial x` (Cauchy and Riemann), so there is no f'(z)
===============  ====================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ...report import Finding, Verdict
from ...subjects import Realified
from ..bench._bench import Bench

_STEP, _FAR = 2.0**-17, 1e-4

CONJUGATE = {
    False: (
        "the claim is the conjugate of the gradient, which is JAX's convention",
        "here dL = Re(conj(g) dz) with g = dL/dx + i dL/dy, as in PyTorch: return the conjugate",
    ),
    True: (
        "the claim is the conjugate of the gradient, which is PyTorch's convention",
        "here dL = Re(g dz) with g = dL/dx - i dL/dy, as in JAX: return the conjugate",
    ),
}
"""Cause and hint, by whether the subject's own convention is the conjugate one."""


def explain_complex(bench: Bench, findings: list[Finding], conjugate_passes: Callable[[], bool]) -> list[Finding]:
    """Return `findings` with the cause that complex numbers explain, where they do."""
    subject = bench.subject
    wrong = [f for f in findings if f.severity is Verdict.FAIL and f.code in ("GC101", "GC102") and f.path]
    if not wrong or not isinstance(subject, Realified) or not subject.is_complex:
        return findings
    if conjugate_passes():
        said: tuple[str, str] | None = CONJUGATE[subject.inner.conjugated]
    else:
        said = _not_holomorphic(bench, subject)
    return [_explained(f, said or _dropped(f, subject)) if f in wrong else f for f in findings]


def _explained(finding: Finding, said: tuple[str, str] | None) -> Finding:
    return finding if said is None else replace(finding, cause=said[0], hint=said[1])


def _dropped(finding: Finding, subject: Realified) -> tuple[str, str] | None:
    path = (finding.path or "").removesuffix(".imag")
    if path == finding.path or path not in subject.dropped:
        return None
    return (
        f"the gradient of {path} is real although the input is complex: its imaginary part is missing",
        "return dL/dx + i dL/dy; do not take the real part of it",
    )


def _not_holomorphic(bench: Bench, subject: Realified) -> tuple[str, str] | None:
    """Say where the Cauchy-Riemann equations fail, for a function whose claim is f'(z)."""
    if not subject.inner.elementwise or len(bench.inputs) != 2 or bench.x.size % 2:
        return None
    size = bench.x.size // 2
    unit = np.maximum(np.hypot(*np.split(bench.x, 2)), 1e-3)
    along_x, along_y = (_slope(bench, unit * a, unit * b) for a, b in ((_STEP, 0.0), (0.0, _STEP)))
    with np.errstate(all="ignore"):
        off = np.abs(along_y - 1j * along_x) / (np.abs(along_x) + np.abs(along_y))
    off = np.nan_to_num(off)
    if not size or float(off.max()) < _FAR:
        return None
    at = int(np.argmax(off))
    index = bench.inputs[0].index(at)
    return (
        f"{bench.subject.name} is not holomorphic: at {list(index) or 'its only entry'} df/dy is {along_y[at]:.4g}, "
        f"and i df/dx is {1j * along_x[at]:.4g}",
        "a function that is not holomorphic has no f'(z); give its gradient by vjp=",
    )


def _slope(bench: Bench, to_x: np.ndarray, to_y: np.ndarray) -> np.ndarray:
    """Return the complex slope of every entry along its own step."""
    shift = np.concatenate([to_x, to_y])
    difference = bench.value(bench.x + shift) - bench.value(bench.x - shift)
    real, imag = np.split(difference, 2)
    return np.asarray((real + 1j * imag) / (2 * np.hypot(to_x, to_y)))
