r"""How far a gradient in low precision may be from the one in float64.

With e = g_low - g_64, X the natural sizes, eps the unit roundoff of the format, and
:math:`s = \varepsilon \max(\|g_{64} \circ X\|, \|u \circ f\|)`, the gradient agrees if

.. math:: \|e \circ X\| \le 4 s + \min(2\,\|\nu \circ X\|,\;
          16\,\|m \circ X\| + 32 s + \varepsilon^{0.4}\,\|g_{64} \circ X\|)

=====  =============================================================================================================
s      a few ulps of the gradient; and of the outputs, for in saturation it is a difference of terms of their size
nu     the scatter of g_low: what one ulp of the inputs does to it and to e, and scaling u by c, the result by 1/c
m      what one ulp of the inputs does to g_64: scatter beyond that is no rounding of the inputs, but digits that the
       code has lost on its own, as in E[x^2] - E[x]^2; six tenths of the format's digits are granted, as normal
       equations of condition 300 lose them in float32, and more than half is noted
=====  =============================================================================================================

In bfloat16 that would hide a tenth of the gradient. Rounding has no direction, though, and a mistake has: where the
rule allows more than a twentieth, the error at several neighbours must have no part along the gradient itself,

.. math:: |\alpha|\,\|g_{64} \circ X\| \le \|m \circ X\| + 3 s, \qquad
          \alpha = \frac{\sum_k \langle e_k, g_k \rangle}{\sum_k \|g_k\|^2}

for every input on its own, unless alpha is within six of its own standard errors. In saturation, where the gradient
is nothing beside the outputs, 32 s are free instead of 4 s, and no factor can be told.

Next to a kink all of that is too little: there g_low must lie between both sides of a jump of g_64, a few ulps away.
Entries of g_64 below the smallest normal number of the format may be anything as small.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..numerics import SINGLE, Vector, backward_noise, largest, norm, roundoff
from ._bench import Bench
from ._gradient import problem_of
from ._vitals import Health

_ULPS, _SCATTER, _MOVED, _LOST, _WANDERS = 4.0, 2.0, 16.0, 32.0, 4.0
_GRANTED, _NOTED = 0.4, 0.5
"""Powers of eps: how far a gradient may be off whose digits are lost in the code, and from where on that is said."""
_BLUNT, _SIGNIFICANT = 0.05, 6.0
_FACTOR_MOVED, _FACTOR_ULPS = 1.0, 3.0
_NEIGHBORS = 4
_AWAY = (0.5, 2.0, 8.0)
"""How many ulps of the format a point may be away and still be taken for x, if the forward rounds on the way."""
_HALVINGS = 20
_SCALINGS = (1.1, 1.3, 1.7)
"""Factors that are no powers of two."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """What the comparison came to: whether the error exceeds the limit, and what a common factor is, if there is one.

    ``noise`` is the scatter of every entry; ``path`` the input that the factor belongs to. ``lost`` says that more
    than half of the format's digits are gone, ``underflows`` that only entries too small for it differ.
    """

    exceeded: bool
    noise: Vector
    factor: float = 0.0
    path: str = ""
    lost: bool = False
    underflows: bool = False


@dataclass(slots=True)
class Pairs:
    """The gradients of one subject in low precision and in float64, at its point and at neighbours."""

    bench: Bench
    wide: Bench
    format: np.dtype[Any]
    health: Health
    rng: np.random.Generator
    upstream: Vector = field(init=False)
    low: Vector = field(init=False)
    high: Vector = field(init=False)
    sizes: Vector = field(init=False)
    ulps: float = field(init=False)

    def __post_init__(self) -> None:
        self.upstream = _rounded(self.health.upstream, self.bench)
        self.low, self.high = self._at(self.bench.x)
        self.sizes = problem_of(self.bench, SINGLE).sizes
        outputs = norm(self.upstream * self.health.base)
        self.ulps = roundoff(self.format) * max(norm(self.high * self.sizes), outputs)

    def _at(self, x: Vector) -> tuple[Vector, Vector]:
        return self.bench.gradient(x, self.upstream), self.wide.gradient(x, self.upstream)

    @property
    def _error(self) -> float:
        with np.errstate(all="ignore"):
            off = np.abs(self.low - self.high) * self.sizes
        return norm(off) if np.isfinite(off).all() else np.inf

    def agree_at_once(self) -> bool:
        """Whether a few ulps explain the difference, and are few enough beside the gradient to leave it at that."""
        few = _ULPS * self.ulps
        return self._error <= few and few <= _BLUNT * norm(self.high * self.sizes)

    def rounding(self) -> Rounding:
        """Return how the difference compares with what rounding explains."""
        neighbors = [self._at(x) for x in self._neighbors()]
        with np.errstate(all="ignore"):
            wanders = np.max([np.abs((low - high) - (self.low - self.high)) for low, high in neighbors], axis=0)
        noise = np.fmax(self._scatter(), _WANDERS * wanders)
        moved = np.max([np.abs(high - self.high) for _, high in neighbors], axis=0)
        whole, outputs = norm(self.high * self.sizes), norm(self.upstream * self.health.base)
        with np.errstate(all="ignore"):
            scatter = _SCATTER * norm(noise * self.sizes)
            explained = _MOVED * norm(moved * self.sizes) + _LOST * self.ulps
        eps, saturated = roundoff(self.format), whole <= _BLUNT * outputs  # a difference of terms, maybe steep ones
        free = (_LOST if saturated else _ULPS) * self.ulps
        limit = free + float(np.fmin(scatter, explained + eps**_GRANTED * whole))
        if not self._error <= limit:
            underflows = self._error_of_normal_numbers() <= limit
            return Rounding(not underflows and not self._lies_beside_a_kink(limit), noise, underflows=underflows)
        if limit <= _BLUNT * whole or saturated:
            return Rounding(False, noise, lost=self._error > free + explained + eps**_NOTED * whole)
        return self._common_factor(noise, moved, [(self.low, self.high), *neighbors])

    def _error_of_normal_numbers(self) -> float:
        """Return the error without the entries whose gradient the format holds with few digits, or as zero."""
        too_small = np.maximum(np.abs(self.low), np.abs(self.high)) < 2 / largest(self.format)
        with np.errstate(all="ignore"):
            return norm(np.where(too_small, 0.0, self.low - self.high) * self.sizes)

    def _lies_beside_a_kink(self, limit: float) -> bool:
        """Whether g_low lies, to `limit`, between both sides of a jump of g_64 that rounding cannot tell from x.

        Next to a kink rounding decides on which side a point is, and either side's gradient is right. The error
        points across the kink. Where there are several kinks, each decides on its own, entry by entry.
        """
        if not np.isfinite(self.low).all():
            return False
        ulp, across = (
            np.spacing(np.abs(self.bench.x).astype(self.format)).astype(float),
            np.sign(self.low - self.high),
        )
        ways = [across, -across, *(self.rng.choice([-1.0, 1.0], ulp.size) for _ in range(_NEIGHBORS))]
        lowest, highest = self.high, self.high
        for shift in (count * ulp * way for count in _AWAY for way in ways):
            here, there = self._sides_of_a_jump(shift)
            low, high = np.minimum(here, there), np.maximum(here, there)
            lowest, highest = np.fmin(lowest, low), np.fmax(highest, high)
            if self._outside(low, high) <= limit or self._outside(lowest, highest) <= limit:
                return True
        return False

    def _outside(self, low: Vector, high: Vector) -> float:
        with np.errstate(all="ignore"):
            return norm(np.maximum(np.maximum(self.low - high, low - self.low), 0.0) * self.sizes)

    def _sides_of_a_jump(self, shift: Vector) -> tuple[Vector, Vector]:
        """Return g_64 on both sides of what changes it most between x and x + `shift`, a millionth of that apart."""
        start, end = self.high, self.wide.gradient(self.bench.x + shift, self.upstream)
        if not self._apart(start, end) > self._error / 2:
            return start, end
        near, far, here, there = 0.0, 1.0, start, end
        for _ in range(_HALVINGS):
            middle = (near + far) / 2
            between = self.wide.gradient(self.bench.x + middle * shift, self.upstream)
            if self._apart(between, start) <= self._apart(between, end):
                near, here = middle, between
            else:
                far, there = middle, between
        return here, there

    def _apart(self, one: Vector, other: Vector) -> float:
        return norm((one - other) * self.sizes)

    def _common_factor(self, noise: Vector, moved: Vector, pairs: list[tuple[Vector, Vector]]) -> Rounding:
        for piece in self.bench.inputs:
            sizes = self.sizes[piece.where]
            high = np.array([h[piece.where] * sizes for _, h in pairs])
            error = np.array([low[piece.where] * sizes for low, _ in pairs]) - high
            allowed = _FACTOR_MOVED * norm(moved[piece.where] * sizes)
            share = roundoff(self.format) * max(norm(high[0]), norm(self.upstream * self.health.base))
            alpha = _along(error, high)
            if alpha and abs(alpha) * norm(high[0]) > allowed + _FACTOR_ULPS * share:
                return Rounding(False, noise, 1 + alpha, piece.path)
        return Rounding(False, noise)

    def _scatter(self) -> Vector:
        """Return the rounding of the low-precision gradient, four times over."""
        grid = replace(SINGLE, name=self.format.name, eps=roundoff(self.format))
        problem = problem_of(self.bench, grid)
        noise = backward_noise(problem, self.upstream, self.low, self.rng, trust_the_point=False)
        for factor in _SCALINGS:
            with np.errstate(all="ignore"):
                scaled = self.bench.gradient(self.bench.x, _rounded(factor * self.upstream, self.bench)) / factor
                noise = np.fmax(noise, 4 * np.abs(scaled - self.low))
        return noise

    def _neighbors(self) -> list[Vector]:
        """Return points one ulp of the format away in every coordinate."""
        ulp = np.spacing(np.abs(self.bench.x).astype(self.format)).astype(float)
        signs = (self.rng.choice([-1.0, 1.0], ulp.size) for _ in range(_NEIGHBORS))
        return [(self.bench.x + sign * ulp).astype(self.format).astype(float) for sign in signs]


def _rounded(upstream: Vector, bench: Bench) -> Vector:
    return upstream.astype(bench.dtype).astype(float)


def _along(error: NDArray[np.float64], gradient: NDArray[np.float64]) -> float:
    """Return alpha, or 0 where it is not significant; rows are points, and those are not independent."""
    whole = float(np.sum(gradient**2))
    if not whole or not np.isfinite(error).all():
        return 0.0
    alpha = float(np.sum(error * gradient)) / whole
    spread = float(np.sqrt(np.sum(np.sum((error - alpha * gradient) * gradient, axis=0) ** 2))) / whole
    return alpha if abs(alpha) > _SIGNIFICANT * spread else 0.0
