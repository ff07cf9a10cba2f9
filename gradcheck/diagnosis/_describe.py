"""What the disagreement looks like, said only where it holds to the bound of every entry.

A wrong name costs more trust than none. These are equations with one free number, tested on every entry:

=======================  ================================================================
zero                     analytic = 0
factor                   analytic = c * numeric, one c for all entries
constant along an axis   analytic - numeric does not change along that axis
=======================  ================================================================
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..report import Entry

Array = NDArray[np.float64]
Said = tuple[str | None, str | None, tuple[str, ...]]

_FIT = 1e-6
_TELLING = 3


def describe(entries: Sequence[Entry], whole: tuple[Array, Array, Array] | None, *, coupled: bool = True) -> Said:
    """Return ``(cause, hint, detail)`` for wrong `entries`, and for the `whole` input where all of it was compared.

    `whole` is (analytic, numeric, bound), each of the shape of the input; nothing is said of means where no output
    depends on two entries, which is what `coupled` denies.
    """
    if whole is None:
        analytic, numeric, bound = (
            np.array([getattr(e, f) for e in entries]) for f in ("analytic", "numeric", "bound")
        )
        return (
            _zero(analytic, " in the compared entries,")
            or _factor(analytic, numeric, bound, "the compared entries")
            or (None, None, ())
        )
    analytic, numeric, bound = whole
    said = _zero(analytic) or _factor(analytic, numeric, bound, "all entries")
    if said is None and coupled:
        said = _constant_along_an_axis(analytic - numeric, bound)
    return said or (None, None, ())


def _zero(analytic: Array, where: str = "") -> Said | None:
    if analytic.size < 2 or np.any(analytic != 0):
        return None
    return (
        f"the analytic gradient is zero{where} where the output does depend on this input",
        "the branch of this input is missing from the backward: give it its share of the upstream",
        (),
    )


def _factor(analytic: Array, numeric: Array, bound: Array, where: str) -> Said | None:
    """Name one constant ratio between analytic and numeric, where at least three entries agree on it."""
    size = float(np.max(np.abs(numeric), initial=0.0))
    if np.count_nonzero(np.abs(numeric) > 1e-3 * size) < 3 or not np.isfinite(numeric).all():
        return None
    ratio = float(np.vdot(numeric, analytic) / np.vdot(numeric, numeric))
    fits = np.abs(analytic - ratio * numeric) <= _FIT * np.abs(analytic) + (1 + abs(ratio)) * bound
    if not fits.all() or abs(ratio - 1) < _FIT:
        return None
    if abs(ratio + 1) < _FIT:
        return "the sign is wrong: analytic = -numeric in " + where, "negate the gradient", ()
    return (
        f"analytic = {ratio:.6g} x numeric in {where}",
        f"look for a factor of {ratio:.6g} (or 1/{1 / ratio:.6g}): a mean for a sum, a missing 1/N, a missing 2",
        (),
    )


def _constant_along_an_axis(residual: Array, bound: Array) -> Said | None:
    """Say along which axis the disagreement is one and the same number: a path through a mean is missing."""
    size = float(np.max(np.abs(residual), initial=0.0))
    for axis in range(residual.ndim):
        count = residual.shape[axis]
        if count < 2 or not np.isfinite(residual).all():
            continue
        spread = np.ptp(residual, axis=axis)
        blur = 2 * bound.max(axis=axis) if count >= _TELLING else 0.0  # two numbers soon look alike
        if np.all(spread <= _FIT * size + blur) and np.any(np.abs(residual) > 2 * bound):
            return (
                f"analytic - numeric is constant along axis {axis}",
                f"a path through a sum or mean over axis {axis} is missing: subtract its mean over axis {axis}",
                (),
            )
    return None
