"""What the statistical laws share: a mean or a second moment in its band, and the facts to print."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from .._case import Case
from .._empirical import MOST, empirical_limit, enough, visible_error
from .._expect import Violation
from .._sequential import sequential_variance
from .._statistics import FALSE_ALARM, POWER, Band, sample_size, variance_band, variance_power
from ..adapters.initializer import Array

ROUNDING = 1e-6
"""What float32 may round of a mean square: all the room that there is where every square is the same."""

PILOT = 5_000
"""Numbers that tell how many to draw, where no distribution is declared."""


def second_moment(
    case: Case,
    draw: Callable[[int, int], Array],
    truth: float,
    error: float,
    *,
    name: str,
    rate: float = FALSE_ALARM,
    distribution: str | None = None,
) -> None:
    """Require numbers to have the mean square `truth`, and put what was done among the statistics.

    ``draw(count, stream)`` returns at least so many numbers, independent of those of other streams; `distribution` is
    a declared one, ``"normal"`` or ``"uniform"``, or None: then the numbers say how widely their squares are spread.
    """
    if distribution == "normal":
        _while_drawing(case, draw, truth, error, name=name, rate=rate)
        return
    if distribution is None:
        x = draw(enough(draw(PILOT, 1) ** 2, error, rate), 0)
        limit = empirical_limit(x**2 / truth, rate)
        band, power, seen = Band(1 - limit, 1 + limit, rate), POWER, visible_error(x**2, rate)
    else:
        x = draw(sample_size(error, distribution, rate), 0)
        band, seen = variance_band(x.size, distribution, rate), error
        power = int(variance_power(x.size, band, error, distribution) * 1e4) / 1e4
    case.state("sample size", f"{x.size} numbers")
    case.state("false-alarm rate", f"{FALSE_ALARM:g}")
    case.state("power", f"would see a {seen:.1%} error of the variance with probability {power:g}")
    inside(x, truth, band, name)


def _while_drawing(
    case: Case, draw: Callable[[int, int], Array], truth: float, error: float, *, name: str, rate: float
) -> None:
    """Require the same of normal numbers, and stop drawing as soon as they say enough."""
    streams = itertools.count()
    end = sequential_variance(lambda n: draw(n, next(streams)), truth, error, MOST, false_alarm=rate)
    case.state("sample size", f"{end.count} numbers, looked at while they were drawn; at most {MOST}")
    case.state("false-alarm rate", f"{FALSE_ALARM:g}")
    case.state("power", f"would see a {error:.1%} error of the variance with probability {POWER}")
    if end.refused:
        raise Violation(
            f"the variance over the declared one, {name}, is {end.estimate:.4g} in {end.count} numbers, "
            f"which are likelier by {2 / rate:.0e} if it is off by {error:.0%}",
            value=end.estimate * truth,
            target=truth,
            bound=error * truth,
        )


def inside(values: Array, truth: float, band: Band, name: str) -> None:
    """Require the mean square of `values` over `truth` to lie in the band."""
    ratio = float(np.mean(values**2)) / truth
    if not band.low - ROUNDING <= ratio <= band.high + ROUNDING:
        raise Violation(
            f"the variance over the declared one, {name}, is {ratio:.4g}, outside [{band.low:.4g}, {band.high:.4g}]",
            value=ratio * truth,
            target=truth,
            bound=max(1 - band.low, band.high - 1) * truth,
        )
