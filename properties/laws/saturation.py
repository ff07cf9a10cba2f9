"""Laws of activations far from 0, and of what they do to shapes and dtypes."""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .._case import Case
from .._expect import Violation, expect
from .._registry import declares
from ..adapters._adapted import SINGLE
from ..adapters.activation import Activation, Array
from ..strategies import choice

LARGE = (1e308, -1e308, 1e100, -1e100, 1e5, -1e5, 750.0, -750.0, 40.0, -40.0, 5e-324, -5e-324, 0.0, -0.0)
ORDINARY = 1e100
"""Up to this size nothing may warn; beyond it even doubling a number overflows."""

STRAIGHT = np.array([20.0, 30.0, 40.0])
"""Where it shows whether a function grows like a line: far out, and before ``exp`` overflows."""
MODERATE = 1e5
"""Up to this size a function that grows like a line is finite."""

SHAPES: tuple[tuple[int, ...], ...] = ((), (1,), (3,), (2, 3), (2, 1, 3), (2, 2, 1, 2))


@declares("GC506", "finite and quiet at the largest inputs", "activation", effort=None, claims=("A-SIG-1", "A-ELU-1"))
def extremes(f: Activation, case: Case) -> None:
    """No NaN up to ±1e308, no warning up to ±1e100; a finite value even at ±inf where a range is declared.

    Where it grows no faster than a line, its value is finite up to ±1e5.

    A saturated unit is an ordinary state of a network, so that its value must not pass through inf/inf.

    The usual mistake is ``exp`` of a positive number: write the formula in ``exp(-abs(x))``, and mask before ``exp``,
    not after.
    """
    x = np.array([*_largest(f), *_infinities(f)])
    y, caught = f(x), _warning(f, x[np.abs(x) <= ORDINARY])
    case.state("inputs tried", f"{len(x)}, the largest ±{np.abs(x[np.isfinite(x)]).max():.0g}")
    missing = np.isnan(y)
    if missing.any():
        raise Violation(f"f({x[missing][0]:g}) is NaN", value=float("nan"))
    _overflow(f, x, y)
    flat = _bounded_at(f, x)
    expect(np.where(flat, y, 0.0), "f at the largest inputs, where it is bounded,").finite()
    if caught is not None and np.isfinite(y[np.abs(x) <= ORDINARY]).all():
        raise Violation(f"every value is finite, yet NumPy warns: {caught}")


@declares(
    "GC507",
    "its derivative vanishes where it saturates",
    "activation",
    needs=("derivative", "saturation"),
    effort=0.5,
    claims=("A-SIG-2", "A-TANH-2", "A-RELU-2", "A-ELU-1"),
)
def vanishing_slope(f: Activation, case: Case) -> None:
    """On a saturated side the derivative falls towards 0, and the function hardly moves any more.

    This is how saturated units kill the gradient: whatever flows back is multiplied by the derivative.

    The usual mistake is a derivative of the wrong argument (of the output instead of the input, or the reverse).
    """
    side = case.pick("side", choice(f.traits.saturates or ()))
    distance = case.pick("distance", choice((10.0, 12.0, 17.0, 25.0, 40.0, 100.0, 700.0)))
    sign = 1.0 if side == "right" else -1.0
    x = sign * distance * np.array([1.0, 2.0, 1e3, 1e300])
    slope, middle = np.abs(f.slope(x)), np.abs(f.slope(np.linspace(-3.0, 3.0, 25))).max()
    expect(slope, "|f'(x)|").finite()
    expect(np.diff(slope), "the change of |f'| outwards").at_most(0.0, allowed=1e-12 * middle)
    expect(slope[2:], "|f'(x)| far out").at_most(1e-3 * middle)
    near = np.abs(np.diff(f(x[:2])))
    expect(near, "the rise of f").at_most(distance * slope[0], allowed=1e-12 * (middle + f.size))


