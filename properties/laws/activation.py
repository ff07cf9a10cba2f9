"""Laws of activations: what the shape of the function promises."""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

from typing import Any

import numpy as np

from .._case import Case
from .._expect import Violation, epsilon, expect
from .._infer import find_kinks
from .._registry import declares
from ..adapters.activation import Activation, Array
from ..strategies import choice, tensors

ULPS = 16
"""Rounding of a formula of a few operations, in units of the last place of its largest summand."""

ORDINARY: dict[str, Any] = {"scales": (1.0, 0.1, 10.0), "locs": (0.0, 1.0, -3.0)}
NO_EXTREMES = ("dense", "constant column", "tied maxima", "duplicate rows", "sorted", "sparse", "exact zeros")


@declares(
    "GC501",
    "odd or even, as declared",
    "activation",
    traits=("odd", "even"),
    claims=("A-TANH-1",),
)
def parity(f: Activation, case: Case) -> None:
    """An odd function satisfies f(-x) = -f(x), an even one f(-x) = f(x).

    Parity is exact symmetry, so both sides may differ only by rounding of the largest summand.

    The usual mistake is a shift: sigmoid(2x) is not tanh before 1 is subtracted from its double.
    """
    x = case.array("x", tensors(**ORDINARY))
    sign = -1.0 if f.traits.odd else 1.0
    expect(f(-x), "f(-x)").close_to(sign * f(x), scale=np.abs(f(x)) + f.size, ulps=ULPS)


@declares("GC502", "monotone", "activation", traits=("monotone",), claims=("A-SIG-1", "A-TANH-1", "A-RELU-1"))
def monotone(f: Activation, case: Case) -> None:
    """A monotone function never falls: x <= y implies f(x) <= f(y).

    Where the function is flat, rounding may make it fall by a few units of the last place; that is allowed.

    The usual mistake is a wrong sign in one branch.
    """
    x = np.sort(case.array("x", tensors(**ORDINARY)), axis=None)
    if x[0] == x[-1]:
        case.idle("all entries were equal")
    y = f(x)
    with np.errstate(invalid="ignore"):
        rise = np.where(y[1:] == y[:-1], 0.0, np.diff(y))  # two equal infinities do not fall
    expect(rise, "f(y) - f(x) for x < y").at_least(0.0, allowed=_rounding(f, _larger(y)))


@declares("GC503", "stays in its range", "activation", traits=("range",), claims=("A-SIG-1", "A-TANH-1", "A-ELU-1"))
def bounded(f: Activation, case: Case) -> None:
    """Every value lies between the declared bounds, the bounds included.

    In floating point a saturated unit reaches its bound exactly; beyond it by rounding is allowed.

    The usual mistake is a missing factor, or a branch that is not clipped.
    """
    assert f.traits.range is not None
    low, high = f.traits.range
    y = f(case.array("x", tensors()))
    expect(y, "f(x)").at_least(low, allowed=_rounding(f, y))
    expect(y, "f(x)").at_most(high, allowed=_rounding(f, y))


@declares("GC504", "Lipschitz", "activation", traits=("lipschitz",), claims=("A-SIG-2", "A-RELU-1"))
def lipschitz(f: Activation, case: Case) -> None:
    r"""Two values are never further apart than L times their arguments: \|f(x) - f(y)\| <= L \|x - y\|.

    L bounds what a unit can do to the gradient that passes through it.

    The usual mistake is a scale inside the function: sigmoid(4x) has L = 1, not 1/4.
    """
    assert f.traits.lipschitz is not None
    x, y = case.array("x", tensors((3, 2), **ORDINARY)), case.array("y", tensors((3, 2), **ORDINARY))
    if (x == y).all():
        case.idle("both points were the same")
    rise, run = np.abs(f(x) - f(y)), np.abs(x - y)
    allowed = _rounding(f, f(x)) + _rounding(f, f(y))
    expect(rise, "|f(x) - f(y)|").at_most(f.traits.lipschitz * run, allowed=allowed)


@declares("GC505", "value at zero", "activation", traits=("value_at_zero",), effort=None, claims=("A-SIG-3",))
def value_at_zero(f: Activation, case: Case) -> None:  # noqa: ARG001
    """f(0) is what was declared, for 0.0 and for -0.0.

    A unit is zero-centred only if it maps 0 to 0.

    The usual mistake is an offset that was meant for another function.
    """
    assert f.traits.value_at_zero is not None
    y = f(np.array([0.0, -0.0]))
    expect(y, "f(0)").close_to(f.traits.value_at_zero, scale=f.size + abs(f.traits.value_at_zero), ulps=ULPS)


