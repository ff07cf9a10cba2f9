"""What the statistical laws share: a second moment in its band, and the facts to print."""

from __future__ import annotations

import numpy as np

from .._case import Case
from .._expect import Violation
from .._statistics import FALSE_ALARM, Band, variance_band, variance_power
from ..adapters.initializer import Array


def inside(values: Array, truth: float, band: Band, name: str) -> None:
    """Require the mean square of `values` over `truth` to lie in the band."""
    ratio = float(np.mean(values**2)) / truth
    if not band.low <= ratio <= band.high:
        raise Violation(
            f"the variance over the declared one, {name}, is {ratio:.4g}, outside [{band.low:.4g}, {band.high:.4g}]",
            value=ratio * truth,
            target=truth,
            bound=max(1 - band.low, band.high - 1) * truth,
        )


def state(case: Case, count: int, error: float, distribution: str | None, rate: float) -> None:
    """Put sample size, false-alarm rate and power among the statistics."""
    power = variance_power(count, variance_band(count, distribution, rate), error, distribution)
    case.state("sample size", f"{count} numbers")
    case.state("false-alarm rate", f"{FALSE_ALARM:g}")
    case.state("power", f"would see a {error:.0%} error of the variance with probability {int(power * 1e4) / 1e4:g}")
