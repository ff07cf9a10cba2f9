r"""Second order without a claim: what the claimed gradient's own differences must satisfy.

With :math:`\psi = u\cdot f`, its claimed gradient g, and H v the derivative of g along v,

.. math::
    \langle w, H v\rangle &= \langle v, H w\rangle && \text{or g is the gradient of nothing}\\
    \psi(x+hv) - 2\psi(x) + \psi(x-hv) &= \int_0^h \langle v, g(x+sv) - g(x-sv)\rangle\,ds
    && \text{or of another function}

The integral is taken by Simpson's rule, which leaves O(h^6), so that steps may be large; divided by h^2, either side
is :math:`\langle v, H v\rangle`. Both are lanes of the ladder like any other: a residual that is even in the step,
with noise measured. Along one pair of directions there are three of them: the symmetry, and the curvature along v and
w. A second difference has no digits left where a first one still has some, so that a curvature may settle for fewer;
and across a kink its residual never settles, since the integral sees it at two places only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ._problem import Problem, Vector, norm
from .ladder._case import Case
from .ladder._ladder import Rung
from .ladder._noise import forward_noise
from .rule._judged import Judged
from .rule._rule import judge

_SECOND = 3.5
"""A second difference carries this many times the noise of a first one."""
_SIMPSON = 1.4
"""The integral of the gradient carries this many times the noise of its difference."""
_SETTLES = 1e-4
"""What a curvature settles for where its ladder ends, relative to its size."""


@dataclass
class Curvature:
    """psi = u . f and its claimed gradient, around one point, along two directions v and w."""

    problem: Problem
    upstream: Vector
    base: Vector
    gradient: Vector
    v: Vector
    w: Vector
    rng: np.random.Generator

    def judge(self) -> Judged:
        """Return the rulings of the three lanes: symmetry, curvature along v, curvature along w.

        ``analytic`` is what the gradient says, <v, H w>, <v, H v> and <w, H w>; ``numeric`` is <w, H v> and the
        second differences of psi; ``scale`` is the norm of the terms whose sum either is, which may cancel.
        """
        first = self._products(self.problem.precision.first / 4)
        analytic, rows = first
        beside = norm(self.gradient * self.v) + norm(self.gradient * self.w)
        case = Case(
            analytic=analytic,
            noise=np.array([float(np.hypot(*self._noise[:2])), self._noise[1], self._noise[0]])
            + self.problem.precision.eps * rows,
            row=rows,
            beside=np.maximum(rows, beside),
            precision=self.problem.precision,
            sample=lambda step: self._rung(step, analytic),
            settles=np.array([0.0, _SETTLES, _SETTLES]),
            bends=np.array([1.0, 0.0, 0.0]),
            allowance=lambda _: 4 * self.problem.precision.eps * rows,
            single=np.zeros(3, dtype=bool),
        )
        return replace(judge(case), scale=rows)

    @cached_property
    def _noise(self) -> Vector:
        """Noise of <w, g>, of <v, g> and of psi."""

        def value(x: Vector) -> Vector:
            gradient = self.problem.pull(x, self.upstream)
            psi = self.upstream @ self.problem.value(x)
            return np.array([self.w @ gradient, self.v @ gradient, psi])

        base = np.array([self.w @ self.gradient, self.v @ self.gradient, self.upstream @ self.base])
        measured = forward_noise(replace(self.problem, value=value), base, self.rng)
        eps = self.problem.precision.eps
        sizes = np.array(
            [norm(self.w * self.gradient), norm(self.v * self.gradient), norm(self.upstream * self.base)]
        )
        measured = np.fmax(measured, eps / 2 * sizes)
        measured[2] += 2 * eps * max(sizes[0], sizes[1])  # the rounding of x + h v moves psi by g times it
        return measured

    def _products(self, step: float) -> tuple[Vector, Vector]:
        """Return <v, H w>, <v, H v>, <w, H w> as one step sees them, and the norms of their terms."""
        with np.errstate(all="ignore"):
            along_v, along_w = (self._difference(d, step) / (2 * step) for d in (self.v, self.w))
            terms = (self.v * along_w, self.v * along_v, self.w * along_w)
            sums, rows = np.array([t.sum() for t in terms]), np.array([norm(t) for t in terms])
        rows[0] = max(rows[0], norm(self.w * along_v))
        return np.nan_to_num(sums, posinf=0.0, neginf=0.0), np.nan_to_num(rows, posinf=0.0)

    def _difference(self, direction: Vector, step: float) -> Vector:
        right, left = (self.problem.point(sign * step * direction) for sign in (1, -1))
        return self.problem.pull(right, self.upstream) - self.problem.pull(left, self.upstream)

    def _rung(self, step: float, analytic: Vector) -> Rung:
        ahead_v, behind_v, apart_v = self._line(self.v, step)
        ahead_w, behind_w, apart_w = self._line(self.w, step)
        here = np.array(
            [self.w @ self.gradient - self.v @ self.gradient, self.v @ self.gradient, self.w @ self.gradient]
        )
        with np.errstate(all="ignore"):
            ahead = np.array([self.w @ ahead_v - self.v @ ahead_w, self.v @ ahead_v, self.w @ ahead_w])
            behind = np.array([self.w @ behind_v - self.v @ behind_w, self.v @ behind_v, self.w @ behind_w])
            residual = np.array([(ahead[0] - behind[0]) / (2 * step), apart_v, apart_w])
            bend = (ahead - 2 * here + behind) / step
            size = np.maximum(np.abs(ahead) + np.abs(behind), self._noise_at(step) / (self.problem.precision.eps / 2))
            shift = np.array([analytic[0], 0.0, 0.0])
            left, right = (here - behind) / step + shift, (ahead - here) / step + shift
            moved = np.where((left == 0) & (right == 0), residual, right)  # g may stand still while psi bends
            return Rung(step, residual, bend, left, moved, size)

    def _noise_at(self, step: float) -> Vector:
        """Return the noise that the curvatures have beside that of the symmetry."""
        bent = _SECOND * self._noise[2] / step
        return np.array([0.0, _SIMPSON * self._noise[1] + bent, _SIMPSON * self._noise[0] + bent])

    def _line(self, direction: Vector, step: float) -> tuple[Vector, Vector, float]:
        """Return g ahead and behind, and how far the bend of psi is from the integral of g, in units of h^2."""
        right, left = (self.problem.point(sign * step * direction) for sign in (1, -1))
        ahead, behind = (self.problem.pull(point, self.upstream) for point in (right, left))
        with np.errstate(all="ignore"):
            moved = self.problem.value(right) - 2 * self.base + self.problem.value(left)
            bend = float(self.upstream @ moved) / step
            integral = float(direction @ (4 * self._difference(direction, step / 2) + ahead - behind)) / 6
        return ahead, behind, (bend - integral) / step
