"""The health of a ``jvp``: pure (GC105), the same on a second call (GC106, GC111), finite (GC114), linear (GC108).

    J (v + w) = J v + J w    for all v and w,    J 0 = 0

A jvp that rectifies, clips or normalizes its tangent is right for one tangent and wrong for the next; one that adds
something of its own does so for no tangent at all (GC109); one that reads memory instead of the array is wrong for a
strided tangent (GC116). One that writes each input's share over that of the others is right while only one moves.
"""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from ...numerics import Problem, Vector, judge_along, probe_sizes, weights
from ...report import Finding, Verdict
from ...subjects import location_of
from ..bench._bench import Bench
from ..bench._pieces import place_of, show
from ..health._elsewhere import other_values
from ..health._linearity import LARGE, huge, strided
from ..health._revalued import report_other_value
from ..health._vitals import Health, rounding_of_sums, wrote

_SAME = 1e-12
_INPUTS = 16
"""Inputs that are asked one by one whether their shares add up."""

_ROUNDING = 1e-6
"""Share of the largest tangent of an output that rounding may take."""


def examine_jvp(bench: Bench, problem: Problem, health: Health, rng: np.random.Generator) -> bool:
    """Report what is wrong with the user's ``jvp``; return whether a comparison makes sense."""
    direction = weights(bench.x.size, rng) * probe_sizes(problem.x, problem.sizes, problem.blocks)
    _visit(bench, direction)
    bench.value(bench.x)
    pushed = _push_watched(bench, health, direction)
    if not np.isfinite(pushed).all():
        health.report(_not_finite(bench, problem, health.base, direction, pushed), fatal=True)
        return False
    _report_second_call(bench, health, direction, pushed)
    if health.fit:
        _report_nonlinear(bench, health, direction, pushed, rng)
    if health.fit:
        _report_strides(bench, health, direction, pushed)
    return health.fit


def _visit(bench: Bench, direction: Vector) -> None:
    """Run forward and jvp elsewhere: a cache has something stale to offer then."""
    with suppress(Exception):  # what happens elsewhere is nobody's fault
        bench.evaluate(other_values(bench))
        bench.tangents(other_values(bench), bench.values(direction))


def _push_watched(bench: Bench, health: Health, direction: Vector) -> Vector:
    """Call the jvp with arrays of our own, and see what is left in them."""
    values, tangents = bench.values(bench.x), bench.values(direction)
    pushed = bench.flat_tangents(bench.tangents(values, tangents))
    report_other_value(bench, health, "tangent")
    for what, arrays, kept in (("", values, bench.x), ("the tangent of ", tangents, direction)):
        for piece, value, before in zip(bench.inputs, arrays, bench.values(kept), strict=True):
            if not np.array_equal(value, before):
                health.report(wrote(bench, "jvp", f"{what}{piece.path}", piece.path))
    return pushed


def _report_second_call(bench: Bench, health: Health, direction: Vector, pushed: Vector) -> None:
    """Call again, another point in between."""
    _visit(bench, direction)
    again = bench.push(bench.x, direction)
    differ = np.abs(again - pushed)
    if not np.any(differ > _SAME * _sizes(bench, pushed)):
        return
    third = bench.push(bench.x, direction)
    random = not np.array_equal(third, again)
    if random and np.all(differ <= rounding_of_sums(bench) * _sizes(bench, pushed)):
        return  # sums in no fixed order
    at = int(np.argmax(differ))
    place = place_of(bench.outputs, at)
    health.report(
        Finding(
            "GC111" if random else "GC106",
            f"the jvp of {bench.subject.name} differs {'from call to call' if random else 'on the second call'}: the "
            f"tangent of {place} is {pushed[at]:.6g}, then {again[at]:.6g}",
            Verdict.FAIL,
            *place,
            hint="a jvp depends on its arguments and on nothing else",
            location=location_of(bench.subject.forward_mode),
        ),
        fatal=True,
    )


def _report_nonlinear(
    bench: Bench, health: Health, direction: Vector, pushed: Vector, rng: np.random.Generator
) -> None:
    """Report GC108 or GC109; the second tangent is large, against the first, and zero for most inputs or entries."""
    for part in _parts(bench, rng):
        large = LARGE * direction * np.abs(weights(direction.size, rng)) * part
        alone, both = bench.push(bench.x, large), bench.push(bench.x, direction + large)
        off = np.abs(pushed + alone - both)
        sizes = _sizes(bench, np.maximum(np.abs(pushed), np.maximum(np.abs(alone), np.abs(both))))
        worth = 64 * np.finfo(float).eps * abs(LARGE) * np.abs(health.base)
        bad = ~(off <= _ROUNDING * sizes + worth)
        if bad.any() and not _is_dust(bench, large, off):
            at = int(np.argmax(np.where(bad, np.nan_to_num(off / sizes, nan=np.inf), -1.0)))
            health.report(_nonlinear(bench, at, float(off[at] / sizes[at])), fatal=True)
            return


def _parts(bench: Bench, rng: np.random.Generator) -> list[np.ndarray]:
    """Return what moves: either half of the entries, and every input on its own where there are several."""
    half = rng.random(bench.x.size) < 0.5
    alone = [np.zeros(bench.x.size, dtype=bool) for _ in bench.inputs[:_INPUTS] if len(bench.inputs) > 1]
    for part, piece in zip(alone, bench.inputs, strict=False):
        part[piece.where] = True
    return [part for part in (half, ~half, *alone) if part.any()]


