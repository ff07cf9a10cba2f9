r"""The forward-mode claim against differences: every output is a lane along random tangents.

.. math:: r_i = \frac{f_i(x + h v) - f_i(x - h v) - \mathrm{jvp}(d)_i}{2 h}, \qquad d = (x + hv) - (x - hv)

First look: one or two tangents per input, all others at rest, so that a wrong input is named at once; a lane whose
residual is below a fixed share of its own tangent is certified. The lanes that are not go to the careful rule along
the same tangent. What that does not settle is judged entry by entry on small problems; on large ones a lane that
failed is followed to the entries of the tangent by halving (both in `_conclude`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...numerics import Judged, Problem, Ruling, Vector, forward_noise, judge_along, norm, probe_sizes, weights
from ..bench._bench import Bench
from ..bench._pieces import Piece

_FINE = 4096
_KINKS_EXPECTED = 0.02
_FACTORS = (1.0, 2.0**-5, 2.0**5)
_SMALLEST = 0.6
"""Least size of a weight of a random tangent, in units of the input."""

_WORTHLESS = 1e-3
_PASSED = (Ruling.PASS, Ruling.NEAR, Ruling.KINK)


@dataclass(slots=True)
class Pushed:
    """What one tangent showed of one input: which lanes are certified, and how the others were judged.

    ``limit`` is the largest residual that a certified lane may hide; ``lanes`` are the positions of what ``judged``
    judged.
    """

    piece: Piece
    direction: Vector
    tangent: Vector
    certified: np.ndarray
    limit: Vector
    lanes: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    judged: Judged | None = None

    @property
    def settled(self) -> bool:
        """Whether every lane was certified: with a bound that is some small part of a typical one."""
        if self.judged is None:
            return True
        doubt = self.judged.bound + np.abs(self.judged.analytic - self.judged.numeric)
        beside = np.isin(self.judged.ruling, (Ruling.ROW, Ruling.FLAT)) & (doubt <= _WORTHLESS * self.typical)
        return bool((np.isin(self.judged.ruling, _PASSED) | beside).all())

    @property
    def typical(self) -> float:
        """Root mean square of the tangents of the outputs."""
        return norm(self.tangent) / float(np.sqrt(max(self.tangent.size, 1)))

    @property
    def wrong(self) -> np.ndarray:
        """Positions of the lanes that failed, furthest off first."""
        if self.judged is None:
            return np.zeros(0, dtype=int)
        failed = np.flatnonzero(self.judged.ruling == Ruling.FAIL)
        off = np.abs(self.judged.analytic - self.judged.numeric)[failed]
        return np.asarray(self.lanes[failed[np.argsort(-off)]])

    @property
    def kinked(self) -> int:
        """How many lanes lie on a kink."""
        return 0 if self.judged is None else int(np.sum(self.judged.ruling == Ruling.KINK))

    def resolution(self) -> float | None:
        """Return the smallest error of one entry of J that would have shown, relative to a typical entry."""
        limit = np.where(self.certified, self.limit, 0.0)
        if self.judged is not None:
            limit[self.lanes] = self.judged.bound + np.abs(self.judged.analytic - self.judged.numeric)
            limit[self.lanes[self.judged.ruling == Ruling.KINK]] = 0.0
        size = self.piece.where.stop - self.piece.where.start
        typical = self.typical / float(np.sqrt(max(size, 1)))
        worst = float(np.max(limit, initial=0.0))
        return 2 * worst / (_SMALLEST * typical) if typical and np.isfinite(worst) else None


@dataclass(slots=True)
class ForwardComparison:
    """One run of the comparison of a jvp with differences."""

    bench: Bench
    problem: Problem
    base: Vector
    rng: np.random.Generator
    _noise: Vector | None = None

    def run(self) -> list[Pushed]:
        """Look along random tangents of every input; judge what is not certified with care."""
        fine = self.problem.x.size <= _FINE and self.base.size <= _FINE
        seen = []
        for piece in self.bench.inputs:
            if piece.where.stop == piece.where.start:
                continue
            for _ in range(2 if fine else 1):
                seen.append(self._look(piece, fine=fine))
                if not seen[-1].certified.all():
                    self.judge(seen[-1])
        return seen

    @property
    def noise(self) -> Vector:
        """Rounding noise of every output; measured once."""
        if self._noise is None:
            self._noise = forward_noise(self.problem, self.base, self.rng)
        return self._noise

    def direction(self, piece: Piece) -> Vector:
        """Return a random tangent of one input, in units of its size."""
        sizes = probe_sizes(self.problem.x, self.problem.sizes, self.problem.blocks)
        direction = np.zeros(self.problem.x.size)
        direction[piece.where] = (weights(sizes.size, self.rng) * sizes)[piece.where]
        return direction

    # -- the first look ------------------------------------------------------------------------------------------

    def _look(self, piece: Piece, *, fine: bool) -> Pushed:
        direction = self.direction(piece)
        tangent = self.bench.push(self.problem.x, direction)
        typical = np.zeros_like(tangent)
        for output in self.bench.outputs:
            part = tangent[output.where]
            typical[output.where] = norm(part) / float(np.sqrt(max(part.size, 1)))
        scale = np.maximum(np.abs(tangent), typical * (1e-3 if fine else 1.0))
        limit = self.problem.precision.glance[0 if fine else 1] * scale
        seen = Pushed(piece, direction, tangent, np.zeros(tangent.size, dtype=bool), limit)
        step = self._step(piece, limit)
        for factor in _FACTORS:
            self._difference(seen, step * factor, fine=fine)
            if seen.certified.all():
                break
        return seen

    def _step(self, piece: Piece, limit: Vector) -> float:
        """Return the step that rounding asks for, as small as the number of possible kinks advises."""
        crowd = max(piece.where.stop - piece.where.start, self.base.size, 1)
        smallest, largest = self.problem.precision.steps
        step = min(max(_KINKS_EXPECTED / crowd, smallest), largest)
        rounding, affordable = self.problem.precision.eps * norm(self.base), norm(limit) / 10
        return float(np.clip(rounding / affordable if affordable else step, step, 128 * largest))

    def _difference(self, seen: Pushed, step: float, *, fine: bool) -> None:
        """Certify the lanes whose residual at `step` is small."""
        right, left = (self.problem.point(sign * step * seen.direction) for sign in (1, -1))
        with np.errstate(all="ignore"):
            ahead, behind = self.problem.value(right), self.problem.value(left)
            residual = np.abs(ahead - behind - self.bench.push(self.problem.x, right - left)) / (2 * step)
            eps, size = self.problem.precision.eps, np.maximum(np.abs(ahead), np.abs(behind))
            noise = 2 * eps * size / step + 8 * eps * np.abs(seen.tangent)
            certified = residual + noise <= seen.limit
            if fine:
                bend = np.abs(ahead - 2 * self.base + behind)
                certified &= ~(bend > 1e-2 * np.abs(ahead - behind) + 16 * eps * size)
        seen.certified |= certified

    # -- the careful rule ----------------------------------------------------------------------------------------

    def judge(self, seen: Pushed) -> None:
        """Judge the lanes of `seen` that are not certified on a ladder of steps."""
        lanes = seen.lanes = np.flatnonzero(~seen.certified)
        seen.judged = self.along(seen.direction, lanes, seen.tangent, single=False)

    def along(self, direction: Vector, lanes: np.ndarray, tangent: Vector, *, single: bool) -> Judged:
        """Judge `lanes` along `direction`.

        Where several kinks meet in one output, a right choice for each can lie outside the one-sided slopes of their
        sum: only along a `single` coordinate does the hull convict.
        """
        beside = np.zeros_like(tangent)
        for output in self.bench.outputs:
            beside[output.where] = np.max(np.abs(tangent[output.where]), initial=0.0)
        return judge_along(
            self.problem,
            self.base,
            direction,
            lanes=lambda output: output[lanes],
            predict=lambda displacement: self.bench.push(self.problem.x, displacement)[lanes],
            noise=self.noise[lanes],
            unseen=self.problem.precision.eps / 2 * np.abs(tangent[lanes]),
            row=np.abs(tangent)[lanes],
            beside=beside[lanes],
            allowance=lambda: self.allowance(direction, tangent)[lanes],
            single=single,
        )

    def allowance(self, direction: Vector, tangent: Vector) -> Vector:
        """Return four times how far one ulp of the input, or another length of the tangent, moves the jvp."""
        noise = self.problem.precision.eps * np.abs(tangent)
        for _ in range(2):
            ulp = np.spacing(np.abs(self.problem.x).astype(self.problem.precision.grid)).astype(float)
            nearby = self.problem.point(ulp * self.rng.choice([-1.0, 1.0], ulp.size))
            noise = np.fmax(noise, np.abs(self.bench.push(nearby, direction) - tangent))
        scaled = np.abs(self.bench.push(self.problem.x, 1.1 * direction) / 1.1 - tangent)
        for output in self.bench.outputs:
            largest = float(np.max(np.abs(tangent[output.where]), initial=0.0))
            off = min(float(np.max(scaled[output.where], initial=0.0)), 1e-6 * largest)
            noise[output.where] = np.fmax(noise[output.where], off)
        return 4 * np.where(np.isfinite(noise), noise, np.inf)
