"""`curve`: an elementwise function and its claimed derivative, between -6 and 6 and around its kinks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..report import Curve
from ._digits import digits

REACH, BEYOND, POINTS = 6.0, 2.0, 193


def curve(
    function: Callable[[Any], Any], slope: Callable[[Any], Any] | None = None, kinks: Sequence[float] = ()
) -> Curve:
    """Return what a picture of `function` shows.

    Where it has a kink, or a jump, two points stand close beside it, so that the derivative is drawn as a step.

    Examples
    --------
    >>> curve(np.abs, np.sign, [0.0]).kinks
    (0.0,)
    """
    inside = [float(kink) for kink in kinks if np.isfinite(kink) and abs(kink) < 1e6]
    low, high = min([-REACH, *(k - BEYOND for k in inside)]), max([REACH, *(k + BEYOND for k in inside)])
    beside = [k + side * 1e-6 * (high - low) for k in inside for side in (-1, 1)]
    x = np.setdiff1d([*np.linspace(low, high, POINTS), *beside], inside)  # at a kink there is more than one slope
    with np.errstate(all="ignore"):
        value = _at(function, x)
        claimed = digits(_at(slope, x)) if slope is not None else ()
    return Curve(digits(x), digits(value), claimed, digits(inside))


def _at(function: Callable[[Any], Any], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values, of the shape of `x`: a derivative that is the same everywhere may come as one number."""
    return np.broadcast_to(np.asarray(function(x.copy()), dtype=np.float64), x.shape)
