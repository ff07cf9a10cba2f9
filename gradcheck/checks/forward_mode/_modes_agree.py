r"""Forward against reverse mode, without any difference (GC113).

.. math:: \langle u, \mathrm{jvp}(v)\rangle = \langle \mathrm{vjp}(u), v\rangle \qquad\text{for all } u, v

holds to rounding, whatever the function; so it sees errors a thousand times smaller than differences do. What
rounding may do is measured: both numbers are taken again at inputs an ulp away, with scaled and with split
directions, which rolls every rounding error anew. A saturated function hides its rounding from all of these; a few
ulps of u . f, and of the products at inputs nearer to the origin, are granted for it.

At a kink the two modes may choose different subgradients, and both be right. Off the kink they may not: modes that
disagree here and agree at every neighbour are left to the differences, each on its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from ...numerics import Problem, Vector, norm, probe_sizes, weights
from ...report import Comparison as Compared
from ...report import Finding, Verdict
from ...subjects import location_of, rounding_of
from ..bench._bench import Bench
from ..bench._pieces import Piece

_PAIRS = 3
_PLAIN, _SAFETY, _ULPS = 64, 16, 8
_SCALES = (1.1, 1.3, 1.7)
_SHRUNK = (0.5, 0.25, 0.125, 2.0**-5, 2.0**-7)
_NEARBY = (1e-4, 1e-6, 1e-3)
_LARGE = 20_000
_SMALLEST = 0.6


@dataclass(frozen=True, slots=True)
class Products:
    """Both sides of the identity for one pair, what rounding may make of them, and their scale."""

    forward: float
    reverse: float
    allowed: float
    scale: float

    @property
    def gap(self) -> float:
        """By how much the sides differ."""
        return abs(self.forward - self.reverse)

    @property
    def apart(self) -> bool:
        """Whether rounding cannot explain it."""
        return self.gap > self.allowed


class Agreement:
    """The identity at one point, for one input at a time."""

    def __init__(self, bench: Bench, problem: Problem, rng: np.random.Generator, upstream: Vector | None) -> None:
        self.bench, self.problem, self.rng, self.given = bench, problem, rng, upstream
        self.sizes = probe_sizes(problem.x, problem.sizes, problem.blocks)

    def run(self, base: Vector) -> tuple[dict[str, Products], dict[str, float]]:
        """Return the worst pair of every input whose modes disagree, and what was certified of the others."""
        small = base.size + self.problem.x.size <= _LARGE
        wrong: dict[str, Products] = {}
        seen: dict[str, float] = {}
        for _ in range(_PAIRS if small else 1):
            upstream = self._upstream(base)
            gradient = self.bench.gradient(self.problem.x, upstream)
            for piece in self.bench.inputs:
                found = self._at(self.problem.x, base, piece, upstream, gradient)
                if found.apart:
                    wrong.setdefault(piece.path, found)
                share = max(found.gap, found.allowed) / found.scale if found.scale else 0.0
                seen[piece.path] = max(seen.get(piece.path, 0.0), share)
        pieces = [piece for piece in self.bench.inputs if piece.path in wrong]
        kept = {piece.path: wrong[piece.path] for piece in pieces if self._stands(base, piece)}
        return kept, {path: share for path, share in seen.items() if path not in wrong}

    def _upstream(self, base: Vector) -> Vector:
        if self.given is not None:
            return self.given
        # weights of few digits make few digits of weights by hand, which looks like rounding
        return self.bench.draw_upstream(base, self.rng) * self.rng.uniform(0.9, 1.1, base.size)

    def _tangent(self, piece: Piece) -> Vector:
        tangent = np.zeros(self.problem.x.size)
        tangent[piece.where] = (weights(tangent.size, self.rng) * self.sizes)[piece.where]
        return tangent

    def _stands(self, base: Vector, piece: Piece) -> bool:
        """Whether fresh pairs disagree, here and at every neighbour where both modes are finite."""
        told = 0
        for away in chain((0.0,), _NEARBY):
            shift = away * self.problem.sizes * self.rng.uniform(-1, 1, self.problem.x.size)
            x = self.problem.point(shift)
            upstream = self._upstream(base)
            found = self._at(x, base, piece, upstream, self.bench.gradient(x, upstream))
            if not np.isfinite(found.forward + found.reverse):
                continue
            told += bool(away)
            if not found.apart:
                return False
        return told > 0

    def _at(self, x: Vector, base: Vector, piece: Piece, upstream: Vector, gradient: Vector) -> Products:
        tangent = self._tangent(piece)
        pushed = self.bench.push(x, tangent)
        eps = self._eps(pushed)
        with np.errstate(all="ignore"):
            forward, reverse = float(upstream @ pushed), float(gradient @ tangent)
            scale = norm(upstream * pushed) + norm(gradient * tangent)
        allowed = _PLAIN * eps * scale
        if abs(forward - reverse) > allowed:
            allowed = max(allowed, self._rounding(x, base, upstream, tangent, (forward, reverse), eps))
        return Products(forward, reverse, allowed, scale)

    def _eps(self, pushed: Vector) -> float:
        return max(self.problem.precision.eps, self.bench.coarse, rounding_of(pushed))

    def _rounding(
        self,
        x: Vector,
        base: Vector,
        upstream: Vector,
        tangent: Vector,
        sides: tuple[float, float],
        eps: float,
    ) -> float:
        """Return what rounding may do to the two sides: measured, and a few ulps of what they are made of."""
        forward, reverse = sides
        moved = [0.0]
        with np.errstate(all="ignore"):
            moved += [abs(again - forward) for again in self._forward_again(x, upstream, tangent)]
            moved += [abs(again - reverse) for again in self._reverse_again(x, upstream, tangent)]
            whole = norm(upstream * base)
            floors = [whole, *self._nearer(x, upstream, tangent, whole)]
        finite = [m for m in moved if np.isfinite(m)]
        return _SAFETY * max(finite, default=np.inf) + _ULPS * eps * max(f for f in floors if np.isfinite(f))

    def _nearer(self, x: Vector, upstream: Vector, tangent: Vector, whole: float) -> Iterator[float]:
        """Yield what the products are nearer to the origin, and what rounding of the outputs is by the slope there.

        A sigmoid near 1 has no slope left, and 1 - s the rounding of s, over tangents as long as inputs are large.
        """
        for factor in _SHRUNK:
            there = factor * x
            slope, size = norm(upstream * self.bench.push(there, tangent)), norm(upstream * self.bench.value(there))
            yield factor * slope
            yield whole * slope / size if size else np.inf

    def _forward_again(self, x: Vector, upstream: Vector, tangent: Vector) -> Iterator[float]:
        for nearby in self._ulps_away(x):
            yield float(upstream @ self.bench.push(nearby, tangent))
        for factor in _SCALES:
            yield float(upstream @ self.bench.push(x, factor * tangent)) / factor
        half = np.where(self.rng.random(x.size) < 0.5, 0.3, 1.0) * tangent
        yield float(upstream @ (self.bench.push(x, half) + self.bench.push(x, tangent - half)))

    def _reverse_again(self, x: Vector, upstream: Vector, tangent: Vector) -> Iterator[float]:
        for nearby in self._ulps_away(x):
            yield float(self.bench.gradient(nearby, upstream) @ tangent)
        for factor in _SCALES:
            yield float(self.bench.gradient(x, factor * upstream) @ tangent) / factor
        half = np.where(self.rng.random(upstream.size) < 0.5, 0.3, 1.0) * upstream
        yield float((self.bench.gradient(x, half) + self.bench.gradient(x, upstream - half)) @ tangent)

    def _ulps_away(self, x: Vector) -> Iterator[Vector]:
        for _ in range(2):
            ulp = np.spacing(np.maximum(np.abs(x), 1e-300).astype(self.problem.precision.grid)).astype(float)
            yield x + self.rng.choice([-1.0, 1.0], x.size) * ulp


def _resolution(share: float, piece: Piece, outputs: int) -> float:
    """Return the smallest error of one entry of J that would have shown, relative to a typical entry.

    It is weighed by the smallest weight of both directions; both sides of the identity make up its scale.
    """
    entries = float(np.sqrt(max(piece.where.stop - piece.where.start, 1) * max(outputs, 1)))
    return 4 * max(share, float(np.finfo(float).eps)) * entries / _SMALLEST**2


def compare_modes(
    bench: Bench,
    problem: Problem,
    base: Vector,
    rng: np.random.Generator,
    upstream: Vector | None,
    verdicts: dict[str, dict[str, Verdict]],
) -> tuple[list[Compared], list[Finding]]:
    """Return what the identity says; ``verdicts`` are those of the differences, by mode and input."""
    wrong, seen = Agreement(bench, problem, rng, upstream).run(base)
    output = bench.outputs[0].path if len(bench.outputs) == 1 else "outputs"
    compared = [
        Compared(
            output,
            piece.path,
            Verdict.PASS,
            "<u, jvp(v)> = <vjp(u), v>, no differences",
            piece.where.stop - piece.where.start,
            resolution=_resolution(seen[piece.path], piece, base.size),
            note=f"both modes agree to {max(seen[piece.path], np.finfo(float).eps):.0e} of the product",
        )
        for piece in bench.inputs
        if piece.path in seen
    ]
    return compared, [_finding(bench, path, products, verdicts) for path, products in wrong.items()]


def _finding(bench: Bench, path: str, products: Products, verdicts: dict[str, dict[str, Verdict]]) -> Finding:
    told = {mode: by_path.get(path, Verdict.INCONCLUSIVE) for mode, by_path in verdicts.items()}
    convicted = [mode for mode, verdict in told.items() if verdict is Verdict.FAIL]
    undecided = Verdict.INCONCLUSIVE in told.values() and not convicted
    relative = products.gap / products.scale if products.scale else np.inf
    return Finding(
        "GC113",
        f"forward and reverse mode of {bench.subject.name} disagree for tangents of {path}: <u, jvp(v)> is "
        f"{products.forward:.15g}, <vjp(u), v> is {products.reverse:.15g}",
        Verdict.INCONCLUSIVE if undecided else Verdict.FAIL,
        path,
        hint="derive one from the other: transpose every linear step, in reverse order",
        location=location_of(bench.subject.forward_mode if convicted == ["jvp"] else bench.subject.backward),
        detail=(
            f"they differ by {relative:.1e} of their size; rounding explains {products.allowed:.1e}",
            _who(convicted, undecided=undecided),
        ),
    )


def _who(convicted: list[str], *, undecided: bool) -> str:
    if convicted:
        return f"differences convict {' and '.join(f'the {mode}' for mode in convicted)}"
    if undecided:
        return "differences decide neither: the digits that differ may be rounding of both"
    return "differences convict neither: the disagreement is smaller than they can see"
