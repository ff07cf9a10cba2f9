r"""Centred differences on a ladder of steps, each with its own error bound.

With phi a family of scalar functions ("lanes") along one direction, a(h) what the analytic gradient predicts for the
realised displacement, and steps h_0 > h_1 > ...:

.. math::
    r_k &= \frac{\phi(x + h_k v) - \phi(x - h_k v)}{2 h_k} - a  && \text{residual}\\
    S_k &= \frac{\phi(x + h_k v) - 2\phi(x) + \phi(x - h_k v)}{h_k} && \text{bend: falls with h if smooth}\\
    R_k &= r_k + \frac{r_k - r_{k-1}}{(h_{k-1}/h_k)^2 - 1} && \text{Richardson}\\
    E_k &= \underbrace{\max\Bigl(|R_k - R_{k-1}|,\ \frac{|r_k - r_{k-1}|}{(h_{k-1}/h_k)^2}\Bigr)}_{\text{truncation}}
           + \underbrace{4\eta/h_k}_{\text{noise}}

The step that counts is the one with the smallest E, plus what S shows of a kink: beyond a kink the differences look
perfectly settled, on the mean of two slopes. It is chosen without looking at r: choosing the step where analytic and
numeric agree best would pass wrong gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._problem import Mask, Vector


@dataclass(frozen=True, slots=True)
class Rung:
    """What one step showed, per lane: residual, bend, values on both sides, and their size."""

    step: float
    residual: Vector
    bend: Vector
    left: Vector
    right: Vector
    size: Vector

    @classmethod
    def between(
        cls, step: float, behind: Any, middle: Any, ahead: Any, predicted: Any, to_left: float, to_right: float
    ) -> Rung:
        """Return what values on both sides show, in whatever precision they come.

        `predicted` is the change that the analytic gradient expects; `to_left` and `to_right` are how far the sides
        really are.
        """
        with np.errstate(all="ignore"):
            residual = (ahead - behind - predicted) / (2 * step)
            bend = (ahead - 2 * middle + behind) / step
            slopes = (middle - behind) / to_left, (ahead - middle) / to_right
            size = np.maximum(np.abs(ahead), np.abs(behind))
            return cls(step, *(np.asarray(part, dtype=float) for part in (residual, bend, *slopes, size)))

    @property
    def still(self) -> Mask:
        """Lanes that this step does not move at all."""
        return np.asarray((self.left == 0) & (self.right == 0))


@dataclass(frozen=True, slots=True)
class Estimate:
    """The best residual of each lane and how far to trust it.

    ``truncation + noise`` bounds the error; ``kink`` is the bend that a smooth function would not show; ``drift`` and
    ``drift_before`` are |r_k - r_{k-1}| and the one before; ``triple`` is the index of the finest rung used.
    """

    residual: Vector
    truncation: Vector
    noise: Vector
    kink: Vector
    drift: Vector
    drift_before: Vector
    triple: NDArray[np.intp]

    @property
    def error(self) -> Vector:
        """Bound of the error of the numeric value."""
        return self.truncation + self.noise


class Ladder:
    """Rungs at falling steps along one direction, made by ``sample(step) -> Rung``."""

    def __init__(
        self,
        sample: Callable[[float], Rung],
        noise: Vector,
        eps: float,
        bends: Vector | float = 1.0,
        unseen: Vector | float = 0.0,
    ) -> None:
        self._sample = sample
        self._noise = noise
        self._unseen = unseen
        self._eps = eps
        self._bends = bends
        self._best: Estimate | None = None
        self.rungs: list[Rung] = []

    def look_from_afar(self) -> Rung:
        """Evaluate at four times the largest step; the rung may contradict the others, but it never counts itself."""
        rung = self._sample(4 * self.rungs[0].step)
        self.rungs.insert(0, rung)
        if self._best is not None:
            np.add(self._best.triple, 1, out=self._best.triple)
        return rung

    def climb(self, step: float) -> Rung:
        """Evaluate at `step`, which is below or above all others, and keep the rung; return it."""
        rung = self._sample(step)
        above = bool(self.rungs) and step > self.rungs[0].step
        self.rungs.insert(0 if above else len(self.rungs), rung)
        if len(self.rungs) >= 3:
            self._update(above=above)
        return rung

    def _update(self, *, above: bool) -> None:
        """Let the triple that the new rung completes compete with the best so far."""
        new = self._triple(2 if above else len(self.rungs) - 1)
        old = self._best
        if old is None:
            self._best = new
            return
        if above:
            old.triple[...] += 1
        with np.errstate(invalid="ignore"):
            better = np.isfinite(new.error) & ~(old.error + old.kink <= new.error + new.kink)
            if not above:  # a coarse triple may have met the same values by chance (aliasing); the finer one knows
                apart = np.abs(new.residual - old.residual)
                grossly = (apart > 5 * (new.error + old.error)) & (apart > 0.05 * np.abs(new.residual))
                better |= grossly & (new.error + new.kink < 1e-2 * np.abs(new.residual))
        for name in Estimate.__slots__:
            np.copyto(getattr(old, name), getattr(new, name), where=better)

    @property
    def finest(self) -> Rung:
        """The rung with the smallest step."""
        return self.rungs[-1]

    def noise_at(self, rung: Rung) -> Vector:
        """Noise of the values around `rung`: what is measured, and what that may have missed."""
        return np.maximum(self._measured_at(rung), self._unseen)

    def _measured_at(self, rung: Rung) -> Vector:
        """Return the measured noise, and never less than half an ulp of the values: that of a certificate."""
        return np.maximum(self._noise, self._eps / 2 * rung.size)

    def best(self) -> Estimate:
        """Return, per lane, the triple of neighbouring rungs with the smallest error bound and no kink inside."""
        assert self._best is not None, "a ladder needs three rungs"
        return self._best

    def steps_of(self, estimate: Estimate) -> Vector:
        """Return, per lane, the finest step that `estimate` used."""
        return np.array([rung.step for rung in self.rungs])[estimate.triple]

    def neighbors_agree(self, k: int, size: Vector) -> Mask:
        """Whether rung `k` and the one above both see a residual, and an excess of bend, smaller than `size`.

        With r(h) = R + c h^2 they cannot, for any size below R/2 and steps a factor of four apart; the one above may
        even be eight times as large. A bend that does not fall with the step says that both lie beyond a pole, or
        that the steps skip whole waves.
        """
        above, here = self.rungs[k - 1], self.rungs[k]
        small = (np.abs(above.residual) < 8 * size) & (np.abs(here.residual) < size)
        falls = np.abs(here.bend) <= np.maximum(0.5 * np.abs(above.bend), 12 * self.noise_at(here) / here.step)
        return np.asarray(small & falls & (_excess_bend(above, here) < size))

    def straightens(self, k: int) -> Mask:
        """Whether the excess of bend falls by 8 or more over the triple that ends with rung `k`; a kink's stays."""
        a, b, c = self.rungs[k - 2 : k + 1]
        with np.errstate(all="ignore"):
            rounds = 12 * self.noise_at(c) / c.step
            return np.asarray(_excess_bend(b, c) <= np.maximum(_excess_bend(a, b) / 8, rounds))

    def triples(self) -> Iterator[Estimate]:
        """Yield what every triple of neighbouring rungs says, coarsest first."""
        return (self._triple(k) for k in range(2, len(self.rungs)))

    def _triple(self, k: int) -> Estimate:
        a, b, c = self.rungs[k - 2 : k + 1]
        with np.errstate(all="ignore"):
            before, now = richardson(a, b), richardson(b, c)
            drift = np.abs(c.residual - b.residual)
            truncation = np.maximum(np.abs(now - before), drift / (b.step / c.step) ** 2)
            kink = self._bends * np.maximum(_excess_bend(a, b), _excess_bend(b, c))
            noise = 4 * self._measured_at(c) / c.step
            before_drift = np.abs(b.residual - a.residual)
        return Estimate(now, truncation, noise, kink, drift, before_drift, np.full(now.size, k))


def richardson(coarse: Rung, fine: Rung) -> Vector:
    """Return the residual without its h^2 term."""
    weight = (coarse.step / fine.step) ** 2 - 1
    return fine.residual + (fine.residual - coarse.residual) / weight


def _excess_bend(coarse: Rung, fine: Rung) -> Vector:
    """Return by how much the bend fails to fall with the step: 0 if smooth, the jump of the slope past a kink."""
    return np.abs(fine.bend - coarse.bend * fine.step / coarse.step)
