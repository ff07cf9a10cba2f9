"""One claim in two precisions: at the point, at neighbours that rounding could take for it, and further away.

A claim is the gradient for an upstream, or the tangent along a direction (`Claim`). What one ulp of the inputs does
to it in float64 is no fault of anyone (*moved*); what it does in low precision, and what scaling does, is scatter.
Rounding inside may be coarser than any of that: a sigmoid near 1 has stairs a hundred ulps wide, on which everything
stands still. So the error is looked at on other stairs as well (*wanders*).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...numerics import Vector

_NEIGHBORS = 4
_SCALINGS = (1.1, 1.3, 1.7)
"""Factors that are no powers of two."""
_FURTHER = (0.85, 0.7, 0.6)
"""Powers of eps: how far away the error is looked at again, relative to each input."""
_TIMES = 4.0

Pair = tuple[Vector, Vector]
"""The claim in low precision and in float64."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed in low precision, of c times the upstream divided by c, and what in float64."""

    low: Callable[[Vector, float], Vector]
    high: Callable[[Vector], Vector]


@dataclass
class Pairs:
    """A claim in low precision and in float64, at its point and at neighbours.

    ``eps`` is the unit roundoff of the ``format``, or that of a coarser one to which the forward rounds inside.
    """

    claim: Claim
    x: Vector
    format: np.dtype[Any]
    eps: float
    rng: np.random.Generator

    @cached_property
    def here(self) -> Pair:
        """The claim at the point."""
        return self._at(self.x)

    @property
    def low(self) -> Vector:
        """The claim in low precision."""
        return self.here[0]

    @property
    def high(self) -> Vector:
        """The claim in float64."""
        return self.here[1]

    @cached_property
    def near(self) -> list[Pair]:
        """The claims one ulp of the format away."""
        return [self._at(self._rounded(self.x + shift)) for shift in self._ulps(_NEIGHBORS)]

    @cached_property
    def moved(self) -> Vector:
        """What one ulp of the inputs does to the claim in float64."""
        return np.asarray(np.max([np.abs(high - self.high) for _, high in self.near], axis=0))

    @cached_property
    def scatter(self) -> Vector:
        """Four times what one ulp of the inputs, or another scale, does to low precision or to its error."""
        scaled = [self.claim.low(self.x, factor) for factor in _SCALINGS]
        with np.errstate(all="ignore"):
            found = [low - self.low for low in (*scaled, *(low for low, _ in self.near))]
        return self._largest([*found, *self._wanders(self.near)])

    @cached_property
    def further(self) -> Vector:
        """Four times how far the error is another one on the stairs nearby."""
        signs = (self.rng.choice([-1.0, 1.0], self.x.size) for _ in range(2 * len(_FURTHER)))
        shifts = [sign * self.eps**power * np.abs(self.x) for sign, power in zip(signs, 2 * _FURTHER, strict=True)]
        return self._largest(self._wanders([self._at(self._rounded(self.x + shift)) for shift in shifts]))

    def sides(self, across: Vector, *, ulps: tuple[float, ...]) -> Iterator[Vector]:
        """Yield shifts of a few ulps along `across`, against it, and at random."""
        ulp = np.abs(next(self._ulps(1)))
        ways = [across, -across, *(self.rng.choice([-1.0, 1.0], ulp.size) for _ in range(_NEIGHBORS))]
        yield from (count * ulp * way for count in ulps for way in ways)

    def _at(self, x: Vector) -> Pair:
        return self.claim.low(x, 1.0), self.claim.high(x)

    def _wanders(self, pairs: list[Pair]) -> list[Vector]:
        with np.errstate(all="ignore"):
            return [(low - high) - (self.low - self.high) for low, high in pairs]

    def _largest(self, found: list[Vector]) -> Vector:
        worst = np.max(np.abs(found), axis=0)
        return _TIMES * np.where(np.isfinite(worst), worst, np.inf)

    def _ulps(self, count: int) -> Iterator[Vector]:
        ulp = np.spacing(np.abs(self.x).astype(self.format)).astype(float)
        yield from (self.rng.choice([-1.0, 1.0], ulp.size) * ulp for _ in range(count))

    def _rounded(self, x: Vector) -> Vector:
        return x.astype(self.format).astype(float)
