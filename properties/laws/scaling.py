r"""Laws of steps that scale each feature by itself: to unit variance, or to an interval.

.. math:: z = \frac{x - \mu}{s}, \qquad z = a + (b - a) \frac{x - \min}{\max - \min}
"""

from __future__ import annotations

import numpy as np

from .._case import Case
from .._expect import epsilon, expect, largest
from .._registry import declares
from ..adapters.preprocessor import ROTATABLE, Preprocessor
from ._spectrum import BLURRED, ULPS, same_columns
from .preprocessor import FAR


@declares(
    "GC310",
    "unit variance, constant features finite",
    "preprocessor",
    traits=("scales",),
    needs=("table", "featurewise"),
    claims=("P-NORM",),
)
def unit_variance(step: Preprocessor, case: Case) -> None:
    """Every feature that varies comes out with variance 1; one that does not stays finite.

    Either divisor is right, n or n - 1, if it is always the same one. Where eps is added to the variance or to the
    deviation, the variance comes out as much smaller.

    The usual mistakes are a division by the variance, and by the 0 of a constant feature.
    """
    x = step.data(case, locs=FAR)
    z = step.fit(x).transform(x)
    expect(z, "the output").finite()
    same_columns(z, x, case)
    deviation = np.sqrt(x.var(axis=0))
    unit = ULPS * epsilon(x) * len(x)
    blur = unit * (1 + largest(x, 0)[0] / np.maximum(deviation, np.finfo(float).tiny))
    varied = (blur < BLURRED) & (deviation > 0)
    if not varied.any():
        case.idle("no feature varied enough")
    eps = step.traits.eps or 0.0
    whole = deviation + step.shown.beside if step.shown.beside else np.sqrt(deviation**2 + eps)
    target = (deviation[varied] / whole[varied]) ** 2
    spread = z.var(axis=0, ddof=step.shown.ddof)[varied]
    expect(spread, "the variance of a feature").within(target, allowed=4 * blur[varied])


@declares(
    "GC315",
    "fills its interval",
    "preprocessor",
    traits=("range",),
    needs=("table", "featurewise", "fit"),
    claims=("P-NORM",),
)
def fills_interval(step: Preprocessor, case: Case) -> None:
    """Every feature of the training data that varies comes out with both ends of the interval, and nothing outside.

    A constant feature has no extent to divide by; it stays inside.

    The usual mistake is the range of all the features together, or a division by the largest value.
    """
    assert step.traits.range is not None
    low, high = step.traits.range
    # A range of a few units of rounding of 1 may be called constant.
    x = step.data(case, locs=FAR, structures=ROTATABLE)
    z = step.fit(x).transform(x)
    same_columns(z, x, case)
    extent = np.ptp(x, axis=0)
    blur = ULPS * epsilon(x) * (1 + largest(x, 0)[0] / np.maximum(extent, np.finfo(float).tiny))
    unit, varies = ULPS * epsilon(x) * (abs(low) + abs(high)), extent > 0
    room = (high - low) * np.where(varies, np.minimum(blur, 1.0), 0.0) + unit
    expect(z, "the output").at_least(low, allowed=room)
    expect(z, "the output").at_most(high, allowed=room)
    clear = varies & (blur < BLURRED)
    if not clear.any():
        case.idle("no feature varied enough")
    expect(z.min(axis=0)[clear], "the smallest output of a feature").within(low, allowed=room[clear])
    expect(z.max(axis=0)[clear], "the largest output of a feature").within(high, allowed=room[clear])
