"""The activations as they are defined, in any precision: the oracle of tests and of the table of accuracy.

Nothing here knows how the reference computes anything: a value is its definition in `mpmath`, and derivatives are
differences of values, with so many digits that the differences are exact to far more than the last place.

>>> worst(np.tanh, "tanh", 0, np.array([0.5])).ulps < 2
True
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath as mp
import numpy as np

_NOTHING = 2.0**-1060
"""How far from 0 its neighbours are taken."""

FAR = mp.mpf(5000)
"""Further than any exponential, or 200 any Gaussian, reaches before it underflows: there it may stand still."""

_HALF = mp.mpf(1) / 2
_SELU_SCALE, _SELU_ALPHA = "1.0507009873554804934193349852946", "1.6732632423543772848170429916717"


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-_clip(x, -FAR, FAR)))


def _softplus(x: Any) -> Any:
    return mp.log1p(mp.exp(max(x, -FAR))) if x < 0 else x + mp.log1p(mp.exp(-min(x, FAR)))


def _clip(x: Any, low: Any, high: Any) -> Any:
    return min(max(x, mp.mpf(low)), mp.mpf(high))


def _gelu_tanh(x: Any) -> Any:
    return _sigmoid(mp.sqrt(8 / mp.pi) * (x + x**3 * 44715 / 10**6))


def _squareplus(x: Any, b: float = 4) -> Any:
    root = mp.sqrt(x * x + b)
    return (root + x) / 2 if x > 0 else b / (2 * (root - x))


def _sparse_plus(x: Any) -> Any:
    return x if x >= 1 else (max(x, mp.mpf(-1)) + 1) ** 2 / 4


def _elu(x: Any, alpha: float = 1, divide: float = 1) -> Any:
    return x if x > 0 else mp.mpf(alpha) * mp.expm1(x / mp.mpf(divide))


GATES: dict[str, Callable[[Any], Any]] = {
    "silu": _sigmoid,
    "gelu": lambda x: mp.erfc(_clip(-x, -200, 200) / mp.sqrt(2)) / 2,
    "gelu_tanh": _gelu_tanh,
    "mish": lambda x: mp.tanh(_softplus(x)),
    "hard_swish": lambda x: _clip(x + 3, 0, 6) / 6,
}
"""Units of the form x g(x), by their gate g."""

PLAIN: dict[str, Callable[[Any], Any]] = {
    "sigmoid": _sigmoid,
    "log_sigmoid": lambda x: -_softplus(-x),
    "tanh": mp.tanh,
    "softsign": lambda x: x / (1 + abs(x)),
    "hard_sigmoid": lambda x: _clip(x + 3, 0, 6) / 6,
    "hard_tanh": lambda x: _clip(x, -1, 1),
    "sparse_sigmoid": lambda x: _clip((x + 1) / 2, 0, 1),
    "relu": lambda x: _clip(x, 0, mp.inf),
    "relu6": lambda x: _clip(x, 0, 6),
    "leaky_relu": lambda x: x if x > 0 else mp.mpf(0.01) * x,
    "rrelu": lambda x: x if x > 0 else mp.mpf(11 / 48) * x,
    "elu": _elu,
    "celu": _elu,
    "selu": lambda x: mp.mpf(_SELU_SCALE) * _elu(x, _SELU_ALPHA),
    "softplus": _softplus,
    "squareplus": _squareplus,
    "sparse_plus": _sparse_plus,
    "threshold": lambda x: x if x > 1 else mp.mpf(0),
    "tanhshrink": lambda x: x - mp.tanh(x),
    "softshrink": lambda x: x - min(max(x, -_HALF), _HALF),
    "hardshrink": lambda x: x if abs(x) > _HALF else mp.mpf(0),
}

NAMES = (*PLAIN, *GATES)

ROUGH: dict[str, tuple[float, ...]] = {
    "softsign": (0.0,),
    "elu": (0.0,),
    "celu": (0.0,),
    "sparse_plus": (-1.0, 1.0),
    "sparse_sigmoid": (-1.0, 1.0),
    "hard_swish": (-3.0, 3.0),
    "hard_sigmoid": (-3.0, 3.0),
    "hard_tanh": (-1.0, 1.0),
    "relu": (0.0,),
    "relu6": (0.0, 6.0),
    "leaky_relu": (0.0,),
    "rrelu": (0.0,),
    "selu": (0.0,),
    "threshold": (1.0,),
    "softshrink": (-0.5, 0.5),
    "hardshrink": (-0.5, 0.5),
}
"""Where a value, slope or curvature jumps: differences mean nothing there."""


FLAT = {"tanhshrink": (0.0,)}
"""Where the slope has a double root, which differences with a fixed step would miss."""


class Exact(NamedTuple):
    """The true number, and the largest of the terms that make it."""

    value: Any
    largest: Any


def exact(name: str, order: int, x: float, function: Callable[[Any], Any] | None = None) -> Exact:
    """Return the value (`order` 0), derivative or second derivative at `x`.

    With 1600 bits all that underflows, and two differences of it, keep more digits than are compared. Where something
    happens at 0 itself, the step is relative to `x`, and there are more.

    A gated unit is a sum: f' = g + x g', f'' = 2 g' + x g''; of all others the number itself is the only term.
    """
    gate = GATES.get(name)
    f = function or gate or PLAIN[name]
    near = 0.0 in FLAT.get(name, ROUGH.get(name, ()))
    size = (min(abs(x), 1.0) or _NOTHING) if near else 1.0
    with mp.workprec(1600 - 5 * int(np.frexp(size)[1]) + max(0, int(np.frexp(float(x))[1]))):
        at = mp.mpf(float(x))
        slopes = _derivatives(f, at, mp.ldexp(size, -90), order)
        if gate is None:
            return Exact(slopes[order], abs(slopes[order]))
        terms = [at * slopes[order], *([order * slopes[order - 1]] if order else [])]
        return Exact(mp.fsum(terms), max(abs(term) for term in terms))


def _derivatives(f: Callable[[Any], Any], x: Any, step: Any, order: int) -> list[Any]:
    """Return f(x), and by central differences f' and f'' up to `order`; their relative error is the squared step."""
    if order == 0:
        return [f(x)]
    left, middle, right = f(x - step), f(x), f(x + step)
    return [middle, (right - left) / (2 * step), (right - 2 * middle + left) / step**2]


