r"""What else explains a first look that certified nothing: a random forward, or one that rounds inside.

A forward that casts to float32 or float16 inside and returns float64 looks as if it had all its digits. So before
anything is called wrong, it is asked at a point c with eight significant digits, which every format holds exactly:

=====================  =======================================================================================
f(c + d) fits          its values have been rounded: all of them fit into the digits of the format, although c + d
into few digits        does not
f(c + d) = f(c)        its input has been rounded, all of it or one array alone: d is less than half an ulp of the
                       format, and a d of a few ulps does move it
=====================  =======================================================================================

One that adds float32 up in no fixed order, as a GPU does, is told by equal calls that are not equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...numerics import Mask, Vector, norm
from ...report import Finding
from ...subjects import DIGITS, fits_into, rounding_of
from ..bench._bench import Bench
from ..health._forward import random_forward
from ..health._vitals import Health

_COARSEST = min(DIGITS.values())
_BELOW = {"float32": 2.0**-26, "sixteen bits": 2.0**-13}
"""Format -> a relative displacement that rounding to it undoes, at points with eight digits."""
_SURELY_ABOVE = 2.0**-20
_ABOVE = 2.0**-7
_MOVED = 0.25
_VISIBLE = 64.0
_CELLS = 16
_NO_DOUBLE = 1e-11
"""Share of the largest output by which no sums of float64 in another order make two calls differ."""
_FURTHER = (3.3, 41.7, 1365.3)
_INPUTS = 8
"""How many inputs are moved alone: only some of them may be rounded."""
_SINGLE_NUMBERS = 3
"""Numbers of a gradient that may all be simple by chance."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why differences in float64 decide nothing.

    ``finding`` ends the check; or else ``roundoff`` is the unit roundoff of the format that the forward rounds to
    inside, and ``how`` says what shows it; ``in_part`` that it does so beside what has all digits.
    """

    roundoff: float = 0.0
    how: str = ""
    finding: Finding | None = None
    in_part: bool = False


def doubt_of(bench: Bench, health: Health, rng: np.random.Generator) -> Doubt | None:
    """Return what speaks against differences of the forward; None where nothing does."""
    again = bench.value(bench.x)
    found = random_forward(bench, health.base, again)
    if found is not None:
        return Doubt(finding=found)
    if np.any(np.abs(again - health.base) > _NO_DOUBLE * np.max(np.abs(health.base), initial=0.0)):
        return Doubt(2.0 ** (1 - DIGITS["float32"]), "two calls at the same point differ as sums of float32 do")
    refusal = bench.refusal
    try:
        return _rounds_inside(bench, health, rng)
    finally:
        bench.refusal = refusal  # what is refused at a point of ours is nobody's business


def _rounds_inside(bench: Bench, health: Health, rng: np.random.Generator) -> Doubt | None:
    point = _with_few_digits(bench.x)
    if not point.any():
        return None
    direction = point * rng.uniform(0.5, 1.0, point.size) * rng.choice([-1.0, 1.0], point.size)
    base, near = bench.value(point), bench.value(point + _BELOW["float32"] * direction)
    if not np.isfinite(base + near).all():
        return None
    roundoff = _rounding_of_outputs(bench, near)
    if roundoff:  # so near to c, few digits may be left of c's own; and the values of a step function are few
        far = bench.value(point + _ABOVE * direction)
        roundoff = min(roundoff, _rounding_of_outputs(bench, far)) if np.mean(far != base) >= _MOVED else 0.0
    if roundoff and (
        _climbs_higher_stairs(bench, point, base, direction, roundoff)
        or _has_more_digits_elsewhere(bench, point, roundoff)
    ):
        roundoff = 0.0
    if roundoff:
        return Doubt(roundoff, f"its values have no more than {1 - round(np.log2(roundoff))} binary digits")
    moves = iter([("every input", direction)]) if np.array_equal(near, base) else _alone(bench, direction)
    found = (_rounds_its_input(bench, health, point, base, *move) for move in moves)
    return next((doubt for doubt in found if doubt is not None), None)


def _alone(bench: Bench, direction: Vector) -> Iterator[tuple[str, Vector]]:
    """Yield the path of each of the first inputs, and the direction that leaves all others where they are."""
    for piece in bench.inputs[:_INPUTS] if len(bench.inputs) > 1 else ():
        only = np.zeros_like(direction)
        only[piece.where] = direction[piece.where]
        yield piece.path, only


def _climbs_higher_stairs(bench: Bench, point: Vector, base: Vector, direction: Vector, roundoff: float) -> bool:
    """Whether outputs stand still over many ulps of the format, as those of `floor` do."""
    step = 8 * roundoff
    above = max(_ABOVE, 4 * step)
    a_little, far = (bench.value(point + h * direction) for h in (step, above))
    expected = np.abs(far - base) * (step / above)
    due = (expected > 4 * roundoff * np.abs(base)) & np.isfinite(expected)
    return bool(due.any() and np.mean(a_little[due] == base[due]) > 1 - _MOVED)


def _has_more_digits_elsewhere(bench: Bench, point: Vector, roundoff: float) -> bool:
    """Whether larger inputs give values that the format cannot hold: those of `floor` are whole, not rounded."""
    digits = 1 - round(float(np.log2(roundoff)))
    values = (bench.value(factor * point) for factor in _FURTHER)
    return any(bool(np.isfinite(v).all()) and not fits_into(v, digits) for v in values)


def _is_lost_in_float64(health: Health, displacement: Vector, moves: float) -> bool:
    """Whether `displacement` is below the last digit of the outputs, as promised and by what a larger one `moves`."""
    rounding = float(np.finfo(float).eps) * norm(health.upstream * health.base)
    return max(norm(health.analytic * displacement), moves) < _VISIBLE * rounding


def _rounds_its_input(
    bench: Bench, health: Health, point: Vector, base: Vector, name: str, direction: Vector
) -> Doubt | None:
    shift = _BELOW["float32"] * direction
    if not shift.any() or not np.array_equal(bench.value(point + shift), base):
        return None
    steps = (_SURELY_ABOVE, _BELOW["sixteen bits"], _ABOVE)
    a_little, further, far = (bench.value(point + step * direction) for step in steps)
    moves = norm(health.upstream * (far - base)) * _BELOW["float32"] / _ABOVE
    if np.mean(far != base) < _MOVED or _is_lost_in_float64(health, shift, moves):
        return None
    coarse = np.array_equal(further, base)
    if not coarse and np.mean(a_little != base) < _MOVED:
        return None  # too still for float32, too lively for sixteen bits: a quantizer of its own
    formats = [digits for digits in DIGITS.values() if (digits < DIGITS["float32"]) is coarse]
    if not any(_stands_still_around_its_numbers(bench, point, direction != 0, digits) for digits in formats):
        return None
    step = _BELOW["sixteen bits" if coarse else "float32"]
    digits = DIGITS["float16" if coarse else "float32"]
    return Doubt(2.0 ** (1 - digits), f"it does not move at all when {name} moves by {step:.0e} of its size")


def _stands_still_around_its_numbers(bench: Bench, point: Vector, moves: Mask, digits: int) -> bool:
    """Whether nothing moves within 0.4 ulps of the numbers of the format, where rounding takes what `moves` to them.

    The stairs of `floor` lie at the whole numbers, which are numbers of the format. Not around x itself: below a
    power of two the numbers of the format are closer.
    """
    mantissas, exponents = np.frexp(point)
    inwards = np.where(np.abs(mantissas) < 0.75, 1.0, -1.0) * np.sign(mantissas)  # where ulps stay as large
    ulp = np.ldexp(inwards, exponents - digits) * moves
    cells = range(1, _CELLS + 1)
    pairs = ((bench.value(point + (k - 0.4) * ulp), bench.value(point + (k + 0.4) * ulp)) for k in cells)
    return all(np.array_equal(below, above) for below, above in pairs)


def _with_few_digits(x: Vector) -> Vector:
    mantissas, exponents = np.frexp(x)
    return np.ldexp(np.round(mantissas * 2.0**_COARSEST) / 2.0**_COARSEST, exponents)


def _rounding_of_outputs(bench: Bench, values: Vector) -> float:
    return max((rounding_of(values[piece.where]) for piece in bench.outputs), default=0.0)


def coarse_backward(bench: Bench, health: Health, rng: np.random.Generator) -> float:
    """Return the roundoff of the format to which the backward rounds; 0 if its digits were few by nature.

    The slope 2x at an x with few digits has few digits, too, and the slope 303 has them everywhere: so it is asked at
    a neighbour that has all digits, where a rounded slope is another one. So are gradients of so few numbers that a
    format may have rounded them to even fewer digits than it has.
    """
    found = bench.coarse
    few = health.analytic.size <= _SINGLE_NUMBERS and fits_into(health.analytic, DIGITS["float32"])
    if not (found or few):
        return 0.0
    there = max(_rounding_beside(bench, health, rng, found) for _ in range(2 if few else 1))
    return min(found, there) if found else there


def rounds_its_factor(bench: Bench, health: Health, rng: np.random.Generator) -> bool:
    """Whether the gradient has the digits of float32 for an upstream that adds none: a derivative kept in float32.

    Beside the point as well, where the inputs have all digits, and where the derivative is another one: what stays is
    a constant that was rounded.
    """
    signs = rng.choice([-1.0, 1.0], health.upstream.size)
    here, coarse = bench.gradient(bench.x, signs), bench.coarse
    there = bench.gradient(bench.x * (1 + rng.uniform(0.05, 0.1, bench.x.size)), signs)
    slopes = np.isfinite(here + there) & (here != 0)
    moved = np.count_nonzero(slopes & (here != there)) > _MOVED * np.count_nonzero(slopes)
    return bool(moved and coarse > 0 and bench.coarse > 0)


def _rounding_beside(bench: Bench, health: Health, rng: np.random.Generator, unknown: float) -> float:
    """Return the roundoff of the gradient at a neighbour that has all digits; `unknown` where that is not finite."""
    moved = bench.x * (1 + rng.uniform(0.05, 0.1, bench.x.size))
    upstream = health.upstream * rng.uniform(0.5, 1.0, health.upstream.size)
    gradient = bench.gradient(moved, upstream)
    if not np.isfinite(gradient).all():
        return unknown
    return 0.0 if _is_constant(bench, health.upstream, upstream, health.analytic, gradient) else bench.coarse


def _is_constant(bench: Bench, upstream: Vector, other: Vector, here: Vector, there: Vector) -> bool:
    """Whether a slope that we multiply by the upstream is the same at both points."""
    if not bench.subject.linear:
        return False
    ratio = other / upstream if upstream.size == here.size else other.sum() / upstream.sum()
    return bool(np.allclose(here * ratio, there, rtol=1e-12, atol=0))
