"""What is claimed in the inputs' own precision, held against the claim in float64 (GC112).

Differences of float32 or float16 values are worth little, so the *formula* is checked in float64; what is left to ask
of low precision is whether it computes the same formula, up to the rounding that `_roundoff` grants. That is asked of
the gradient, and of the tangents of a ``jvp`` along a direction in each input.

Values that leave the range of their format are no fault of the gradient, nor are random numbers of another width,
which are others: then a difference is noted, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...numerics import SINGLE, Vector, largest, median, norm, roundoff, weights
from ...report import Finding, Verdict
from ...subjects import OutOfBudget, Subject, is_low, location_of
from ..bench._bench import Bench
from ..bench._pairs import Claim, Pairs
from ..bench._pieces import Piece, Place
from ..bench._roundoff import Rounding, Share, roundings
from ..comparison._comparison import problem_of
from ..health._vitals import Health

_MARGIN = 16.0

Native = Callable[[int | None], Subject]
"""Adapts the subject in the inputs' own precision, with at most so many forward calls."""


def was_widened(bench: Bench) -> bool:
    """Whether some leaf has low precision, and the subject on `bench` was given float64 instead."""
    return not bench.native and any(is_low(leaf.value.dtype) for leaf in bench.subject.leaves)


@dataclass(frozen=True, slots=True)
class _Compared:
    """The claims of one mode in both precisions: the word for them, and the source of the code that makes them."""

    word: str
    pairs: Pairs
    shares: Sequence[Share]
    source: Any


def compare_with_double(
    native: Native, wide: Bench, health: Health, rng: np.random.Generator, inside: float = 0.0
) -> list[Finding]:
    """Return GC112 where a claim in low precision differs by more than rounding from that in float64.

    Where it is rounding, but much of it, that is noted. The calls of the `native` subject count like those of `wide`,
    whose state of health is known, and which is known to compute with the unit roundoff `inside`.
    """
    bench = _beside(native, wide)
    bench.value(bench.x)
    given = _coarsest(leaf.value.dtype for leaf in bench.subject.leaves)
    findings = _Both(bench, wide, given, inside, rng).findings(health)
    if not any(finding.severity is Verdict.FAIL for finding in findings):
        return findings
    narrow = _coarsest((given, bench.dtype, *bench.subject.formats()))
    if narrow == given:
        return findings
    return [*_Both(bench, wide, narrow, inside, rng).findings(health), _narrowed(given, narrow)]


def _coarsest(formats: Iterable[np.dtype[Any]]) -> np.dtype[Any]:
    return max(formats, key=roundoff)


@dataclass(frozen=True, slots=True)
class _Both:
    """The subject in its own precision and in float64; ``format`` is the coarsest in which it may compute."""

    bench: Bench
    wide: Bench
    format: np.dtype[Any]
    inside: float
    rng: np.random.Generator

    def findings(self, health: Health) -> list[Finding]:
        """Return the gravest of what is to be said."""
        made = [*self.gradients(health)] if self.wide.subject.reverse else []
        if self.wide.subject.forward_mode is not None:
            made += self.tangents(health.base)
        found = [(one, rounding) for one in made for rounding in roundings(one.pairs, one.shares)]
        found.sort(key=lambda each: -each[1].off)
        findings = [_finding(self.bench, self.wide, health.base, *each) for each in found]
        failures = [finding for finding in findings if finding.severity is Verdict.FAIL]
        return (failures or findings)[:1]

    def gradients(self, health: Health) -> Iterator[_Compared]:
        """Yield the gradient for one upstream, weighed by the sizes of the entries, and by one typical of them."""

        def low(x: Vector, factor: float) -> Vector:
            return self.bench.gradient(x, self._rounded(factor * upstream)) / factor

        upstream = self._rounded(health.upstream)
        pairs = self._pairs(Claim(low, lambda x: self.wide.gradient(x, upstream)))
        inputs, beside = [*filter(_holds_any, self.bench.inputs)], norm(upstream * health.base)
        sizes = problem_of(self.bench, SINGLE).sizes
        typical = sizes.copy()
        for piece in inputs:
            typical[piece.where] = median(sizes[piece.where])
        shares = [Share(piece, by, beside) for piece in inputs for by in (sizes, typical)]
        yield _Compared("gradient", pairs, shares, self.bench.subject.backward)

    def tangents(self, base: Vector) -> Iterator[_Compared]:
        """Yield the tangents of the outputs along a random direction in each input."""
        even, sizes = np.ones(base.size), problem_of(self.bench, SINGLE).sizes
        shares = [Share(p, even, norm(base[p.where])) for p in self.bench.outputs if _holds_any(p)]
        for piece in filter(_holds_any, self.bench.inputs):
            direction = np.zeros(sizes.size)
            direction[piece.where] = (weights(sizes.size, self.rng) * sizes)[piece.where]
            yield _Compared("tangent", self._pushed(direction), shares, self.bench.subject.forward_mode)

    def _pushed(self, direction: Vector) -> Pairs:
        def low(x: Vector, factor: float) -> Vector:
            return self.bench.push(x, self._rounded(factor * along)) / factor

        along = self._rounded(direction)
        return self._pairs(Claim(low, lambda x: self.wide.push(x, along)))

    def _pairs(self, claim: Claim) -> Pairs:
        eps = max(roundoff(self.format), roundoff(self.wide.dtype), self.inside)
        return Pairs(claim, self.bench.x, self.format, eps, self.rng)

    def _rounded(self, values: Vector) -> Vector:
        return values.astype(self.bench.dtype).astype(float)


