"""Entry mode: one input coordinate at a time, every lane judged on its own.

A *lane* is one scalar function of the output: an output itself, or its projection on an upstream. Column j of the
Jacobian costs six to ten evaluations however many lanes there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from .._problem import Mask, Problem, Vector, norm
from ..ladder._case import REPEATS, Case, rounded_away, upper_quartile
from ..ladder._ladder import Rung
from ..ladder._noise import backward_noise, forward_noise, scatter_of
from ..rule._judged import SOUND, Judged, Ruling
from ..rule._rule import judge

_LEAST_ULPS = 256
_SAME, _BESIDE_ROW, _SMALL = 2.0**-44, 1e-3, 1e-3
_ODD, _SCATTER, _LOST = 0.93, 16.0, 2.0**-50
ENOUGH = 4
_MANY = 20_000
_STEPS = 7
_ADDED_UP = 4.0

Sides = tuple[tuple[float, Vector], tuple[float, Vector]]
"""How far a coordinate moved, and the outputs there, ahead and behind."""


@dataclass
class Lanes:
    """The scalar functions of the output that entry mode looks at, and their analytic gradients.

    ``upstreams`` has shape (lanes, outputs), ``analytic`` (lanes, inputs); ``base`` is the output at the point and
    ``outputs`` the arrays it consists of.
    """

    problem: Problem
    base: Vector
    upstreams: NDArray[np.float64]
    analytic: NDArray[np.float64]
    rng: np.random.Generator
    outputs: tuple[slice, ...] = ()
    residues: frozenset[int] = frozenset()
    """Outputs of which nothing but rounding is left, and which need no lane (`_residues`)."""
    questions: int = field(default=0, init=False)
    failures: int = field(default=0, init=False)
    convicted: bool = field(default=False, init=False)
    """Whether a failure stands that nothing excused; told by whoever asks for excuses."""
    _noise: Vector | None = field(default=None, init=False)
    _allowance: NDArray[np.float64] | None = field(default=None, init=False)
    _reclaimed: dict[int, Vector | None] = field(default_factory=dict, init=False)
    kinked: dict[int, Mask] = field(default_factory=dict, init=False)
    """Which lanes accepted an entry at a kink."""
    failed: dict[int, tuple[Case, list[Rung], Judged]] = field(default_factory=dict, init=False)
    """What was seen of columns that failed, and their rulings."""

    @classmethod
    def of(
        cls,
        problem: Problem,
        base: Vector,
        upstreams: NDArray[np.float64],
        rng: np.random.Generator,
        outputs: tuple[slice, ...] = (),
    ) -> Lanes:
        """Return the lanes of `upstreams`; one backward call each."""
        analytic = np.array([problem.pull(problem.x, u) for u in upstreams])
        return cls(problem, base, upstreams, analytic, rng, outputs)

    @property
    def single(self) -> Mask:
        """Lanes that are one output each."""
        return np.asarray(np.count_nonzero(self.upstreams, axis=1) == 1)

    @property
    def complete(self) -> bool:
        """Whether every output has a lane of its own, if it needs one."""
        covered = np.any(self.upstreams[self.single] != 0, axis=0)
        covered[list(self.residues)] = True
        return bool(covered.all())

    def of_output(self, output: Vector) -> Vector:
        """Return the value of every lane."""
        with np.errstate(all="ignore"):
            return self.upstreams @ output

    @property
    def noise(self) -> Vector:
        """Rounding noise of every lane; measured once."""
        return self.noise_of(slice(None))

    def noise_of(self, outputs: NDArray[np.intp] | slice) -> Vector:
        """Return the rounding noise of every lane, of some of the outputs alone."""
        if self._noise is None:
            self._noise = forward_noise(self.problem, self.base, self.rng)
        unit = float(np.max(self._noise, initial=0.0)) or 1.0
        return np.asarray(unit * np.sqrt((self.upstreams[:, outputs] ** 2) @ (self._noise[outputs] / unit) ** 2))

    @cached_property
    def contributions(self) -> NDArray[np.float64]:
        """What each coordinate contributes to each lane, as far as it is finite."""
        with np.errstate(all="ignore"):
            contributions = np.abs(self.analytic) * self.problem.sizes
        return np.where(np.isfinite(contributions), contributions, 0.0)

    @cached_property
    def row(self) -> Vector:
        """Largest contribution of any coordinate, per lane."""
        return np.asarray(np.max(self.contributions, axis=1, initial=0))

    @cached_property
    def typical(self) -> Vector:
        """A typical claim, per lane: of its own entries, and of one output that of the entries of all such lanes."""
        typical = np.array([upper_quartile(claims) for claims in self.analytic[~self.single]])
        found = np.full(len(self.upstreams), upper_quartile(self.analytic[self.single]))
        found[~self.single] = typical
        return found

    @cached_property
    def beside(self) -> Vector:
        """Return the largest contribution that an entry can be judged beside, per lane.

        That of its row; for a lane of one output, that of any coordinate to any entry of the same output.
        """
        beside = self.row.copy()
        for block in self.outputs:
            lanes = self.single & np.any(self.upstreams[:, block] != 0, axis=1)
            beside[lanes] = np.max(self.contributions[lanes], initial=0.0)
        return beside

    def reclaimed(self, column: int, lane: int, unit: float) -> float | None:
        """Return the analytic slope of `lane` with more digits, None where there are none."""
        if self.problem.repull is None:
            return None
        if lane not in self._reclaimed:
            self._reclaimed[lane] = self.problem.repull(self.problem.x, self.upstreams[lane])
        claimed = self._reclaimed[lane]
        return None if claimed is None else float(claimed[column]) * unit

    def set_allowance(self, allowance: NDArray[np.float64]) -> None:
        """Use `allowance`, shape (lanes, inputs), instead of measuring it."""
        self._allowance = allowance

    def allowance(self, column: int, some: Mask) -> Vector:
        """Noise of the analytic entries of `column` in `some` lanes at least, NaN in others; once for all columns."""
        if self._allowance is None:
            self._allowance = np.full(self.analytic.shape, np.nan)
        for lane in np.flatnonzero(some & np.isnan(self._allowance[:, column])).tolist():
            self._allowance[lane] = backward_noise(self.problem, self.upstreams[lane], self.analytic[lane], self.rng)
        return np.asarray(self._allowance[:, column])


def judge_columns(lanes: Lanes, columns: Iterable[int]) -> Iterator[tuple[int, Judged]]:
    """Yield every column of `columns` with its ruling, in order.

    The first failures of a small problem are confirmed with many fresh steps, others with one pair, and so is what
    follows one that nothing has excused.
    """
    few = lanes.problem.x.size <= _MANY
    for column in columns:
        brief = lanes.convicted or lanes.failures >= ENOUGH
        repeats = 1 if brief or not few else REPEATS
        case, seen = watched(case_of(lanes, column, repeats=repeats, brief=brief))
        judged = judge(case)
        if not lanes.single.any():
            judged = _among_what_it_reaches(lanes, column, case, judged, seen)
        if np.any(judged.ruling == Ruling.FAIL):
            lanes.failures += 1
            lanes.failed[column] = case, seen, judged
        yield column, judged


def _among_what_it_reaches(lanes: Lanes, column: int, case: Case, judged: Judged, seen: list[Rung]) -> Judged:
    """Return the ruling of a column in sums of many outputs, with what those that it reaches say for themselves.

    A zero that failed has to fail there as well, and so has what is off by a small share: stairs drown in rounding
    of the others, and so do the nearest knots of a fine table. What passed, too small to be seen beside them,
    may fail there, if that is no rounding.
    """
    with np.errstate(all="ignore"):
        slope = np.maximum(np.abs(judged.analytic), np.abs(judged.numeric)) * np.abs(judged.unit)
        off = np.abs(judged.analytic - judged.numeric) * np.abs(judged.unit)
    failed = (judged.ruling == Ruling.FAIL) & ((case.analytic == 0) | ((off < _SMALL * slope) & (not case.brief)))
    excused = np.isin(judged.ruling, SOUND) & (slope < _BESIDE_ROW * case.row)
    if not (failed | excused).any():
        return judged
    narrow, more = watched(case_of(lanes, column, repeats=case.repeats, brief=case.brief, narrow=True))
    if np.array_equal(narrow.row, case.row) and np.array_equal(narrow.noise, case.noise):
        return judged
    again = judge(narrow)
    wrong = again.ruling == Ruling.FAIL
    taken = failed & ~wrong
    if (excused & wrong).any():
        largest = np.max(np.abs(lanes.upstreams * lanes.base), axis=1, initial=0.0)
        taken |= excused & wrong & ~_may_round(narrow, again, largest)
    if not taken.any():
        return judged
    seen[:] = more
    return judged.replaced(taken, again.taken(taken))


def _may_round(case: Case, judged: Judged, largest: Vector) -> Mask:
    """Whether the residual may be rounding of a forward that computes in the scale of its `largest` output.

    At the largest step that shows it, it moves a lane by no more than a few ulps of that, or than values scatter.
    """
    with np.errstate(all="ignore"):
        residual = (judged.numeric - judged.analytic) * judged.unit
        shows = [rung for rung in judged.rungs if np.all(np.abs(rung.residual - residual) <= np.abs(residual) / 4)]
        if not shows:
            return np.ones(residual.size, dtype=bool)
        step = _ODD * max(rung.step for rung in shows)
        rungs = [case.sample(k * step) for k in (1, 2, 3)]
        behind = [-k * step * rung.left for k, rung in zip((3, 2, 1), rungs[::-1], strict=True)]
        ahead = [k * step * rung.right for k, rung in zip((1, 2, 3), rungs, strict=True)]
        scatter = scatter_of(np.array([*behind, np.zeros(residual.size), *ahead]))
        return ~(np.abs(residual) * step > np.maximum(_SCATTER * scatter, _LOST * largest))


def watched(case: Case) -> tuple[Case, list[Rung]]:
    """Return `case`, and a list to which every step is added that it is asked for."""
    seen: list[Rung] = []

    def sample(step: float) -> Rung:
        seen.append(case.sample(step))
        return seen[-1]

    return replace(case, sample=sample), seen


class _Column:
    """The lanes along one coordinate; sums of many outputs only as far as it reaches, if the claim says so as well.

    What it does not move adds neither slope nor rounding: one entry of an elementwise function of 10^5 would drown in
    the rounding of all the others, and stairs would look like noise. But what does not move may as well have lost a
    slope to rounding. So the outputs that a large step moves have to make up all of the claim.
    """

    def __init__(self, lanes: Lanes, position: int, unit: float, *, narrow: bool) -> None:
        self.lanes, self.position, self.unit = lanes, position, unit
        self.noise, self.row, self.beside = lanes.noise, lanes.row, lanes.beside
        self._reached: NDArray[np.intp] | None = None
        self._moves: NDArray[np.intp] | None = None
        self._seen: dict[float, Sides] = {}
        if narrow and not lanes.single.any():
            self._narrow(lanes.problem.precision.first)

    def between(self, step: float) -> Rung:
        """Return what a step to both sides shows."""
        (right, ahead), (left, behind) = self._seen.pop(step, None) or self._sides(step)
        if self._moves is None:
            self._moves = _moved(self.lanes.base, ahead, behind)
        if self._reached is not None:
            self._reached = np.union1d(self._reached, _moved(self.lanes.base, ahead, behind))
        before, here, after = (self._of(output) for output in (behind, self.lanes.base, ahead))
        predicted = self.lanes.analytic[:, self.position] * (right - left)
        return Rung.between(step, before, here, after, predicted, -left / self.unit, right / self.unit)

    @cached_property
    def own_noise(self) -> Vector:
        """The noise of what the first step has moved, and of adding up all the rest."""
        if self._moves is None or self.lanes.single.any():
            return self.noise
        part = slice(None) if self._reached is None else self._reached
        eps, terms = self.lanes.problem.precision.eps, self.lanes.upstreams[:, part] * self.lanes.base[part]
        added_up = eps * np.array([max(_ADDED_UP * norm(term), abs(term.sum())) for term in terms])
        return np.maximum(np.minimum(self.noise, self.lanes.noise_of(self._moves)), added_up)

    def _narrow(self, step: float) -> None:
        """Leave out what a step does not move, if upstreams without it claim the same."""
        lanes = self.lanes
        (_, ahead), (_, behind) = self._seen[step] = self._sides(step)
        reached = _moved(lanes.base, ahead, behind)
        if not 0 < 2 * reached.size <= lanes.base.size:
            return
        upstreams = np.zeros_like(lanes.upstreams)
        upstreams[:, reached] = lanes.upstreams[:, reached]
        claims = np.array([lanes.problem.pull(lanes.problem.x, u) for u in upstreams])
        whole = lanes.analytic[:, self.position]
        with np.errstate(all="ignore"):
            if np.all(np.abs(claims[:, self.position] - whole) <= _SAME * np.abs(whole)):
                rows = np.nanmax(np.abs(claims) * lanes.problem.sizes, axis=1, initial=0.0)
                self.row = self.beside = np.minimum(rows, lanes.row)
                self.noise, self._reached = lanes.noise_of(reached), reached

    def _sides(self, step: float) -> Sides:
        """Return by how much the coordinate really moved, and the outputs there, ahead and behind."""
        values = (self.lanes.problem.value_at(self.position, sign * step * self.unit) for sign in (1, -1))
        ahead, behind = ((realised, output) for output, realised in values)
        return ahead, behind

    def _of(self, output: Vector) -> Vector:
        """Return the value of every lane, without what stays."""
        if self._reached is None:
            return self.lanes.of_output(output)
        with np.errstate(all="ignore"):
            return np.asarray(self.lanes.upstreams[:, self._reached] @ output[self._reached])


def _moved(base: Vector, ahead: Vector, behind: Vector) -> NDArray[np.intp]:
    return np.flatnonzero((ahead != base) | (behind != base))


def case_of(lanes: Lanes, column: int, repeats: int = 1, *, brief: bool = False, narrow: bool = False) -> Case:
    """Return how one coordinate is judged; `narrow` lets sums of many outputs be those that it reaches."""
    problem = lanes.problem
    unit = float(problem.sizes[column] * lanes.rng.uniform(0.7, 1.4))
    analytic, at = lanes.analytic[:, column], problem.x[column]
    seen = _Column(lanes, column, unit, narrow=narrow)

    @cache
    def refined(step: float) -> Rung | None:
        right, left = (problem.point(sign * step * unit, column) for sign in (1, -1))
        values = problem.refined(left, right)
        if values is None:
            return None
        ways = right[column] - at, at - left[column]
        behind, middle, ahead = (lanes.upstreams @ value for value in values)
        return Rung.between(step, behind, middle, ahead, analytic * sum(ways), ways[1] / unit, ways[0] / unit)

    spacing = float(np.spacing(np.maximum(np.abs(at), unit / 1024).astype(problem.precision.grid)))
    return Case(
        analytic=analytic * unit,
        noise=seen.noise,
        unseen=problem.precision.eps / 2 * np.abs(analytic * at),
        row=seen.row,
        beside=seen.beside,
        precision=problem.precision,
        sample=seen.between,
        allowance=lambda some: lanes.allowance(column, some) * unit,
        single=lanes.single,
        least=rounded_away(analytic, lanes.typical, unit),
        least_step=_LEAST_ULPS * spacing / unit,
        repeats=repeats,
        brief=brief,
        unit=unit,
        at=float(at),
        refined=refined,
        reclaimed=lambda lane: lanes.reclaimed(column, lane, unit),
        own_noise=lambda: seen.own_noise,
    )


def sweep(lanes: Lanes, column: int, lane: int) -> list[tuple[float, float, float]]:
    """Return ``(step, error, allowed)`` at falling steps for one entry: what no choice of step explains.

    ``error`` is the residual and ``allowed`` what rounding and the change since the step before could explain, both
    relative to the numeric value, or to the analytic one where that is zero.
    """
    case, seen = lanes.failed[column][:2] if column in lanes.failed else (case_of(lanes, column), [])
    rungs = _spread(seen) if len(seen) >= _STEPS else [case.sample(2.0**-k) for k in range(3, 31, 4)]
    residuals = np.array([rung.residual[lane] for rung in rungs])
    analytic = float(case.analytic[lane])
    middle = float(np.median(residuals[np.isfinite(residuals)])) if np.isfinite(residuals).any() else 0.0
    scale = abs(analytic + middle) or abs(analytic) or 1.0
    with np.errstate(all="ignore"):
        drift = np.abs(np.diff(residuals, prepend=residuals[0]))
    noise = np.array([4 * float(case.noise[lane]) / rung.step for rung in rungs])
    drift[0] = drift[1]
    return [
        (rung.step, abs(float(r)) / scale, float(a) / scale)
        for rung, r, a in zip(rungs, residuals, drift + noise, strict=True)
    ]


def _spread(seen: list[Rung]) -> list[Rung]:
    """Return rungs among those `seen` at about every fourth binary power, largest step first."""
    wanted = (min(seen, key=lambda rung: abs(np.log2(rung.step) + k)) for k in range(3, 31, 4))
    return sorted({rung.step: rung for rung in wanted}.values(), key=lambda rung: -rung.step)
