r"""Wald's sequential test: look while drawing, and stop as soon as the numbers say enough.

Truth H₀ is held against an error of a stated size, in both directions H₊ and H₋. With the likelihood ratios
L± = p(x | H±) / p(x | H₀), which are martingales under H₀,

* H₀ is refused once L₊ or L₋ exceeds 2/α: P(ever, under H₀) <= α, however often one looks (Ville);
* it is accepted once both are below β: P(ever, under H±) <= β, for the same reason.

A right subject needs about log(1/β) / KL(H₀, H±) numbers, where a test of fixed size needs (z_α + z_β)² / (4 KL):
about six times as many at α = 1e-9 and β = 1e-3. What is undecided after `most` numbers is not refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._statistics import FALSE_ALARM, POWER

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a sequential test ended: ``refused``, ``accepted``, or neither after ``count`` numbers.

    ``estimate`` is the mean square over the declared variance, or the share of successes.
    """

    refused: bool
    accepted: bool
    count: int
    estimate: float


def sequential_variance(
    draw: Callable[[int], Array], variance: float, error: float, most: int, **rates: float
) -> Ending:
    """Test that normal numbers with mean 0 have that variance, against one wrong by a factor 1 ± `error`.

    Parameters
    ----------
    draw
        Returns so many new numbers.
    variance, error
        What is claimed, and the relative error to see.
    most
        Numbers to draw at most.
    **rates
        ``false_alarm`` and ``power``, those of a law by default.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> sequential_variance(rng.standard_normal, 1.0, 0.1, 100_000).accepted
    True
    """

    def ratios(x: Array) -> Array:
        square = x**2 / variance
        return np.stack([0.5 * (square * (1 - 1 / f) - math.log(f)) for f in (1 + error, 1 - error)])

    return _run(draw, ratios, lambda x: x**2 / variance, most, **rates)


def sequential_proportion(draw: Callable[[int], Array], p: float, error: float, most: int, **rates: float) -> Ending:
    """Test that independent trials succeed with probability `p`, against p ± `error` (absolute, inside (0, 1)).

    ``draw(n)`` returns n booleans, or numbers that are 0 or 1; the rest is that of `sequential_variance`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> sequential_proportion(lambda n: rng.random(n) < 0.7, 0.8, 0.05, 100_000).refused
    True
    """
    others = [q for q in (p + error, p - error) if 0 < q < 1]

    def ratios(x: Array) -> Array:
        hit = x.astype(bool)
        return np.stack([np.where(hit, math.log(q / p), math.log((1 - q) / (1 - p))) for q in others])

    return _run(draw, ratios, lambda x: x.astype(float), most, **rates)


def _run(
    draw: Callable[[int], Array],
    ratios: Callable[[Array], Array],
    measured: Callable[[Array], Array],
    most: int,
    *,
    false_alarm: float = FALSE_ALARM,
    power: float = POWER,
) -> Ending:
    logs: Array = np.zeros((1, 1))
    count, total, batch = 0, 0.0, 64
    above, below = math.log(2 / false_alarm), math.log(1 - power)
    while count < most:
        x = np.asarray(draw(min(batch, most - count))).ravel()
        logs = logs[:, -1:] + np.cumsum(ratios(x), axis=1)
        count, total, batch = count + x.size, total + float(measured(x).sum()), math.ceil(1.5 * batch)
        if logs.max() > above:
            return Ending(refused=True, accepted=False, count=count, estimate=total / count)
        if logs[:, -1].max() < below:
            return Ending(refused=False, accepted=True, count=count, estimate=total / count)
    return Ending(refused=False, accepted=False, count=count, estimate=total / max(count, 1))