def _report_strides(bench: Bench, health: Health, direction: Vector, pushed: Vector) -> None:
    """Report GC116 where the same tangent as a strided view gives another jvp, GC108 where a copy of it does, too.

    The view is scaled far beyond what the other calls were given, for a clip that none of them reached.
    """
    factor = LARGE * huge(bench)
    views = [strided(tangent) for tangent in bench.values(factor * direction)]
    got = bench.flat_tangents(bench.tangents(bench.values(bench.x), views)) / factor
    off, sizes = np.abs(got - pushed), _sizes(bench, pushed)
    worth = 64 * np.finfo(float).eps * np.abs(health.base)
    if np.all(off <= _ROUNDING * sizes + worth) or _is_dust(bench, LARGE * direction, abs(LARGE) * off):
        return
    at = int(np.argmax(np.nan_to_num(off / sizes, nan=np.inf)))
    plain = np.abs(bench.push(bench.x, factor * direction) / factor - pushed)
    if np.all(plain <= _ROUNDING * sizes + worth):
        health.report(_reads_memory(bench, at, got[at], pushed[at]), fatal=True)
    else:
        health.report(_nonlinear(bench, at, float(off[at] / sizes[at])), fatal=True)


def _reads_memory(bench: Bench, at: int, got: float, pushed: float) -> Finding:
    place = place_of(bench.outputs, at)
    return Finding(
        "GC116",
        f"a strided tangent gives another jvp of {bench.subject.name}: that of {place} is {got:.6g} instead of "
        f"{pushed:.6g}",
        Verdict.FAIL,
        *place,
        hint="the jvp reads the tangent's memory as if it were contiguous; copy it or respect strides",
        location=location_of(bench.subject.forward_mode),
    )


def _is_dust(bench: Bench, large: Vector, off: Vector) -> bool:
    """Whether one ulp of the inputs, or a hair more of the tangent, moves the result as much: then it is rounding."""
    here = bench.push(bench.x, large)
    moved = np.abs(bench.push(bench.x + np.spacing(np.abs(bench.x)), large) - here)
    for hair in (3 * 2.0**-32, 5 * 2.0**-31):
        moved = np.fmax(moved, np.abs(bench.push(bench.x, (1 + hair) * large) / (1 + hair) - here))
    return bool(np.isfinite(off).all() and np.all(off <= 16 * _sizes(bench, moved)))


def _nonlinear(bench: Bench, at: int, share: float) -> Finding:
    nothing = bench.push(bench.x, np.zeros_like(bench.x))
    name, source = bench.subject.name, location_of(bench.subject.forward_mode)
    if np.any(nothing != 0):
        at = int(np.argmax(np.abs(nothing)))
        place = place_of(bench.outputs, at)
        return Finding(
            "GC109",
            f"a zero tangent gives a non-zero jvp of {name}: that of {place} is {nothing[at]:.6g}",
            Verdict.FAIL,
            *place,
            hint="every term of a jvp carries a tangent as a factor",
            location=source,
        )
    place = place_of(bench.outputs, at)
    return Finding(
        "GC108",
        f"the jvp of {name} is not linear in the tangent: that of {place.path} for v + w is not the sum of those for "
        f"v and for w (off by {100 * min(share, 9.99):.3g} % at {show(place.entry) or 'its only entry'})",
        Verdict.FAIL,
        *place,
        hint="a jvp multiplies the tangent; it must not clip, rectify, square or normalize it",
        location=source,
    )


def _not_finite(bench: Bench, problem: Problem, base: Vector, direction: Vector, pushed: Vector) -> Finding:
    at = int(np.flatnonzero(~np.isfinite(pushed))[0])
    nothing = np.zeros(1)
    judged = judge_along(
        problem,
        base,
        direction,
        lanes=lambda output: output[at : at + 1],
        predict=lambda _: nothing,
        noise=16 * problem.precision.eps * np.abs(base[at : at + 1]),
        row=nothing,
        allowance=lambda: nothing,
    )
    numeric, bound = float(judged.numeric[0]), float(judged.bound[0])
    finite = bool(np.isfinite(numeric)) and bound <= 1e-2 * abs(numeric)
    place = place_of(bench.outputs, at)
    truth = f"differences give {numeric:.6g}" if finite else "differences do not settle there either"
    return Finding(
        "GC114",
        f"the jvp of {bench.subject.name} is not finite: the tangent of {place} is {pushed[at]}, and {truth}",
        Verdict.FAIL if finite else Verdict.INCONCLUSIVE,
        *place,
        float(pushed[at]),
        numeric if finite else None,
        bound if finite else None,
        hint="look for 0/0, inf - inf or an overflow in the jvp; use a form that is stable there",
        wrong=int(np.sum(~np.isfinite(pushed))),
        compared=pushed.size,
        location=location_of(bench.subject.forward_mode),
    )


def _sizes(bench: Bench, tangents: Vector) -> Vector:
    """Return, for every entry, the largest magnitude of its own output; a millionth of all where that is less."""
    whole = float(np.max(np.abs(tangents), initial=0.0))
    sizes = np.zeros_like(tangents)
    for piece in bench.outputs:
        own = float(np.max(np.abs(tangents[piece.where]), initial=0.0))
        sizes[piece.where] = max(own, 1e-6 * whole) or 1.0
    return sizes
