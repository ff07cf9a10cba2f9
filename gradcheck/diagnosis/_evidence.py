"""What is known at one point, asked for when it is first needed, and what is known of one leaf at all of them.

With J the numeric Jacobian (outputs x entries of the leaf) and A(u) the claim,

    truth(u) = J^T u  for every upstream u at once,   residual(u) = A(u) - J^T u.

A column of J that sits on a kink, or was not asked for, is NaN, and so is what it makes of any prediction; only
numbers are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from ._box import Array, Box, Refused

FIT, SHARE = 3e-8, 30.0
"""What differences may be off by, relative to the largest entry, and how far below the residual a fit must lie."""

_STEP, _KINK = 1e-5, 1e-3
_WHOLE, _SAMPLE, _UPSTREAMS = 128, 24, 3
_LARGE = 4096
"""Entries of a leaf up to which it is worth a look whether its slices act apart."""

_CONFIRMED = 2
"""Halves that are moved to confirm what another point has shown with all of them."""


@dataclass
class Point:
    """One point: values of all leaves, outputs, three upstreams and the gradients claimed for them."""

    box: Box
    values: list[Array]
    rng: np.random.Generator
    before: Point | None = None
    """Another point, whose answers about the structure of the function are only confirmed here."""
    outputs: list[Array] = field(init=False)
    upstreams: list[Array] = field(init=False)
    claims: list[list[Array]] = field(init=False)
    _jacobians: dict[int, Array] = field(default_factory=dict)
    _claimed: dict[int, Array] = field(default_factory=dict)
    _noise: dict[int, float] = field(default_factory=dict)
    apart: dict[int, bool] = field(default_factory=dict)
    axes: dict[int, tuple[int, int] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.outputs = self.box.run(self.values)
        self.upstreams = [self._drawn() for _ in range(_UPSTREAMS)]
        self.claims = [self.claim(u) for u in self.upstreams]

    def _drawn(self) -> Array:
        size = sum(out.size for out in self.outputs)
        return np.asarray(self.rng.uniform(0.3, 2.3, size) * self.rng.choice((-1.0, 1.0), size))

    @property
    def flat(self) -> Array:
        """All outputs as one vector."""
        return np.concatenate([out.ravel() for out in self.outputs])

    @property
    def out(self) -> Array:
        """The first output."""
        return self.outputs[0]

    def parts(self, flat: Array) -> list[Array]:
        """Return a vector over all outputs as one array per output."""
        stops = np.cumsum([out.size for out in self.outputs])[:-1]
        return [p.reshape(o.shape) for p, o in zip(np.split(flat, stops), self.outputs, strict=True)]

    def claim(self, upstream: Array) -> list[Array]:
        """Return what the backward returns for `upstream`, one array per leaf."""
        return self.box.pull(self.values, self.parts(upstream))

    def flat_run(self, values: list[Array]) -> Array:
        """Return all outputs at other values of the leaves; NaN where the subject refuses them."""
        try:
            outputs = self.box.run(values)
        except Refused:
            return np.full(self.flat.size, np.nan)
        flat = np.concatenate([out.ravel() for out in outputs])
        return flat if flat.size == self.flat.size else np.full(self.flat.size, np.nan)

    def moved(self, leaf: int, values: Array) -> Array:
        """Return all outputs where one leaf holds `values`."""
        return self.flat_run([values if k == leaf else v for k, v in enumerate(self.values)])

    def steps(self, leaf: int) -> Array:
        """Return the step of every entry of a leaf."""
        size = np.abs(self.values[leaf])
        typical = float(np.sqrt(np.mean(np.square(size)))) or 1.0
        return np.asarray(_STEP * np.maximum(size, 0.3 * typical))

    def jacobian(self, leaf: int) -> Array:
        """Return J of a leaf, by centred differences; a large leaf is sampled."""
        if leaf not in self._jacobians:
            value, steps = self.values[leaf], self.steps(leaf)
            size = float(np.max(np.abs(self.flat), initial=0.0))
            self._noise[leaf] = 4 * np.finfo(float).eps * size / float(np.min(steps, initial=1.0))
            if self.is_elementwise(leaf):
                self._jacobians[leaf] = np.diag(self._slopes(leaf, np.ones(value.shape), steps))
                return self._jacobians[leaf]
            apart = self._apart_along(leaf)
            if apart is not None:
                self._jacobians[leaf] = self._by_slices(leaf, steps, *apart)
                return self._jacobians[leaf]
            found = np.full((self.flat.size, value.size), np.nan)
            asked = range(value.size)
            if value.size > _WHOLE:
                asked = self.rng.permutation(value.size)[:_SAMPLE]  # type: ignore[assignment]
            for j in asked:
                found[:, j] = self._slope(leaf, int(j), float(steps.flat[j]))
            self._jacobians[leaf] = found
        return self._jacobians[leaf]

    def is_sampled(self, leaf: int) -> bool:
        """Whether some columns of J were not asked for."""
        return self.values[leaf].size > _WHOLE and bool(np.isnan(self.jacobian(leaf)).all(axis=0).any())

    def _apart_along(self, leaf: int) -> tuple[int, int] | None:
        """Return an axis of a leaf and one of the output along which slice acts on slice alone, the longest first."""
        if leaf not in self.axes:
            self.axes[leaf] = next(iter(self._axes_apart(leaf)), None)
        return self.axes[leaf]

    def _axes_apart(self, leaf: int) -> Iterator[tuple[int, int]]:
        value = self.values[leaf]
        if len(self.outputs) > 1 or self.out.ndim == 0 or value.ndim == 0:
            return
        pairs = [
            (a, b)
            for a, n in enumerate(value.shape)
            for b, m in enumerate(self.out.shape)
            if n == m and n > 2 and value.size <= _LARGE
        ]
        if self.before is not None and leaf in self.before.axes:
            known = self.before.axes[leaf]
            pairs = [known] if known in pairs else []
        likely = sorted(pairs, key=lambda pair: (-value.shape[pair[0]], pair[0] != pair[1]))
        yield from (pair for pair in likely if self._slices_apart(leaf, *pair))

    def _slices_apart(self, leaf: int, a: int, b: int) -> bool:
        """Whether moving any half of the slices of the leaf leaves the output's other half bit for bit."""
        value, n = self.values[leaf], self.out.shape[b]
        known = self.before is not None and leaf in self.before.axes
        for half in islice(_halves(n), _CONFIRMED if known else None):
            shape = [n if k == a else 1 for k in range(value.ndim)]
            moved = self.moved(leaf, value + 1e3 * self.steps(leaf) * half.reshape(shape)).reshape(self.out.shape)
            if not np.array_equal(np.compress(~half, moved, axis=b), np.compress(~half, self.out, axis=b)):
                return False
        return True

    def _by_slices(self, leaf: int, steps: Array, a: int, b: int) -> Array:
        """Return J where all slices along an axis can be moved at once."""
        value, numbers = self.values[leaf], np.arange(self.out.size).reshape(self.out.shape)
        columns = np.moveaxis(np.arange(value.size).reshape(value.shape), a, 0).reshape(value.shape[a], -1)
        rows = np.moveaxis(numbers, b, 0).reshape(value.shape[a], -1)
        found = np.zeros((self.out.size, value.size))
        for which in columns.T:
            step = np.zeros(value.size)
            step[which] = steps.flat[which]
            ahead, behind = (self.moved(leaf, value + sign * step.reshape(value.shape)) for sign in (1, -1))
            for j, mine in zip(which, rows, strict=True):
                found[mine, j] = _slope_of(ahead[mine], self.flat[mine], behind[mine], float(steps.flat[j]))
        return found

    def _slope(self, leaf: int, j: int, step: float) -> Array:
        only = np.zeros(self.values[leaf].shape)
        only.flat[j] = 1.0
        ahead, behind = (self.moved(leaf, self.values[leaf] + sign * step * only) for sign in (1, -1))
        return _slope_of(ahead, self.flat, behind, step)

    def _slopes(self, leaf: int, which: Array, steps: Array) -> Array:
        """Return the slope of every entry of an elementwise function; NaN next to a kink."""
        moved = (which * steps).ravel()
        ahead, behind = (self.moved(leaf, self.values[leaf] + sign * which * steps) for sign in (1, -1))
        right, left = (ahead - self.flat) / moved, (self.flat - behind) / moved
        sides = np.maximum(np.abs(right), np.abs(left))
        return np.where(np.abs(right - left) > 1e-2 * sides + 1e-9, np.nan, (ahead - behind) / (2 * moved))

    def is_elementwise(self, leaf: int) -> bool:
        """Whether output and leaf correspond entry by entry: each half that moves leaves the other half as it is."""
        value = self.values[leaf]
        if len(self.outputs) > 1 or self.out.shape != value.shape or value.size < 2:
            return False
        if leaf not in self.apart:
            known = None if self.before is None else self.before.apart.get(leaf)
            halves = islice(_halves(value.size), _CONFIRMED if known else None)
            self.apart[leaf] = known is not False and all(self._leaves_alone(leaf, half) for half in halves)
        return self.apart[leaf]

    def _leaves_alone(self, leaf: int, half: Array) -> bool:
        value = self.values[leaf]
        moved = value + 1e3 * self.steps(leaf) * half.reshape(value.shape)
        return bool(np.array_equal(self.moved(leaf, moved)[~half], self.flat[~half]))

    def claimed(self, leaf: int) -> Array:
        """Return K of a leaf: row o is the claim for the upstream that is one at output o and zero elsewhere."""
        if not self._claimed:
            if self.flat.size > _WHOLE:
                raise Refused
            rows = [self.claim(row) for row in np.eye(self.flat.size)]
            self._claimed = {k: np.array([row[k].ravel() for row in rows]) for k in range(len(self.values))}
        return self._claimed[leaf]

    def truth(self, leaf: int, upstream: Array) -> Array:
        """Return J^T u in the shape of the leaf."""
        return np.asarray(upstream @ self.jacobian(leaf)).reshape(self.values[leaf].shape)

    def allowed(self, leaf: int, r: int) -> float:
        """Return what the r-th claim and a prediction that is right may differ by."""
        truth = self.truth(leaf, self.upstreams[r])
        size = max(_largest(truth), _largest(self.claims[r][leaf]))
        noise = self._noise[leaf] * float(np.sum(np.abs(self.upstreams[r])))
        return max(FIT * size, noise)

    def error(self, leaf: int, r: int) -> float:
        """Return how far the r-th claim is off."""
        return _largest(self.claims[r][leaf] - self.truth(leaf, self.upstreams[r]))


