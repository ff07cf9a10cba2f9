"""Second order (GC103): the gradient's own derivative, claimed or not.

A claim is compared with differences of the gradient by the very check that compares a gradient with differences of
the function. Without a claim the gradient must at least be that of something, and of this function
(`numerics.Curvature`): a symmetric Hessian, and the curvature that second differences of f show. Either is asked
twice, with fresh directions, before it fails, and then by single entries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..numerics import SOUND, Curvature, Judged, Mask, Problem, Ruling, Vector, norm, probe_sizes, weights
from ..report import Comparison as Compared
from ..report import Finding, Verdict
from ..subjects import Array, location_of
from .bench._bench import Bench
from .bench._pieces import joined, place_of
from .comparison._comparison import Comparison
from .conclusion._limits import LIMITS
from .forward_mode._conclude import Concluded

SCHEME = "second order: differences of the gradient against its symmetry, and against second differences of f"
_NOTE = "second order, without a claim: symmetry of the Hessian, and curvature along random directions"
_NAMES = ("symmetry", "curvature", "curvature")
_WEIGHT = 0.6
_NAMED = 64
_LEFT = 0.5
"""Share of the outputs that must be left when those that cross a kink are set aside."""
_SEEN = 1e-3
"""Share of the second order that a bend must have to count as one."""


@dataclass(slots=True)
class SecondOrder:
    """The two identities around one point."""

    bench: Bench
    problem: Problem
    base: Vector
    upstream: Vector
    gradient: Vector
    rng: np.random.Generator
    aside: int = 0

    @classmethod
    def of(cls, comparison: Comparison) -> SecondOrder:
        """Return the second order of what `comparison` compared at first order; of f itself if that is one number."""
        c = comparison
        upstream, gradient = c.upstream, c.analytic
        if c.base.size == 1 and not c.fixed_upstream:
            upstream = np.ones(1)
            gradient = c.problem.pull(c.problem.x, upstream)
        return cls(c.bench, c.problem, c.base, upstream, gradient, c.rng)

    def run(self, kinks: str, *, kinked: bool) -> Concluded:
        """Ask along random directions; accuse only what fails along others, too.

        ``kinked`` says that the first order met a kink, which then is what keeps the second undecided.
        """
        v, w = self._direction(), self._direction()
        judged = self._along(v, w)
        undecided = np.all(judged.ruling != Ruling.FAIL) and np.any(judged.ruling == Ruling.OPEN)
        if undecided and not kinked and _jumps(judged):
            kinked = self._set_kinked_outputs_aside(v, w)
            judged = self._along(v, w) if kinked else judged
        failed = [int(lane) for lane in np.flatnonzero(judged.ruling == Ruling.FAIL)]
        wrong = self._fail_again(failed) if failed else []
        if wrong:
            finding = self._finding(wrong, judged)
            return Concluded([self._compared(judged, Verdict.FAIL)], [finding], scheme=SCHEME)
        for lane in failed:
            judged.ruling[lane], judged.limit[lane] = Ruling.OPEN, "truncation"
        if kinked:
            judged.limit = ["kink" if limit else limit for limit in judged.limit]
        return self._passed_or_open(judged, kinks)

    def _along(self, v: Vector, w: Vector) -> Judged:
        return Curvature(self.problem, self.upstream, self.base, self.gradient, v, w, self.rng).judge()

    def _direction(self, where: Mask | None = None) -> Vector:
        drawn = weights(self.problem.x.size, self.rng)
        drawn = drawn * probe_sizes(self.problem.x, self.problem.sizes, self.problem.blocks)
        return drawn if where is None else drawn * where

    def _set_kinked_outputs_aside(self, *directions: Vector) -> bool:
        """Give outputs that cross a kink on the way no weight, where others are left; return whether any did."""
        step, weight = self.problem.precision.first, np.ones(self.base.size, dtype=bool)
        for direction in directions:
            coarse, fine = (self._bend(direction, h) for h in (step, step / 16))
            rounding = 16 * self.problem.precision.eps * np.abs(self.base) / (step / 16)
            smooth = (fine > coarse / 64 - rounding) & (fine < coarse / 4 + rounding)
            weight &= smooth | (coarse <= rounding)
        if weight.all() or np.count_nonzero(weight) < _LEFT * weight.size:
            return False
        self.aside = int(np.sum(~weight))
        self.upstream = self.upstream * weight
        self.gradient = self.problem.pull(self.problem.x, self.upstream)
        return True

    def _bend(self, direction: Vector, step: float) -> Vector:
        right, left = (self.problem.point(sign * step * direction) for sign in (1, -1))
        with np.errstate(all="ignore"):
            return np.abs(self.problem.value(right) - 2 * self.base + self.problem.value(left)) / step

    def _fail_again(self, failed: list[int]) -> list[int]:
        """Return the lanes that fail for fresh directions, too; one curvature may stand for the other."""
        again = self._along(self._direction(), self._direction())
        symmetric = again.ruling[0] == Ruling.FAIL
        curved = bool(np.any(again.ruling[1:] == Ruling.FAIL))
        return [lane for lane in failed if (symmetric if lane == 0 else curved)]

    # -- what failed ---------------------------------------------------------------------------------------------

    def _finding(self, wrong: list[int], judged: Judged) -> Finding:
        lane = wrong[0]
        named = self._pair() if lane == 0 else self._diagonal()
        name = self.bench.subject.name
        numbers = (float(judged.analytic[lane]), float(judged.numeric[lane]), float(judged.bound[lane]))
        if lane == 0:
            said = f"the gradient of {name} is the gradient of no function: its derivative is not symmetric"
            hint = "some part of it does not follow the inputs: a stale cache, a detached value, a wrong index"
            detail = f"<v, H w> is {numbers[0]:.9g} and <w, H v> is {numbers[1]:.9g} along random v and w"
        else:
            said = f"the gradient of {name} changes in another way than the slope of {name} does"
            hint = "the gradient is right here and wrong next to here: look for a cache, a branch, or a lucky point"
            detail = f"<v, H v> is {numbers[0]:.9g}, second differences give {numbers[1]:.9g} along a random v"
        path, index, shown = (None, None, numbers) if named is None else named[:3]
        return Finding(
            "GC103",
            said + (f" ({named[3]})" if named else ""),
            Verdict.FAIL,
            path,
            index,
            *shown,
            hint=hint,
            location=location_of(self.bench.subject.backward),
            detail=(detail,),
        )

    def _pair(self) -> tuple[str, tuple[int, ...], tuple[float, float, float], str] | None:
        """Return the pair of entries whose mixed derivatives differ most, if it fails on its own."""
        if self.problem.x.size > _NAMED:
            return None
        hessian, sizes = self._hessian(), self.problem.sizes
        off = np.abs(hessian - hessian.T)
        i, j = (int(k) for k in np.unravel_index(int(np.argmax(np.nan_to_num(off))), off.shape))
        judged = self._along(self._unit(j), self._unit(i))
        if judged.ruling[0] != Ruling.FAIL:
            return None
        scale = float(sizes[i] * sizes[j])
        numbers = (judged.analytic[0] / scale, judged.numeric[0] / scale, judged.bound[0] / scale)
        one, other = (place_of(self.bench.inputs, k) for k in (i, j))
        said = f"dg/d{one} at {other} is {numbers[0]:.6g}, dg/d{other} at {one} is {numbers[1]:.6g}"
        return *one, (float(numbers[0]), float(numbers[1]), float(numbers[2])), said

    def _diagonal(self) -> tuple[str, tuple[int, ...], tuple[float, float, float], str] | None:
        """Return an entry along which the curvature is wrong on its own."""
        if self.problem.x.size > _NAMED:
            return None
        for i in range(self.problem.x.size):
            judged = self._along(self._unit(i), self._direction())
            if judged.ruling[1] == Ruling.FAIL:
                scale = float(self.problem.sizes[i]) ** 2
                numbers = [float(v[1]) / scale for v in (judged.analytic, judged.numeric, judged.bound)]
                place = place_of(self.bench.inputs, i)
                return *place, (numbers[0], numbers[1], numbers[2]), f"along {place}"
        return None

    def _unit(self, position: int) -> Vector:
        direction = np.zeros(self.problem.x.size)
        direction[position] = self.problem.sizes[position]
        return direction

    def _hessian(self) -> np.ndarray:
        """Return the derivative of the gradient, roughly, in units of the inputs."""
        rows = []
        for j in range(self.problem.x.size):
            ahead, behind = (
                self.problem.pull(self.problem.point(sign * 2.0**-14 * self._unit(j)), self.upstream)
                for sign in (1, -1)
            )
            rows.append((ahead - behind) * self.problem.sizes)
        return np.array(rows)

    # -- what did not --------------------------------------------------------------------------------------------

    def _passed_or_open(self, judged: Judged, kinks: str) -> Concluded:
        open_ = np.flatnonzero(judged.ruling == Ruling.OPEN)
        kinked = bool(np.any(judged.ruling == Ruling.KINK))
        if kinks == "ignore":
            open_ = np.array([lane for lane in open_ if judged.limit[lane] != "kink"], dtype=int)
        if not open_.size:
            notes = [_at_a_kink()] if kinked else []
            return Concluded([self._compared(judged, Verdict.PASS)], notes, scheme=SCHEME)
        lane = int(open_[0])
        limit = LIMITS[judged.limit[lane] or "noise"]
        what = f"the second order of {self.bench.subject.name} ({_NAMES[lane]})"
        finding = Finding(limit.code, limit.title.format(what=what), Verdict.INCONCLUSIVE, hint=limit.remedy)
        if limit.code == "GC901":
            finding = replace(finding, hint="move the inputs off the kink, or pass kinks='ignore'")
        return Concluded([self._compared(judged, Verdict.INCONCLUSIVE)], [finding], scheme=SCHEME)

    def _compared(self, judged: Judged, verdict: Verdict) -> Compared:
        with np.errstate(all="ignore"):
            flat = np.isin(judged.ruling, (Ruling.ROW, Ruling.FLAT)) | (judged.analytic == 0)
            scale = np.maximum(judged.scale, flat * 2 * norm(self.gradient * self.problem.sizes))
            doubt = (judged.bound + np.abs(judged.analytic - judged.numeric)) / scale
        known = doubt[np.isfinite(doubt) & np.isin(judged.ruling, SOUND)]
        worst = float(np.max(known, initial=0.0)) * float(np.sqrt(self.problem.x.size)) / _WEIGHT
        return Compared(
            "gradient",
            ", ".join(piece.path for piece in self.bench.inputs),
            verdict,
            SCHEME,
            self.problem.x.size,
            resolution=2 * worst if verdict is Verdict.PASS else None,
            note=_NOTE + (f"; {self.aside} outputs cross a kink and were left out" if self.aside else ""),
        )


def _jumps(judged: Judged) -> bool:
    """Whether the gradient bends at some step as it does across a kink: no less than at the step before."""
    bends = np.abs([rung.bend for rung in judged.rungs])
    return bool(np.any((bends[1:] > bends[:-1] / 2) & (bends[1:] > _SEEN * judged.scale)))


def _at_a_kink() -> Finding:
    return Finding(
        "GC901",
        "the gradient jumps here, so that second order was judged by one-sided slopes",
        Verdict.PASS,
        hint="move the inputs off the kink to have it judged fully",
    )


def not_looked_at() -> Finding:
    """Return the note that order two was asked for and not reached."""
    return Finding(
        "GC908",
        "second order was not looked at: the first order is not right, or could not be judged",
        Verdict.PASS,
        hint="repair the gradient first",
    )


def whole_upstream(bench: Bench, upstream: Vector) -> Array | None:
    """Return the upstream as the subject's own backward gets it; None where there are several outputs."""
    parts = bench.upstreams(upstream)
    if len(parts) == 1:
        return parts[0]
    paired = len(parts) == 2 and len(joined(bench.outputs)) == 1
    return np.asarray(parts[0] + 1j * parts[1]) if paired else None


def as_second_order(concluded: Concluded, name: str) -> Concluded:
    """Return what the check of a gradient came to in the words of second order."""
    findings = [_reworded(finding, name) for finding in concluded.findings]
    compared = [
        replace(c, output="gradient", method=f"second order: {c.method}", note=c.note or "second order, as claimed")
        for c in concluded.comparisons
    ]
    return Concluded(compared, findings, concluded.mode, f"second order: {concluded.scheme}")


def _reworded(finding: Finding, name: str) -> Finding:
    wrong = finding.severity is Verdict.FAIL and finding.code in ("GC101", "GC102")
    if wrong:
        title = f"the second derivative of {name} is wrong: that of its gradient with respect to {finding.path}"
        return replace(finding, code="GC103", title=title)
    return replace(finding, title=f"second order: {finding.title}")
