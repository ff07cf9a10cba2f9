r"""Kinks: seen by a bend that does not fall with the step, left behind by smaller steps, judged by the hull.

The bend S(h) = [phi(x+hv) - 2 phi(x) + phi(x-hv)]/h falls like h where phi is smooth. If the slope jumps by D at a
distance delta < h it tends to D (1 - delta/h) instead, so two steps give both unknowns:

.. math:: D = \frac{S_k h_k - S_{k-1} h_{k-1}}{h_k - h_{k-1}}, \qquad \delta = h_k (1 - S_k/D)

A step below delta sees a smooth function again. *At* the kink no step does, and any value between the two one-sided
slopes is a subgradient (F. Clarke, "Optimization and Nonsmooth Analysis", 1983); at a jump of phi itself only the
side on which phi continues has a slope.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .._problem import Mask, Vector
from ..ladder._ladder import Ladder

_STUBBORN = 0.5  # a smooth bend falls by the ratio of the steps, at least fourfold
_BLUR = 0.02  # how much of the hull's width is granted to its edges
_ALIKE = 3  # steps that show the same slopes
_HIDES, _ABOVE = 20.0, 16.0  # noises that hide a kink; how far above that is just above it
_TOLD = 8.0  # noises that the distance of a kink has to be worth


def bends_like_a_kink(ladder: Ladder, least: Vector, index: int = -1) -> Mask:
    """Whether the bend at rung `index` is more than noise and `least`, and did not fall with the step."""
    return _visible(ladder, least, index) & _stubborn(ladder, index)


def _visible(ladder: Ladder, least: Vector, index: int) -> Mask:
    return np.asarray(np.abs(ladder.rungs[index].bend) > _visibility(ladder, least, index))


def _visibility(ladder: Ladder, least: Vector, index: int) -> Vector:
    """Return the smallest bend that is more than noise and `least` at rung `index`."""
    rung = ladder.rungs[index]
    return np.asarray(np.maximum(12 * ladder.noise_at(rung) / rung.step, least))


def _stubborn(ladder: Ladder, index: int) -> Mask:
    fine, coarse = ladder.rungs[index], ladder.rungs[index - 1]
    return np.asarray(np.abs(fine.bend) > _STUBBORN * np.abs(coarse.bend))


def ends_in_a_kink(ladder: Ladder, least: Vector) -> Mask:
    """Whether the finest rung that would show a kink, were there one, shows it.

    A rung would show it if the bend of the rung above stands out of its noise.
    """
    told, kinked = np.zeros(least.size, dtype=bool), np.zeros(least.size, dtype=bool)
    for k in range(len(ladder.rungs) - 1, 0, -1):
        visible = _visible(ladder, least, k)
        telling = (visible | (np.abs(ladder.rungs[k - 1].bend) > _visibility(ladder, least, k))) & ~told
        kinked |= telling & visible & _stubborn(ladder, k)
        told |= telling
    return kinked


def distance(ladder: Ladder) -> Vector:
    """Return, per lane, how far the kink is in units of the step; NaN where it cannot be told."""
    coarse, fine = ladder.rungs[-2:]
    with np.errstate(all="ignore"):
        jump = (fine.bend * fine.step - coarse.bend * coarse.step) / (fine.step - coarse.step)
        delta = fine.step * (1 - fine.bend / jump)
        told = (delta > _TOLD * ladder.noise_at(fine) / np.abs(jump)) & (delta < fine.step)
    return np.where(told, delta, np.nan)


def is_straight(ladder: Ladder) -> Mask:
    """Whether three steps show the same slopes to either side, to rounding.

    A kink a little beside the point bends them by its distance over the step, and where that is more than rounding it
    is told. So no step needs to be asked but one as close as can be, where f may have slopes of its own.
    """
    rungs, same = ladder.rungs[-_ALIKE:], np.full(ladder.finest.bend.size, len(ladder.rungs) >= _ALIKE)
    for coarse, fine in pairwise(rungs):
        with np.errstate(all="ignore"):
            apart = np.maximum(np.abs(fine.left - coarse.left), np.abs(fine.right - coarse.right))
            same &= apart <= _TOLD * ladder.noise_at(fine) / fine.step
    return same


def at_the_floor(ladder: Ladder) -> Mask:
    """Whether noise forbids to look closer at the bend."""
    fine = ladder.finest
    return _HIDES * ladder.noise_at(fine) / fine.step > _BLUR * np.abs(fine.bend)


def closest(ladder: Ladder, lanes: Mask) -> float:
    """Return a step just above that at which noise hides the bends of `lanes`, should these stay what they are."""
    fine = ladder.finest
    return float(_ABOVE * _HIDES / _BLUR * np.max(ladder.noise_at(fine)[lanes] / np.abs(fine.bend[lanes])))


@dataclass(frozen=True, slots=True)
class Hull:
    """The interval of one-sided slopes of each lane, its blur, and whether it means anything."""

    low: Vector
    high: Vector
    blur: Vector
    valid: Mask

    def outside(self, slope: Vector) -> Vector:
        """Return how far `slope` lies outside the interval, 0 inside."""
        return np.asarray(np.maximum(np.maximum(self.low - slope, slope - self.high), 0.0))


def hull(ladder: Ladder, allowance: Vector, least: Vector, closest: float = 0.0) -> Hull:
    """Return the interval between the one-sided slopes, from the rungs that see the kink and with the least blur.

    `allowance` is the noise of the analytic value; no more of it is granted than a share of the interval, since one
    ulp across the kink flips the analytic value from one side to the other. Rungs below the step `closest` are not
    asked.
    """
    finest = max((k for k, rung in enumerate(ladder.rungs) if rung.step >= closest), default=0)
    best, _, _ = _edges(ladder, finest, allowance)
    started = np.zeros(least.size, dtype=bool)
    persists, jumps = (np.ones(least.size, dtype=bool) for _ in range(2))
    for k in range(finest, 0, -1):
        begins = _visible(ladder, least, k) & ~started
        started |= begins
        persists &= _stubborn(ladder, k) | ~started
        plain, jumped, jump = _edges(ladder, k, allowance)
        jumps &= jump | ~started  # a jump is one at every smaller step; another kink may look like one, once
        other = _where(jump & jumps, jumped, plain)
        sharper = (other.blur < best.blur) & _same(best, other)  # from afar a fine saw looks like one blunt kink
        better = started & persists & other.valid & (begins | sharper | ~best.valid)
        best = _where(better, other, best)
    return best


def _same(one: Hull, other: Hull) -> Mask:
    with np.errstate(all="ignore"):
        apart = np.maximum(np.abs(one.low - other.low), np.abs(one.high - other.high))
        return np.asarray(apart <= one.blur + other.blur)


def _where(mask: Mask, one: Hull, other: Hull) -> Hull:
    return Hull(*(np.where(mask, getattr(one, f), getattr(other, f)) for f in Hull.__slots__))


def _edges(ladder: Ladder, k: int, allowance: Vector) -> tuple[Hull, Hull, Mask]:
    """Return the hull as rung `k` sees it: between two slopes, or beside a jump, and where it looks like a jump."""
    coarse, fine = ladder.rungs[k - 1], ladder.rungs[k]
    with np.errstate(all="ignore"):
        width = np.abs(fine.right - fine.left)
        noise = 4 * ladder.noise_at(fine) / fine.step
        settle = noise + np.maximum(np.abs(fine.left - coarse.left), np.abs(fine.right - coarse.right))
        blur = settle + _BLUR * width + np.minimum(allowance, _BLUR * width)
        low, high = np.minimum(fine.left, fine.right), np.maximum(fine.left, fine.right)
        edges = Hull(low, high, blur, np.isfinite(blur) & (settle <= 0.2 * width))
        ratio, right, left = coarse.step / fine.step, (fine.right, coarse.right), (fine.left, coarse.left)
        one, on_the_right = _at_a_jump(edges, noise, ratio, right, left)
        both, on_the_left = _at_a_jump(one, noise, ratio, left, right)
    return edges, both, on_the_right | on_the_left


def _at_a_jump(
    edges: Hull, noise: Vector, ratio: float, broken: tuple[Vector, Vector], whole: tuple[Vector, Vector]
) -> tuple[Hull, Mask]:
    """Replace the hull by the slope of the `whole` side where the `broken` side's slope grows like 1/h, a jump.

    Both sides are given as (fine, coarse) slopes. Return the hull, and where that is so.
    """
    (steep, before), (slope, earlier) = broken, whole
    drift = np.abs(slope - earlier) + noise
    jump = (np.abs(steep) > 0.8 * ratio * np.abs(before)) & (np.abs(steep) > 8 * np.abs(slope) + 64 * noise)
    jump &= drift < 0.01 * np.abs(steep)
    beside = Hull(slope, slope, drift + 1e-3 * np.abs(slope), edges.valid | np.isfinite(drift))
    return _where(jump, beside, edges), jump