class Error(NamedTuple):
    """The largest error of a function in units of the last place, and where."""

    ulps: float
    x: float
    value: float
    truth: str


def worst(
    function: Callable[[Any], Any], name: str, order: int, points: Any, definition: Callable[[Any], Any] | None = None
) -> Error:
    """Return the largest error of `function` at `points`, in units of the last place of the largest term."""
    return furthest(function(points), points, truths(name, order, points, definition))


def truths(name: str, order: int, points: Any, definition: Callable[[Any], Any] | None = None) -> list[Exact | None]:
    """Return what is true at each point; None where there is no truth."""
    rough = ROUGH.get(name, ())
    return [None if x in rough else exact(name, order, float(x), definition) for x in points]


def furthest(values: Any, points: Any, known: list[Exact | None]) -> Error:
    """Return the largest error of `values` at `points`."""
    info = np.finfo(np.asarray(values).dtype)
    errors = [Error(0.0, float("nan"), float("nan"), "")]
    for x, value, truth in zip(points, np.asarray(values), known, strict=True):
        if truth is not None:
            distance = _distance(float(value), *truth, info)
            errors.append(Error(distance, float(x), float(value), mp.nstr(truth.value, 20)))
    return max(errors)


def _distance(value: float, truth: Any, largest: Any, info: Any) -> float:
    lowest = int(info.minexp - info.nmant)
    exponent = max(int(mp.frexp(largest)[1]) - 1 - info.nmant, lowest) if largest else lowest
    if not np.isfinite(value):
        beyond = abs(truth) > mp.mpf(float(info.max)) * (1 + mp.mpf(float(info.eps)) / 4)
        return 0.0 if beyond and value * mp.sign(truth) > 0 else float("inf")
    return float(abs(mp.mpf(value) - truth) / mp.ldexp(1, exponent))


