r"""More tests with a stated false-alarm rate, valid at every sample size: counts, means, two samples, spectra.

* *Proportion.* The number of successes among n is binomial, and its quantiles are exact.
* *Bounded mean.* Numbers with mean 0, variance v and size at most b: Bernstein's
  P(\|mean\| > t) <= 2 exp(-n t² / (2 (v + b t / 3))).
* *Two samples.* Each empirical distribution function is near its own (Dvoretzky, Kiefer, Wolfowitz; Massart), so that
  two of one distribution are no further apart than the sum of both bounds.
* *Spectrum.* The singular values of an n x p matrix of independent standard normal numbers, over √n, lie in
  1 ± (√(p/n) + t), with P(outside) <= 2 exp(-n t² / 2) (Davidson and Szarek).
"""

from __future__ import annotations

import math

from scipy import stats

from ._statistics import FALSE_ALARM, POWER, Band


def proportion_band(n: int, p: float, false_alarm: float = FALSE_ALARM) -> Band:
    """Return the band of the share of successes among `n` independent trials of probability `p`.

    >>> band = proportion_band(1000, 0.8)
    >>> round(band.low, 3), round(band.high, 3)
    (0.719, 0.873)
    """
    law = stats.binom(n, p)
    low, high = law.ppf(false_alarm / 2), law.isf(false_alarm / 2)
    return Band(float(low) / n, float(high) / n, false_alarm)


def proportion_power(n: int, p: float, band: Band, error: float) -> float:
    """Return the probability that a share wrong by ± `error` (absolute) leaves the band."""
    low, high = round(band.low * n), round(band.high * n)
    shifted = [stats.binom(n, q) for q in (p - error, p + error) if 0 < q < 1]
    seen = [float(law.cdf(low - 1) + law.sf(high)) for law in shifted]
    return min(seen, default=1.0)


def proportion_sample(p: float, error: float, false_alarm: float = FALSE_ALARM, power: float = POWER) -> int:
    """Return the number of trials that sees a share wrong by `error` (absolute) with that power."""
    n = 64
    while proportion_power(n, p, proportion_band(n, p, false_alarm), error) < power:
        n = math.ceil(n * 1.1)
    return n


def bounded_mean_limit(n: int, variance: float, reach: float, false_alarm: float = FALSE_ALARM) -> float:
    """Return the bound of abs(mean) of `n` independent numbers with mean 0, that variance, and size up to `reach`."""
    log = math.log(2 / false_alarm)
    slope = 2 * log * reach / 3
    return (slope + math.sqrt(slope**2 + 8 * n * log * variance)) / (2 * n)


def two_sample_limit(n: int, m: int, false_alarm: float = FALSE_ALARM) -> float:
    """Return the bound of the distance between the empirical distribution functions of two samples of one law."""
    log = math.log(4 / false_alarm)
    return math.sqrt(log / (2 * n)) + math.sqrt(log / (2 * m))


def spectrum_band(n: int, p: int, false_alarm: float = FALSE_ALARM) -> Band:
    """Return the band of every eigenvalue of XᵀX / n, where X is n x p, independent and standard normal."""
    reach = math.sqrt(p / n) + math.sqrt(2 * math.log(2 / false_alarm) / n)
    return Band(max(1 - reach, 0.0) ** 2, (1 + reach) ** 2, false_alarm)


def family_rate(laws: int, false_alarm: float = FALSE_ALARM) -> float:
    """Return a bound of the probability that any of so many laws fails a right subject: the rates add up."""
    return min(1.0, laws * false_alarm)
