r"""The first look at a large subject: its health and its gradient in three forwards and two backwards.

The trapezoid rule, a difference centred about the midpoint of x and x + hv, held against the claim at both ends:

.. math::
    r = u\cdot\frac{f(x + hv) - f(x)}{h} - \frac{\langle g_0, v\rangle + \langle g_1, v\rangle}{2},
    \quad g_0 = B_x(u),\; g_1 = -\frac{B_{x + hv}(-c\,u)}{c},\; |u| \approx 10^5,\; |c\,u| \approx 10^{-7}

A right gradient leaves nothing but rounding. The same calls show a backward that is not linear in the upstream (the
first is large, the second small and of the other sign), that reads strided memory as if it were contiguous (it is a
view), that accumulates, that lives on the cache of the latest forward (another comes in between) or differs from call
to call; arguments are handed over read-only. One more backward is asked where that costs little, for the middle of
each output alone. So whatever is wrong, r is large or something
raises, and then the thorough examination begins anew and names it. This look may certify; it never condemns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ...numerics import (
    DOUBLE,
    FEW,
    LEAST_WEIGHT,
    Tiled,
    Vector,
    draw_tile,
    few_are_right,
    first_step,
    norm,
    out_of_sight,
    some_are_out_of_sight,
    square_sum,
)
from ...report import Comparison as Compared
from ...report import Verdict
from ...subjects import Array, Evaluation, OutOfBudget, rounding_of
from ..bench._bench import Bench
from ..comparison._comparison import problem_of
from ..health._forward import overwritten, report_alias
from ..health._vitals import Health
from ._arrays import (
    Upstream,
    elsewhere,
    flattened,
    locked,
    sample,
    some_are_faint,
    tiled_for,
    typical_entry,
    written_out,
)
from ._in_part import differs_in_part, through_used
from ._memory import MemoryUsedAgainError, Outputs, copied, is_written, refuse_used_again
from ._scratch import Scratch, borrowed

LARGE = 20_000
"""Inputs and parameters from which this look comes first."""

_FIRST_UPSTREAM, _SECOND_UPSTREAM = 2.0**18, -(2.0**-42)
"""The size of the first upstream, and the second in its units: as small as a mean makes it; what adds up shows."""
_RESTLESS, _RESTLESS_IN_PART = 4096.0, 64.0
"""Times the step, how much slopes may differ from one end to the other, and of a part of the upstream."""
_MEANINGLESS = 0.1
_STRETCH = 8
_IDLE_STEP = 2.0 ** (-5 - _STRETCH)
"""For inputs that are said not to matter, and were stretched as far as any."""
_DUST, _FAR = 2.0**-44, 2.0**-5
"""Share of a typical contribution below which another is rounding; how far such an entry is moved alone."""

_TRIES = (1.0, -4.0)
"""Factors of the step: the second try goes to the other side, and further, where rounding was more than its share."""
_SCHEME = "the trapezoid rule along one random direction: a difference centred about its midpoint"


@dataclass(slots=True)
class LargeLook:
    """What the look came to: `certified`, with one comparison per input and what health noted, or a doubt.

    ``upstream`` and ``direction`` return those that were used, flat: a doubt must be settled along the same ones, for
    along others a wrong gradient may look right. ``slope`` is what the gradient promised.
    """

    certified: bool
    comparisons: list[Compared]
    health: Health
    upstream: Callable[[], Vector]
    direction: Callable[[], Vector]
    slope: float


def look_at_large(bench: Bench, rng: np.random.Generator) -> LargeLook | None:
    """Return the look at the subject on `bench`; None where it could not be had.

    Whatever the subject raises is left for the thorough examination to meet again, and to tell.
    """
    health = Health()
    for copies in (False, True):
        try:
            with borrowed() as scratch:
                return _Looking(bench, rng, scratch, copies, health).look()
        except MemoryUsedAgainError:
            health = Health([overwritten(bench)])
        except OutOfBudget:
            raise
        except Exception:
            return None
    return None


@dataclass(slots=True)
class _Looking:
    bench: Bench
    rng: np.random.Generator
    scratch: Scratch
    copies: bool
    """Whether the outputs at the point are copied; if not, a backward that writes into them spoils the residual."""
    health: Health
    inputs: list[Tiled] = field(default_factory=list)
    outputs: list[Tiled] = field(default_factory=list)
    stretch: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    typical: list[float] = field(default_factory=list)
    """A typical entry of each gradient, times the smallest step that any of its entries goes, but for the weights."""
    _memory: list[Vector] = field(default_factory=list)
    _some_are_faint: bool = False
    _rounding: float = 0.0
    _scale: float = 0.0
    _slope: float = 0.0

    def look(self) -> LargeLook | None:
        """Evaluate at the point, pull back, and compare along one direction; from the other side if need be."""
        bench, home = self.bench, self._home()
        self._visit(home)
        evaluation = bench.evaluate(home)
        held = flattened(bench.read_outputs(evaluation))
        base = copied(held, self.scratch) if self.copies else held
        if bench.dtype != np.dtype(float) or not self._draw_upstream(base):
            return None
        report_alias(self.health, bench, evaluation, home)
        outputs = Outputs(evaluation, copies=self.copies)
        evaluation.outputs.update(dict.fromkeys(evaluation.outputs))  # what was copied is left to the next call
        upstream = Upstream(bench, self.outputs, self.scratch)
        if bench.subject.outlives and not (bench.subject.linear or bench.subject.derived):
            # where a cache is handed over, another forward in between must not matter
            self._held(self._call_elsewhere(home), base)
        gradients = self._pull(evaluation, upstream.views())
        if not outputs.are_as_before or self._rounds(gradients):  # what is no copy of ours shows in the residual
            return None
        if is_written(bench, home) or not self._draw_direction(gradients):
            return None
        if differs_in_part(bench, home, gradients, base, upstream.views()):
            return None
        settled = self._moves_nothing, self._few_are_right
        if self._hides_some(gradients) and not any(settles(gradients, base) for settles in settled):
            return None
        slope = self._slope
        del gradients, evaluation  # a cache may be as large as everything else
        certified = False
        for factor in _TRIES:
            step = factor * self._step
            residual = self._residual(step, base, upstream, slope)
            certified = abs(residual) + self._noise(step, slope) <= self._limit
            if certified or not abs(residual) <= 0.05 * self._scale:
                break
        if certified and (not self._all_count() or self._some_are_faint):
            return None
        certified = certified and not self._moves_idly(base)
        comparisons = self._comparisons() if certified else []
        given, along = partial(written_out, self.outputs, 1 / _FIRST_UPSTREAM), partial(written_out, self.inputs)
        return LargeLook(certified, comparisons, self.health, given, along, slope / _FIRST_UPSTREAM)

    # -- the point -------------------------------------------------------------------------------------------------

    def _home(self) -> list[Array]:
        """Return the values at the point, read-only copies where the subject does not copy them itself.

        The memory of the copies will hold x + hv later.
        """
        home: list[Array] = []
        for leaf in self.bench.subject.leaves:
            copied = not (leaf.path.startswith("params") and leaf.value.dtype == float)
            self._memory.append(self.scratch.empty(leaf.value.size))
            if copied:
                self._memory[-1].reshape(leaf.value.shape)[...] = leaf.value
            home.append(locked(self._memory[-1].reshape(leaf.value.shape)) if copied else leaf.value)
        return home

    def _visit(self, home: Sequence[Array]) -> None:
        """Ask claims that know nothing of the forward at other inputs first: they may keep what they said once."""
        if not self.bench.subject.linear:
            return
        evaluation = self._call_elsewhere(home)
        if evaluation is not None:
            with suppress(Exception):
                self.bench.pull(evaluation, [np.ones(np.shape(out)) for out in evaluation.outputs.values()])

    def _call_elsewhere(self, home: Sequence[Array]) -> Evaluation | None:
        with suppress(Exception):
            return self.bench.evaluate([elsewhere(value) for value in home])
        return None

    # -- upstream and direction --------------------------------------------------------------------------------

    def _draw_upstream(self, base: Sequence[Vector]) -> bool:
        """Draw weights in which every array of outputs counts alike, be it a loss; return whether they are finite."""
        squares, largest = [square_sum(values) for values in base], max(1, *(values.size for values in base))
        for values, square in zip(base, squares, strict=True):
            size = np.sqrt(square / largest) if len(base) > 1 else 1.0
            tile = draw_tile(values.size, self.rng)
            level = round(np.log2(size)) if 0 < size < np.inf else 0
            self.outputs.append(Tiled(tile, values.size, _FIRST_UPSTREAM / 2.0**level))
            self.outputs[-1].redraw(self.rng)
        self._rounding = DOUBLE.eps * norm(np.sqrt(squares) * [tiled.unit for tiled in self.outputs])
        return bool(np.isfinite(self._rounding))

    def _draw_direction(self, gradients: Sequence[Vector]) -> bool:
        """Draw the direction, such that a factor common to all entries of an input cannot hide.

        Inputs whose gradient contributes little are stretched, at most 2^8 times, so that each counts; those that
        claim to contribute nothing, as far as that.
        """
        self.inputs = [
            tiled_for(draw_tile(leaf.value.size, self.rng), leaf.value) for leaf in self.bench.subject.leaves
        ]
        shares = [
            np.sqrt(square_sum(g if t.sizes is None else g * t.sizes)) * t.unit
            for t, g in zip(self.inputs, gradients, strict=True)
        ]
        largest = max(shares)
        if not (np.isfinite(largest) and largest > 0):
            return False
        self.shares = [float(share) for share in shares]
        self.stretch = [2.0 ** min(_STRETCH, int(np.log2(largest / s)) if s else _STRETCH) for s in self.shares]
        for tiled, factor in zip(self.inputs, self.stretch, strict=True):
            tiled.unit *= factor
        self._scale = norm(np.array(self.shares) * self.stretch)
        self.typical = [
            typical_entry(g, tiled, share)
            for tiled, g, share in zip(self.inputs, gradients, self.shares, strict=True)
        ]
        parts = zip(self.inputs, gradients, self.shares, self.stretch, strict=True)
        self._slope = sum(tiled.align(g, share * factor, self.rng) for tiled, g, share, factor in parts)
        return True

    def _hides_some(self, gradients: Sequence[Vector]) -> bool:
        """Whether an input has entries that are out of sight beside its others."""
        return any(typical and some_are_out_of_sight(values, typical) for values, typical in self._worth(gradients))

    def _worth(self, gradients: Sequence[Vector]) -> Iterator[tuple[Vector, float]]:
        """Yield what the entries of each input contribute for a step of their size, and a typical contribution."""
        for tiled, g, share, factor in zip(self.inputs, gradients, self.shares, self.stretch, strict=True):
            values = g if tiled.sizes is None else g * tiled.sizes
            yield values, share * factor / tiled.unit / np.sqrt(max(tiled.size, 1))

    def _moves_nothing(self, gradients: Sequence[Vector], base: Sequence[Vector]) -> bool:
        """Whether what is out of sight is rounding, and a large step of it alone moves the outputs by no more.

        So it is with the bias of the keys in front of a softmax; not with outputs that are as small as their inputs.
        """
        moved, slope = [], 0.0
        parts = zip(self.inputs, self.bench.subject.leaves, self.stretch, gradients, strict=True)
        for (tiled, leaf, stretch, g), (values, typical) in zip(parts, self._worth(gradients), strict=True):
            dust = np.abs(values) < _DUST * typical
            if np.any(out_of_sight(values, typical) & ~dust):
                return False
            shift = np.where(dust, _FAR / stretch * written_out([tiled]), 0.0)
            moved.append((leaf.value.ravel() + shift).reshape(leaf.value.shape))
            slope += float(g @ shift)
        ahead = flattened(self.bench.read_outputs(self.bench.evaluate(moved)))
        difference, weights = np.concatenate(ahead) - np.concatenate(base), self._flat_upstream()
        noise = 2 * DOUBLE.eps * norm((weights * np.concatenate(base))[difference != 0])
        return bool(abs(float(weights @ difference) - slope) <= noise <= _FAR * self._limit)

    def _few_are_right(self, gradients: Sequence[Vector], base: Sequence[Vector]) -> bool:
        """Whether the entries out of sight are few, and certified when they are moved without the others."""
        few = np.concatenate([out_of_sight(values, typical) for values, typical in self._worth(gradients)])
        if np.count_nonzero(few) > FEW:
            return False
        flat, problem = np.concatenate(gradients), problem_of(self.bench, DOUBLE)
        return few_are_right(problem, np.concatenate(base), self._flat_upstream(), flat, few, self.rng)

    def _flat_upstream(self) -> Vector:
        return written_out(self.outputs)

    def _held(self, evaluation: Evaluation | None, base: Sequence[Vector]) -> None:
        if evaluation is not None and not self.copies:
            refuse_used_again(evaluation.outputs.values(), base)

    # -- the comparison ----------------------------------------------------------------------------------------

    @property
    def _limit(self) -> float:
        return DOUBLE.glance[1] * self._scale

    @property
    def _step(self) -> float:
        crowd = max(self.bench.size, sum(t.size for t in self.outputs))
        return first_step(DOUBLE, crowd, self._rounding, self._limit / 20)

    def _noise(self, step: float, slope: float) -> float:
        return 2 * self._rounding / abs(step) + 8 * DOUBLE.eps * max(abs(slope), self._scale)

    def _residual(self, step: float, base: Sequence[Vector], upstream: Upstream, slope: float) -> float:
        """Return r for a step to one side; not a number where the ends disagree by more than curvature explains."""
        evaluation = self.bench.evaluate(self._moved(step))
        self._held(evaluation, base)
        ahead = flattened(self.bench.read_outputs(evaluation))
        rises = list(map(Tiled.dot_difference, self.outputs, ahead, base))
        self._some_are_faint = some_are_faint(ahead, base, self.outputs)
        there = self._slope_of(self._pull(evaluation, upstream.views(_SECOND_UPSTREAM)))
        curved, noise = abs(step) * max(abs(slope), self._scale), 8 * self._noise(step, slope)
        if not abs(there - slope) <= _RESTLESS * curved + noise:
            return np.nan
        for part, seen in upstream.parts(rises, ahead, base):
            off = self._slope_of(self._pull_part(step, evaluation, part))
            if not abs(off - seen / _SECOND_UPSTREAM / step) <= _RESTLESS_IN_PART * curved + noise:
                return np.nan
        return sum(rises) / step - (slope + there) / 2

    def _pull_part(self, step: float, evaluation: Evaluation, part: Sequence[Array]) -> list[Vector]:
        """Return the gradients for a part of the upstream, of a call anew where a rule stands one backward alone."""
        try:
            return self._pull(*through_used(self.bench, evaluation, part))
        except OutOfBudget:
            raise
        except Exception:
            anew = self.bench.evaluate(self._moved(step))
            return self._pull(*through_used(self.bench, anew, part))

    def _slope_of(self, gradients: Sequence[Vector]) -> float:
        """Return what gradients of the second upstream say of the slope along the direction, as if of the first."""
        return sum(t.dot(g) for t, g in zip(self.inputs, gradients, strict=True)) / _SECOND_UPSTREAM

    def _all_count(self) -> bool:
        """Whether no input is drowned by the others: a gradient that is small, and yet no rounding, was not seen."""
        return all(idle or seen is not None for idle, seen in zip(self._idle(), self._resolutions(), strict=True))

    def _idle(self) -> list[bool]:
        """Return for each input whether its gradient is zero, or rounding beside the others."""
        return [share <= _DUST * max(self.shares) for share in self.shares]

    def _moves_idly(self, base: Sequence[Vector]) -> bool:
        """Whether inputs whose gradient is zero move the outputs, far away, beyond rounding; one more forward."""
        idle = self._idle()
        if not any(idle):
            return False
        moved = self._moved(0.0)
        quads = zip(self.inputs, self._memory, self.bench.subject.leaves, idle, strict=True)
        for tiled, memory, leaf, rests in quads:
            if rests:
                tiled.write(memory, _IDLE_STEP, leaf.value.astype(float, copy=False).ravel())
        ahead = flattened(self.bench.read_outputs(self.bench.evaluate(moved)))
        rise = sum(map(Tiled.dot_difference, self.outputs, ahead, base))
        return not abs(rise) <= 16 * self._rounding

    def _moved(self, step: float) -> list[Array]:
        """Return x + hv, in the memory that held x."""
        moved = []
        for tiled, memory, leaf in zip(self.inputs, self._memory, self.bench.subject.leaves, strict=True):
            tiled.write(memory, step, leaf.value.astype(float, copy=False).ravel())
            moved.append(memory.reshape(leaf.value.shape))
        return moved

    def _pull(self, evaluation: Evaluation, upstreams: Sequence[Array]) -> list[Vector]:
        return [g.ravel() for g in self.bench.read_gradients(self.bench.pull(evaluation, upstreams))]

    def _rounds(self, gradients: Sequence[Vector]) -> bool:
        """Whether the backward rounds to a format with fewer digits, as far as a sample shows."""
        return self.bench.subject.coarse > 0 or any(rounding_of(sample(g)) > 0 for g in gradients)

    def _comparisons(self) -> list[Compared]:
        outputs = self.bench.outputs
        output = outputs[0].path if len(outputs) == 1 else "outputs"
        found = zip(self.bench.inputs, self._resolutions(), strict=True)
        return [
            Compared(
                output,
                piece.path,
                Verdict.PASS,
                _SCHEME,
                piece.where.stop - piece.where.start,
                resolution=resolution,
                note=None if resolution else "what it contributes is rounding beside the others",
            )
            for piece, resolution in found
        ]

    def _resolutions(self) -> Iterator[float | None]:
        """Yield, per input, the smallest error of one entry that would have shown, relative to a typical one."""
        for typical, factor in zip(self.typical, self.stretch, strict=True):
            resolution = 2 * self._limit / (LEAST_WEIGHT * typical * factor) if typical else np.inf
            yield float(resolution) if resolution <= _MEANINGLESS else None