def points(count: int, dtype: type = np.float64, seed: int = 0) -> Any:
    """Return numbers of every magnitude and of both signs, more of them where something happens.

    A quarter each: all exponents there are; evenly around 0; all magnitudes from 1e-6 to 30; and next to where
    exponentials underflow, in this precision and in half of its exponent, as Gaussians do.
    """
    rng, info = np.random.default_rng(seed), np.finfo(dtype)
    signs = rng.choice([-1.0, 1.0], count)
    end = -float(np.log(float(info.smallest_subnormal)))
    ends = np.array([end, end / 2, np.sqrt(2 * end), 21.0 if dtype is np.float64 else 10.0])
    with np.errstate(all="ignore"):
        every = signs * np.exp2(rng.uniform(info.minexp - info.nmant, info.maxexp, count))
        even = rng.uniform(-6, 6, count)
        small = signs * 10.0 ** rng.uniform(-6, 1.5, count)
        last = signs * rng.choice(ends, count) * rng.uniform(0.93, 1.01, count)
        drawn = np.choose(np.arange(count) % 4, [every, even, small, last]).astype(dtype)
    edges = [0.0, info.smallest_subnormal, info.smallest_normal, info.max, info.eps, 1.0, 2.0, 700.0]
    return np.unique(np.concatenate([drawn, np.array(edges, dtype), -np.array(edges, dtype)]))


def scores(dtype: type = np.float64) -> list[Any]:
    """Return rows of many kinds: ordinary, far apart, huge, equal, and with one that stands out."""
    rng = np.random.default_rng(0)
    drawn = [scale * rng.standard_normal(6) for scale in (1e-9, 1.0, 30.0, 400.0, 1e4)]
    made = [[0.0] * 6, [1e300, 1e300, -1e300, 0.0, 5.0, 1.0], [40.0, 0.0, 0.0, 0.0, 0.0, 1.0]]
    end = float(np.finfo(dtype).max)
    return [np.clip(row, -end, end).astype(dtype) for row in [*drawn, *made]]


def _from_the_largest(row: list[Any]) -> tuple[Any, list[Any], Any]:
    """Return the largest score, the distances from it, and the sum of their exponentials."""
    largest = max(row)
    below = [x - largest for x in row]
    return largest, below, mp.fsum(mp.exp(max(d, -FAR)) for d in below)


def _shares(row: list[Any]) -> list[Any]:
    _, below, total = _from_the_largest(row)
    return [mp.exp(max(d, -FAR)) / total for d in below]


def _logarithms(row: list[Any]) -> list[Any]:
    _, below, total = _from_the_largest(row)
    return [d - mp.log(total) for d in below]


def _log_sum(row: list[Any]) -> list[Any]:
    largest, _, total = _from_the_largest(row)
    return [largest + mp.log(total)]


ROWS: dict[str, Callable[[list[Any]], list[Any]]] = {
    "softmax": _shares,
    "softmin": lambda row: _shares([-x for x in row]),
    "log_softmax": _logarithms,
    "logsumexp": _log_sum,
}
"""The softmax family, by the definition for one row."""


def worst_of_row(function: Callable[[Any], Any], name: str, row: Any) -> Error:
    """Return the largest error of `function` of one row; that of a sum in units of its larger term."""
    with mp.workprec(2500):
        exact_row = [mp.mpf(float(x)) for x in row]
        largest = abs(max(exact_row)) if name == "logsumexp" else mp.mpf(0)
        known = [Exact(truth, max(abs(truth), largest)) for truth in ROWS[name](exact_row)]
        return furthest(np.atleast_1d(function(row)), row[: len(known)], [*known])