@declares(
    "GC508", "its slope never falls below a bound", "activation", traits=("smallest_slope",), claims=("A-LRELU-1",)
)
def smallest_slope(f: Activation, case: Case) -> None:
    """Between any two points the function rises at least by the declared slope: the unit cannot die.

    A unit whose slope has a positive lower bound always lets some of the gradient through.

    The usual mistake is a zero in the negative branch, which turns leaky ReLU into ReLU.
    """
    assert f.traits.smallest_slope is not None
    x = np.sort(case.array("x", tensors(**ORDINARY)), axis=None)
    if x[0] == x[-1]:
        case.idle("all entries were equal")
    y = f(x)
    expect(np.diff(y), "the rise").at_least(
        f.traits.smallest_slope * np.diff(x), allowed=_rounding(f, _larger(y)) + ULPS * epsilon(x) * _larger(x)
    )
    if f.derivative is not None:
        expect(f.slope(x), "f'(x)").at_least(f.traits.smallest_slope, allowed=ULPS * epsilon(x))


@declares(
    "GC509",
    "no kinks but the declared ones",
    "activation",
    needs=("double", "told kinks"),
    effort=0.4,
    claims=("A-RELU-1", "A-ELU-1"),
)
def kink_set(f: Activation, case: Case) -> None:
    """The slope jumps at the declared kinks and nowhere else.

    A change of slope that does not fade while the step shrinks is a kink, or a jump of the value.

    The usual mistake is a branch at the wrong threshold, or two branches that do not meet.
    """
    assert f.traits.kinks is not None
    middle = case.pick("middle", choice((0.0, 1.0, -1.0, 5.0, -5.0, 20.0, -20.0, 0.1, -0.1)))
    width = case.pick("width", choice((3.0, 1.0, 0.3, 10.0, 30.0)))
    shift = case.array("shift", tensors((1,), scales=(0.1,), locs=(0.0,), structures=("dense",), edits=()))
    low = middle + float(shift[0]) * width - width / 2
    for kink in find_kinks(f, low, low + width, size=f.size):
        declared = (*f.traits.kinks, *(f.traits.jumps or ()))
        if not any(abs(kink - known) <= 1e-4 * (1 + abs(known)) for known in declared):
            raise Violation(f"the slope jumps at x = {kink:.6g}, which is not declared", value=kink)


@declares("GC510", "NaN goes through", "activation", effort=0.4)
def nan_propagates(f: Activation, case: Case) -> None:
    """f(NaN) is NaN, and the entries around it do not change.

    A NaN that an activation turns into 0 hides the step that made it.

    The usual mistake is ``np.where(x > 0, x, 0)``: a comparison with NaN is false. ``np.maximum(x, 0)`` keeps it.
    """
    x = case.array("x", tensors(**ORDINARY, structures=NO_EXTREMES))
    clean = f(x)
    x.flat[0] = np.nan
    y = f(x)
    if not np.isnan(y.flat[0]):
        raise Violation(f"f(NaN) is {y.flat[0]:.6g}, not NaN", value=float(y.flat[0]), target=float("nan"))
    expect(y.flat[1:], "f(x) beside the NaN").close_to(clean.flat[1:], scale=_size(f, clean.flat[1:]), ulps=ULPS)


@declares(
    "GC511", "homogeneous", "activation", traits=("homogeneous",), claims=("A-RELU-1", "A-LRELU-1", "A-PRELU-1")
)
def homogeneous(f: Activation, case: Case) -> None:
    """f(a x) = a f(x) for every a > 0: the function has no scale of its own.

    Piecewise linear units through the origin have this property; it is why He initialization works at any scale.

    The usual mistake is a threshold away from 0, or an offset.
    """
    x = case.array("x", tensors(**ORDINARY))
    a = case.pick("a", choice((2.0, 3.0, 0.5, 1e3, 1e-3, 7.0)))
    expect(f(a * x), f"f({a:g} x)").close_to(a * f(x), scale=np.abs(a * f(x)) + np.abs(a * x), ulps=ULPS)


@declares("GC513", "elementwise", "activation", claims=("A-RELU-1",))
def elementwise(f: Activation, case: Case) -> None:
    """Every output depends on the input at its own place only.

    Permuting the inputs permutes the outputs, and changing one input changes one output.

    The usual mistake is a reduction over the batch (a maximum, a mean) that was meant for one row.
    """
    x = case.array("x", tensors(**ORDINARY, structures=NO_EXTREMES))
    if x.size < 2 or (x == x.flat[0]).all():
        case.idle("all entries were equal")
    y = f(x).reshape(-1)
    turned = f(x.reshape(-1)[::-1].reshape(x.shape)).reshape(-1)[::-1]
    expect(turned, "f of the reversed input").close_to(y, scale=_size(f, y), ulps=ULPS)
    moved = x.copy()
    moved.flat[0] += 1.0
    expect(f(moved).reshape(-1)[1:], "f(x) elsewhere").close_to(y[1:], scale=_size(f, y[1:]), ulps=ULPS)


def _size(f: Activation, y: Array) -> Array:
    return np.abs(np.asarray(y, dtype=np.float64)) + f.size


def _rounding(f: Activation, y: Array) -> Array:
    size = np.where(np.isfinite(y), np.abs(y), 0.0) + f.size
    return np.asarray(ULPS * epsilon(y) * size)


def _larger(values: Array) -> Array:
    """Return the larger size of each two neighbours: the rounding of a difference is that of both."""
    size = np.abs(values)
    return np.asarray(np.maximum(size[1:], size[:-1]))
