"""The same call again: what an earlier one left behind (GC106), what adds up (GC107), what is by chance (GC111).

Sums whose order is left to chance, as those by the atomic operations of a GPU are, differ by rounding: no mistake.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import numpy as np

from ...numerics import Vector, norm
from ...report import Finding, Verdict
from ...subjects import location_of
from ..bench._bench import Bench
from ..bench._pieces import place_of
from ._elsewhere import other_values
from ._vitals import Health, cancelled, leaf_sizes, rounding_of_sums

_ROUNDING, _REPEATED = 1e-6, 1e-12
_AGAIN, _TWICE = 4, 2


class _Reason(NamedTuple):
    code: str
    said: str
    hint: str


_STALE = _Reason(
    "GC106",
    "differs on the second call",
    "backward depends on what an earlier call left behind; save what it needs in every forward",
)
_ADDS_UP = _Reason(
    "GC107",
    "grows by the same amount with every call: it accumulates",
    "assign instead of +=, or clear the gradient at the start of backward (a zero_grad method is called)",
)
_BY_CHANCE = _Reason(
    "GC111",
    "differs from call to call",
    "backward draws random numbers of its own, or reads memory that nobody wrote; reuse the forward's numbers",
)


def report_second_call(bench: Bench, health: Health) -> None:
    """Report a gradient that is another on the second call, which comes after one at other inputs."""
    again = _after_others(bench, health)
    differ, sizes = np.abs(again - health.analytic), leaf_sizes(bench, health.analytic)
    floor = cancelled(bench, health)
    if not np.any(differ > _REPEATED * sizes + floor):
        return  # threads add up in any order
    third = _after_others(bench, health)
    reason = _reason(again - health.analytic, third - again)
    if np.all(differ <= rounding_of_sums(bench) * sizes + floor) and not _is_rule(
        bench, health, reason, again, third
    ):
        health.report(_in_any_order(bench, differ, sizes))
    else:
        health.report(_differs(bench, reason, health.analytic, again, third), fatal=True)


def _is_rule(bench: Bench, health: Health, reason: _Reason, again: Vector, third: Vector) -> bool:
    """Whether a difference as small as rounding keeps to what explains it, call after call."""
    if reason is _ADDS_UP:
        return _reason(third - again, _after_others(bench, health) - third) is _ADDS_UP
    for _ in range(_TWICE if reason is _STALE else 0):
        bench.gradient(bench.x, health.upstream)
        first = bench.gradient(bench.x, health.upstream)
        if not (np.array_equal(first, health.analytic) and np.array_equal(_after_others(bench, health), again)):
            return False
    return reason is _STALE


def _in_any_order(bench: Bench, differ: Vector, sizes: Vector) -> Finding:
    """Return the note that the gradient is not the same to the last digit."""
    at = int(np.argmax(np.divide(differ, sizes, out=np.zeros_like(differ), where=sizes > 0)))
    place = place_of(bench.inputs, at)
    return Finding(
        _BY_CHANCE.code,
        f"the gradient of {place.path} {_BY_CHANCE.said}, by {differ[at] / sizes[at]:.1g} of its size: rounding of "
        "float32 in sums of no fixed order explains it",
        Verdict.PASS,
        *place,
        hint="atomic additions round in another order each time; add up in float64, or in a fixed order",
        location=location_of(bench.subject.backward),
    )


def report_other_slope(bench: Bench, health: Health, direction: Vector, slope: float) -> None:
    """Report GC111 where the gradient is another than it was in the first call, along `direction` of that `slope`."""
    now, size = float(health.analytic @ direction), norm(health.analytic * direction)
    healthy = all(finding.severity is Verdict.PASS for finding in health.findings)
    if healthy and abs(now - slope) > _ROUNDING * max(size, abs(slope)):
        title = f"the gradient {_BY_CHANCE.said}: along a random direction it is {slope:.6g}, then {now:.6g}"
        found = Finding(_BY_CHANCE.code, title, hint=_BY_CHANCE.hint, location=location_of(bench.subject.backward))
        health.report(found, fatal=True)


def left_to_chance(bench: Bench, health: Health) -> Finding | None:
    """Return GC111 where the same upstream gets another gradient."""
    now = another_gradient(bench, health.upstream, health.analytic)
    return None if now is None else _differs(bench, _BY_CHANCE, health.analytic, now)


def another_gradient(bench: Bench, upstream: Vector, before: Vector) -> Vector | None:
    """Return a gradient for `upstream` that is another than it was `before`, by more than rounding, if one comes."""
    for _ in range(_AGAIN):
        now = bench.gradient(bench.x, upstream)
        if np.any(np.abs(now - before) > _ROUNDING * leaf_sizes(bench, before)):
            return now
    return None


def _after_others(bench: Bench, health: Health) -> Vector:
    with suppress(Exception):
        bench.evaluate(other_values(bench))
    return bench.gradient(bench.x, health.upstream)


def _reason(first_step: Vector, second_step: Vector) -> _Reason:
    """Return what explains how far the gradient went from the first call to the second, and on to the third."""
    little = 1e-6 * float(np.max(np.abs(first_step)))
    if float(np.max(np.abs(second_step - first_step))) <= little:
        return _ADDS_UP
    return _STALE if float(np.max(np.abs(second_step))) <= little else _BY_CHANCE


def _differs(bench: Bench, reason: _Reason, first: Vector, *later: Vector) -> Finding:
    """Return the finding that names the entry which differs most, and what every call said of it."""
    at = int(np.argmax(np.abs(later[0] - first)))
    place = place_of(bench.inputs, at)
    calls = ", then ".join(f"{gradient[at]:.6g}" for gradient in (first, *later))
    return Finding(
        reason.code,
        f"the gradient of {place.path} {reason.said}: {place} is {calls}",
        Verdict.FAIL,
        *place,
        hint=reason.hint,
        location=location_of(bench.subject.backward),
    )