def _holds_any(piece: Piece) -> bool:
    return bool(piece.where.stop > piece.where.start)


# -- what is said ----------------------------------------------------------------------------------------------------


def _finding(bench: Bench, wide: Bench, base: Vector, compared: _Compared, rounding: Rounding) -> Finding:
    pairs, piece = compared.pairs, rounding.share.piece
    seen = (*(bench.x[one.where] for one in bench.inputs), pairs.high[piece.where], base)
    if rounding.underflows or (rounding.fails and _leaves_the_range(pairs.format, seen)):
        return _out_of_range(pairs.format, compared.word)
    if rounding.fails and bench.subject.draws() != wide.subject.draws():
        return _drawn_anew(pairs.format)
    return _at_the_worst_entry(compared, rounding)


def _at_the_worst_entry(compared: _Compared, rounding: Rounding) -> Finding:
    pairs, piece = compared.pairs, rounding.share.piece
    at = rounding.share.worst(pairs.low - pairs.high)
    place = Place(piece.path, piece.index(at))
    low, high = float(pairs.low[at]), float(pairs.high[at])
    return Finding(
        "GC112",
        _title(compared, rounding, f"{place} is {low:.6g} instead of {high:.6g}"),
        Verdict.FAIL if rounding.fails else Verdict.PASS,
        *place,
        low,
        high,
        float(rounding.noise[at]),
        hint=_WRONG if rounding.fails else _ROUNDED,
        location=location_of(compared.source),
    )


_WRONG = "look for cancellation, overflow or a constant of the wrong dtype in the low-precision backward"
_ROUNDED = "where the digits matter, compute the ill-conditioned part in a wider format"


def _title(compared: _Compared, rounding: Rounding, entry: str) -> str:
    word, format_ = compared.word, compared.pairs.format
    if rounding.factor:
        entry = f"that of {rounding.share.piece.path} is {rounding.factor:.3g} times as large"
    if rounding.fails:
        return f"the {word} in {format_} differs from the one in float64 by more than rounding: {entry}"
    why = "its rounding explains" if rounding.measured else "beside the outputs may be rounding"
    return f"the {word} in {format_} is off by {rounding.off:.2g} of its size, which {why}: {entry}"


def _narrowed(given: np.dtype[Any], narrow: np.dtype[Any]) -> Finding:
    return Finding(
        "GC112",
        f"for inputs in {given} the forward computes in {narrow} inside, so its gradient was held to the rounding of "
        f"{narrow}",
        Verdict.PASS,
        hint="check it without autocast, or whatever narrows it, to see what it rounds to on its own",
    )


# -- the range -------------------------------------------------------------------------------------------------------


def _leaves_the_range(format_: np.dtype[Any], values: Sequence[Vector]) -> bool:
    """Whether some of `values` are all but too large or too small for `format_`."""
    most = largest(format_) / _MARGIN
    sizes = [float(np.max(np.abs(v), initial=0.0)) for v in values]
    return any(size and not 1 / most <= size <= most for size in sizes)


def _out_of_range(format_: np.dtype[Any], word: str) -> Finding:
    return Finding(
        "GC112",
        f"the values leave the range of {format_}, so its {word} could not be compared with the one in float64",
        Verdict.PASS,
        hint=f"check in {format_} at inputs whose outputs and gradients it can hold",
    )


def _drawn_anew(format_: np.dtype[Any]) -> Finding:
    return Finding(
        "GC112",
        f"the random numbers drawn in {format_} are others than those in float64, so that the gradients in "
        "both could not be compared",
        Verdict.PASS,
        hint="draw in the same dtype for all inputs, or outside of the function",
    )


# -- the subject in its own precision --------------------------------------------------------------------------------


def in_its_own_precision(native: Native, wide: Bench | None, most: int | None, refused: Exception) -> Bench | None:
    """Return a bench that asks the subject in the dtypes of its leaves; None where those are float64 anyway.

    `refused` is what it raised for float64, after what was spent on `wide`.
    """
    spent = (wide.forward_calls, wide.backward_calls) if wide is not None else (1, 0)
    if wide is not None and not was_widened(wide):
        return None
    try:
        subject = native(None if most is None else most - spent[0])
    except OutOfBudget:
        raise
    except Exception:
        return None
    if not any(is_low(leaf.value.dtype) for leaf in subject.leaves):
        return None
    bench = Bench(subject, most, native=f"for float64 it raised {type(refused).__name__}: {refused}")
    bench.forward_calls += spent[0]
    bench.backward_calls += spent[1]
    return bench


def _beside(native: Native, wide: Bench) -> Bench:
    """Return a bench for the subject in its own precision, on the budget of `wide`."""
    try:
        subject = native(None if wide.most is None else wide.most - wide.forward_calls)
    except OutOfBudget:
        wide.forward_calls = wide.most or wide.forward_calls
        raise
    wide.forward_calls += subject.spent[0]
    wide.backward_calls += subject.spent[1]
    return Bench(subject, meter=wide, native="to compare it with float64")