def _slope_of(ahead: Array, here: Array, behind: Array, step: float) -> Array:
    """Return the centred slope, NaN where the two sides tell of a kink."""
    right, left, slope = (ahead - here) / step, (here - behind) / step, (ahead - behind) / (2 * step)
    size = float(np.max(np.abs(slope), initial=0.0))
    kinked = float(np.max(np.abs(right - left), initial=0.0)) > _KINK * size
    return np.full_like(slope, np.nan) if kinked and size > 0 else np.asarray(slope)


def _halves(size: int) -> Iterator[Array]:
    """Yield halves such that any two entries are in different ones, either way round, some time."""
    numbers = np.arange(size)
    for bit in range(int(size - 1).bit_length()):
        half = (numbers >> bit & 1).astype(bool)
        yield half
        yield ~half


Prediction = Callable[[Point, int], "Array | None"]


@dataclass
class Case:
    """One leaf whose gradient is wrong, at all points where it could be asked for."""

    box: Box
    leaf: int
    points: list[Point]
    wrong: frozenset[int] = frozenset()
    """Other leaves whose gradients are wrong too."""

    @property
    def name(self) -> str:
        """What the user calls the leaf."""
        return self.box.names[self.leaf]

    def value(self, point: Point) -> Array:
        """Return the leaf at `point`."""
        return point.values[self.leaf]

    def truth(self, point: Point, r: int, upstream: Array | None = None) -> Array:
        """Return the true gradient for the r-th upstream, or for another one."""
        return point.truth(self.leaf, point.upstreams[r] if upstream is None else upstream)

    def claim(self, point: Point, r: int) -> Array:
        """Return the claimed gradient for the r-th upstream."""
        return point.claims[r][self.leaf]

    @property
    def pairs(self) -> list[tuple[Point, int]]:
        """Every point with every upstream."""
        return [(p, r) for p in self.points for r in range(len(p.upstreams))]

    def is_wrong(self) -> bool:
        """Whether the disagreement shows at these points, well above what differences may be off by."""
        return any(p.error(self.leaf, r) > SHARE * p.allowed(self.leaf, r) for p, r in self.pairs)

    def fit(self, predict: Prediction) -> float | None:
        """Return the worst misfit of a prediction relative to the gradient; None where it does not explain it all."""
        worst, compared = 0.0, 0
        for point, r in self.pairs:
            claim, predicted = self.claim(point, r), predict(point, r)
            if predicted is None or predicted.shape != claim.shape:
                return None
            known = np.isfinite(predicted) & np.isfinite(self.truth(point, r))
            if 2 * np.sum(known) < np.sum(np.isfinite(self.truth(point, r))):
                return None
            off = _largest((claim - predicted)[known])
            allowed, error = point.allowed(self.leaf, r), point.error(self.leaf, r)
            if off > allowed or (error > allowed and off > error / SHARE):
                return None
            compared += int(np.sum(known))
            worst = max(worst, off / (_largest(claim[known]) or 1.0))
        return worst if compared > 3 else None


def _largest(values: Array) -> float:
    return float(np.nanmax(np.abs(values), initial=0.0)) if values.size else 0.0
