r"""Bounds of a mean whose distribution nobody declared: the sample says how widely it is spread.

With the sample variance V of n independent numbers in an interval of length R, the mean is off by more than

.. math:: \sqrt{2 V L / n} + \tfrac{7}{3} R L / (n - 1), \qquad L = \ln(2 / \alpha)

to one side with probability at most α (Maurer and Pontil, "Empirical Bernstein Bounds", 2009). No length is known
here. That of the sample leaves out a share of the distribution which is at most L/n, but for a probability of α (each
of n numbers missed it); what that share adds to the mean is taken to be at most R L / n, which holds as long as the
numbers beyond all that were seen exceed these by no more than R on average. So does the normal distribution, any
mixture of it with zeros, and one with tails like exp(-\|x\|); a distribution with so few large numbers that a sample
shows none of them does not, and no test can know of it.

The two sides and the share take a third of the false-alarm rate each.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ._statistics import FALSE_ALARM, POWER

Array = NDArray[np.float64]

MOST = 2_000_000
"""Numbers that a law draws at most; a spread that asks for more has its visible error stated."""


def empirical_limit(x: Array, false_alarm: float = FALSE_ALARM) -> float:
    """Return the bound of abs(mean - truth) of `x`, from `x` itself.

    >>> x = np.random.default_rng(0).standard_normal(10_000) ** 2
    >>> round(empirical_limit(x), 2), bool(abs(x.mean() - 1) < empirical_limit(x))
    (0.21, True)
    """
    return _limit(x.size, float(x.var()), float(np.ptp(x)), false_alarm)


def visible_error(x: Array, false_alarm: float = FALSE_ALARM) -> float:
    """Return the relative error of the mean of the non-negative `x` that is seen with probability `POWER`."""
    mean = float(x.mean())
    return _visible(x.size, float(x.var()) / mean**2, float(np.ptp(x)) / mean, false_alarm) if mean else math.inf


def enough(pilot: Array, error: float, false_alarm: float = FALSE_ALARM, most: int = MOST) -> int:
    """Return the size of the sample that sees a relative `error` of the mean, if it is spread as `pilot` is."""
    mean, n = float(pilot.mean()), pilot.size
    if not mean:
        return most
    variance, reach = float(pilot.var()) / mean**2, float(np.ptp(pilot)) / mean
    while n < most and _visible(n, variance, reach, false_alarm) > error:
        n = math.ceil(n * 1.1)
    return min(n, most)


def _limit(n: int, variance: float, reach: float, false_alarm: float) -> float:
    log = math.log(6 / false_alarm)
    return math.sqrt(2 * variance * log / n) + (7 / (3 * (n - 1)) + 1 / n) * reach * log


def _visible(n: int, variance: float, reach: float, false_alarm: float) -> float:
    """Solve (1 + e) (1 - u) (1 - t) = 1: the mean falls short by u and the bound takes t."""
    log = math.log(1 / (1 - POWER))
    u = math.sqrt(2 * variance * log / n) + reach * log / (3 * n)
    t = _limit(n, variance, reach, false_alarm)
    return 1 / ((1 - u) * (1 - t)) - 1 if max(u, t) < 1 else math.inf
