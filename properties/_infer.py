"""What can be read off an activation cheaply: parity, monotony, bounds, kinks.

Whatever is inferred is printed as inferred; a declared fact always stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._expect import epsilon

Array = NDArray[Any]
Function = Callable[[Any], Any]

GRID = np.arange(-160, 161) / 20
STRETCHES = (1.0, 8.0)
"""What the grid is multiplied by: what holds near 0 alone, as of a clip at 20, is no fact about the function."""

SCALES = (2.0, 3.0, 1e-3, 1e6)
"""Factors that a homogeneous function has to let through: as far as its law goes."""

NEAR, BEYOND = (-10.0, 10.0), ((-50.0, -10.0), (10.0, 50.0))
"""Where kinks are looked for first, and where else if those are few."""
FAR = np.array([1e2, 1e4, 1e8, 1e100, 1e300])
EPS = float(np.finfo(float).eps)

ZOOMS = 8
"""Every zoom of the kink search narrows an interval by this factor."""

FINEST = 1e-7
"""Step at which a change of slope that is still there is taken for a kink: smooth curvature has faded by then."""

JUMP = 1e-4
"""Smallest jump of the slope, relative to the largest slope around, that counts as a kink."""

WINDOW = 1e-5
"""Half of the last digit to which a kink is told: within so much of it the value jumps, if it does."""

MANY = 8
"""More kinks than these are a staircase or a wave; its author has to say where they are."""


def size_near_zero(function: Function) -> float:
    """Return the largest value on [-2, 2]: the natural size of what is added up to make a value."""
    values = _try(function, np.linspace(-2.0, 2.0, 33))
    if values is None:
        return 1.0
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0))


def facts_of(function: Function, slope: Function | None) -> dict[str, Any]:
    """Return every trait that a scan of `function` shows; what cannot be told is left out."""
    values = _try(function, GRID)
    if values is None or not np.isfinite(values).all():
        return {}
    unit = epsilon(function(GRID.copy()))
    shape = _shape(function, unit)
    facts: dict[str, Any] = {
        **shape,
        "homogeneous": _homogeneous(function, values, unit),
        "range": _range(function, values) if shape["monotone"] else None,
        **(_bends(function) if unit == EPS else {}),  # the rounding of float32 looks like kinks
        "saturates": _saturates(slope) if slope else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _shape(function: Function, unit: float) -> dict[str, bool]:
    """Return parity and monotony, as far as they hold on every stretch of the grid on which all is finite."""
    shape = {"odd": True, "even": True, "monotone": True}
    for stretch in STRETCHES:
        values = _try(function, stretch * GRID)
        if values is None or not np.isfinite(values).all():
            continue
        room = 16 * unit * (np.abs(values) + np.abs(values).max())
        shape["odd"] &= bool((np.abs(values + values[::-1]) <= room).all())
        shape["even"] &= bool((np.abs(values - values[::-1]) <= room).all())
        shape["monotone"] &= bool((np.diff(values) >= -room[1:]).all())
    return shape


def _bends(function: Function) -> dict[str, Any]:
    """Return the kinks and, where there are any, the jumps; nothing where there are too many to be meant."""
    found = find_kinks(function, *NEAR)
    further = (*found, *(kink for part in BEYOND for kink in find_kinks(function, *part)))
    found = further if len(further) <= MANY else found
    if len(found) > MANY:
        return {}
    jumps = tuple(point for point in found if _is_jump(function, point))
    return {"kinks": tuple(sorted(set(found) - set(jumps))), "jumps": tuple(sorted(jumps)) or None}


def _is_jump(function: Function, point: float) -> bool:
    """Say whether the value itself jumps: across a kink it rises in proportion to the step, as it does beside it."""
    step = WINDOW * max(1.0, abs(point))
    values = _try(function, point + step * np.arange(-3.0, 4.0))
    if values is None:
        return False
    rises = np.abs(np.diff(values))
    across, beside = rises[2:4].max(), rises[[0, 1, 4, 5]].max()
    return bool(across > 4 * beside + 64 * EPS * np.abs(values).max())


def find_kinks(
    function: Function, low: float, high: float, *, count: int = 257, size: float = 0.0
) -> tuple[float, ...]:
    """Return the points of [low, high] where the slope jumps, or the value does.

    The second difference over the step is the change of slope: it fades with the step where the function is smooth,
    and stays at a kink. Intervals with the largest change are narrowed until only a kink can be left. `size` is that
    of the summands: where they cancel, as in the tail of 1 + erf(x), the value is a staircase of their rounding.
    """
    x = np.linspace(low, high, count)
    values = _try(function, x)
    if values is None or not np.isfinite(values).all():
        return ()
    step = x[1] - x[0]
    slope = max(float(np.abs(np.diff(values)).max() / step), EPS)
    bend = np.abs(np.diff(values, 2)) / step
    # What rounding of the values and of the points can make of a second difference at the finest step.
    noise = 300 * EPS / FINEST * float(np.abs(values).max() + slope + size)
    jump = max(JUMP * slope, noise)
    peaks = [i for i in range(len(bend)) if bend[i] > jump and bend[i] == bend[max(i - 1, 0) : i + 2].max()]
    found = [_narrow(function, x[i], x[i + 2], jump) for i in peaks]
    return tuple(sorted({kink for kink in found if kink is not None and low < kink < high}))


def _narrow(function: Function, low: float, high: float, jump: float) -> float | None:
    bend, first = np.inf, None
    while high - low > 2 * FINEST * max(1.0, abs(low)):
        x = np.linspace(low, high, ZOOMS + 3)
        values = _try(function, x)
        if values is None:
            return None
        bends = np.abs(np.diff(values, 2)) / (x[1] - x[0])
        at = int(np.argmax(bends))
        bend, low, high = float(bends[at]), float(x[at]), float(x[at + 2])
        first = bend if first is None else first
        if bend < jump or bend < 0.2 * first:
            return None
    # Two neighbours share the jump, and a round number is what the author wrote.
    return float(round((low + high) / 2, 5)) + 0.0


def _homogeneous(function: Function, values: Array, unit: float) -> bool | None:
    room = 16 * unit * np.abs(values).max()
    for scale in SCALES:
        scaled = _try(function, scale * GRID)
        if scaled is None:
            return None
        if not (np.abs(scaled - scale * values) <= scale * room).all():
            return False
    return True


def _range(function: Function, values: Array) -> tuple[float, float] | None:
    ends = _try(function, np.concatenate([-FAR[::-1], FAR]))
    if ends is None or np.isnan(ends).any():
        return None
    settled = np.abs(ends) <= 2 * (np.abs(values).max() + 1)
    low = float(min(ends.min(), values.min())) if settled[: len(FAR)].all() else -np.inf
    high = float(max(ends.max(), values.max())) if settled[len(FAR) :].all() else np.inf
    return (low, high) if np.isfinite(low) or np.isfinite(high) else None


def _saturates(slope: Function) -> tuple[str, ...] | None:
    ends, middle = _try(slope, np.array([-1e6, -1e3, 1e3, 1e6])), _try(slope, GRID)
    if ends is None or middle is None:
        return None
    small = np.abs(ends) <= 1e-3 * np.abs(middle).max()
    return tuple(side for side, flat in (("left", small[:2].all()), ("right", small[2:].all())) if flat)


def _try(function: Function, x: Array) -> Array | None:
    """Return `function(x)` as float64, or None where it raises or changes the shape; a law then says so."""
    try:
        values = np.asarray(function(x.copy()), dtype=np.float64)
    except Exception:
        return None
    return values if values.shape == x.shape else None