@declares("GC512", "keeps the dtype", "activation", effort=None)
def dtype_kept(f: Activation, case: Case) -> None:  # noqa: ARG001
    """float32 in, float32 out; the same for float64. No derivative may widen what it is multiplied by.

    A single float64 constant array doubles the memory and halves the speed of everything after it.

    The usual mistake is ``np.sqrt(2)`` in a formula (a NumPy number widens float32, ``math.sqrt(2)`` does not),
    ``np.zeros(shape)``, or an array constant without a dtype.
    """
    for dtype in (np.float32, np.float64):
        x = np.linspace(-2, 2, 7, dtype=dtype)
        _same_dtype(f.function(x), x, "f(x)")
        for slope, name in ((f.derivative, "f'(x)"), (f.second, "f''(x)")):
            if slope is not None:
                _same_dtype(_times(x, slope(x)), x, f"x * {name}")


@declares("GC514", "keeps the shape, also of a single number", "activation", effort=None)
def shape_kept(f: Activation, case: Case) -> None:  # noqa: ARG001
    """The output has the shape of the input: a number, a vector, a batch, a batch of images.

    The values are those of the flat array, whatever the shape.

    The usual mistake is an index or an axis that only a matrix has.
    """
    for shape in SHAPES:
        x = np.linspace(-2.0, 2.0, max(1, int(np.prod(shape)))).reshape(shape)
        y = f(x)
        if y.shape != shape:
            raise Violation(f"the input has shape {shape}, the output {y.shape}")
        flat = f(x.reshape(-1)).reshape(shape)
        expect(y, f"f(x) of shape {shape}").close_to(flat, scale=np.abs(flat) + f.size, ulps=16)


def _overflow(f: Activation, x: Array, y: Array) -> None:
    """Raise where the function overflows though it grows no faster than a line."""
    for sign in (1.0, -1.0):
        line = f(sign * STRAIGHT)
        if line.shape != STRAIGHT.shape:
            raise Violation(f"the input has shape {STRAIGHT.shape}, the output {line.shape}")
        start, middle, end = line
        straight = bool(abs(end - middle) <= 1.01 * abs(middle - start) + 1e-9 * f.size)
        early = x[np.isinf(y) & (np.abs(x) <= MODERATE) & (np.sign(x) == sign)]
        if straight and early.size:
            at = float(early[np.argmin(np.abs(early))])
            raise Violation(
                f"f({at:g}) is infinite, yet f grows no faster than a line from {sign * 20:g} to {sign * 40:g}",
                value=float("inf"),
            )


def _largest(f: Activation) -> list[float]:
    """Return the large inputs, as far as float32 goes where that is what the function calculates in."""
    return [x for x in LARGE if SINGLE not in f.abilities or abs(x) <= float(np.finfo(np.float32).max)]


def _warning(f: Activation, x: Array) -> str | None:
    with warnings.catch_warnings(record=True) as caught, np.errstate(over="warn", invalid="warn", divide="warn"):
        warnings.simplefilter("always")
        f(x)
    return str(caught[0].message) if caught else None


def _infinities(f: Activation) -> list[float]:
    """Return the infinities at which the function is expected to have a finite value.

    Softsign, x / (1 + abs(x)), is right and NaN there: only who declares a range promises more.
    """
    if not f.bounded:
        return []
    low, high = f.traits.range or (-np.inf, np.inf)
    if np.isfinite(low) and np.isfinite(high):
        return [np.inf, -np.inf]
    sides = {"right": np.inf, "left": -np.inf}
    return [sides[side] for side in f.traits.saturates or () if f.traits.range is not None]


def _bounded_at(f: Activation, x: Array) -> Array:
    low, high = f.traits.range or (-np.inf, np.inf)
    sides = f.traits.saturates or ()
    everywhere = bool(np.isfinite(low) and np.isfinite(high))
    left = everywhere or ("left" in sides and f.traits.range is not None)
    right = everywhere or ("right" in sides and f.traits.range is not None)
    return np.where(x < 0, left, right)


def _times(x: Array, slope: Any) -> Array:
    """Return the product, to which a number of Python brings no dtype of its own, and neither does a list."""
    if isinstance(slope, list):
        slope = np.asarray(slope, x.dtype)
    return np.asarray(x * (slope if isinstance(slope, (int, float, np.generic)) else np.asarray(slope)))


def _same_dtype(y: Any, x: Array, name: str) -> None:
    if getattr(y, "dtype", x.dtype) != x.dtype:  # a list has none
        raise Violation(f"{name} is {y.dtype} for an input of {x.dtype}")
