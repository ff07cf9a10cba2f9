r"""Tests of random numbers with a stated false-alarm rate and a stated power.

Each bound holds for every sample size, so that the stated rate is one, and not an approximation for large samples.

* *Mean.* Normal and uniform numbers are strictly sub-Gaussian:
  P(\|mean\| > z σ/√n) <= 2 exp(-z²/2).
* *Variance, normal.* n s²/σ² is χ² with n degrees of freedom (the mean is known to be 0). It is used for numbers that
  are declared to be normal, and for no others: see `_empirical`.
* *Variance, uniform.* x²/σ² lies in [0, 3] and has variance 4/5; Bernstein's inequality gives
  P(\|mean - 1\| > t) <= 2 exp(-n t² / (2 (4/5 + 2t/3))).
* *Distribution function.* P(sup \|F_n - F\| > t) <= 2 exp(-2 n t²) for every F (Dvoretzky, Kiefer, Wolfowitz; the
  constant is Massart's).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

FALSE_ALARM = 1e-9
"""Probability that a law about randomness fails a correct subject, once per law."""

POWER = 0.999
"""Probability with which an error of the stated size is seen."""

VARIANCE_ERROR = 0.03
"""Relative error of a variance that a law about it is sized to see."""

UNIFORM_SPREAD = 0.8  # variance of x²/σ²
UNIFORM_REACH = 2.0  # largest |x²/σ² - 1|


@dataclass(frozen=True, slots=True)
class Band:
    """Where the statistic lies unless something with probability ``false_alarm`` happened."""

    low: float
    high: float
    false_alarm: float


def mean_limit(n: int, false_alarm: float = FALSE_ALARM) -> float:
    """Return the bound of abs(mean) of `n` strictly sub-Gaussian numbers, in units of their standard deviation."""
    return math.sqrt(2 * math.log(2 / false_alarm) / n)


def variance_band(n: int, distribution: str, false_alarm: float = FALSE_ALARM) -> Band:
    """Return the band of mean(x²)/σ² of `n` numbers that are ``"normal"`` or ``"uniform"``."""
    if distribution == "uniform":
        reach = _bernstein(n, false_alarm)
        return Band(1 - reach, 1 + reach, false_alarm)
    low, high = stats.chi2.ppf(false_alarm / 2, n), stats.chi2.isf(false_alarm / 2, n)
    return Band(float(low) / n, float(high) / n, false_alarm)


def variance_power(n: int, band: Band, error: float, distribution: str) -> float:
    """Return the probability that a variance wrong by a factor 1 ± `error` leaves the band."""
    if distribution == "uniform":
        room = min((1 + error - band.high) / (1 + error), (band.low - (1 - error)) / (1 - error))
        return 1 - _tail(n, room) if room > 0 else 0.0
    above = stats.chi2.sf(n * band.high / (1 + error), n)
    below = stats.chi2.cdf(n * band.low / (1 - error), n)
    return float(min(above, below))


def sample_size(error: float, distribution: str, false_alarm: float = FALSE_ALARM) -> int:
    """Return the size of the sample that sees a variance wrong by `error` with probability `POWER`."""
    n = 64
    while variance_power(n, variance_band(n, distribution, false_alarm), error, distribution) < POWER:
        n = math.ceil(n * 1.1)
    return n


def distribution_limit(n: int, false_alarm: float = FALSE_ALARM) -> float:
    """Return the bound of the distance between the empirical and the true distribution function."""
    return math.sqrt(math.log(2 / false_alarm) / (2 * n))


def _bernstein(n: int, false_alarm: float) -> float:
    # n t² = 2 L (v + b t / 3) is a quadratic in t.
    log = math.log(2 / false_alarm)
    slope = 2 * log * UNIFORM_REACH / 3
    return (slope + math.sqrt(slope**2 + 8 * n * log * UNIFORM_SPREAD)) / (2 * n)


def _tail(n: int, t: float) -> float:
    return min(1.0, 2 * math.exp(-n * t**2 / (2 * (UNIFORM_SPREAD + UNIFORM_REACH * t / 3))))
