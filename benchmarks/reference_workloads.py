"""What `reference_speed.py` times: each reference beside plain NumPy forms of the same formula.

A *form* is what one would write for a whole array. The first of each function is the textbook's; it is followed by
those that take more care, where the textbook's is wrong in a tail, at infinity or about NaN. Every form is tried in
the precision of its input and, for float32, in double precision as well; and the reference's own formula is tried on
the whole array at once. What a form is worth is measured, not declared: `off` asks the oracle of the tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import _table  # noqa: F401  (finds the gallery of the tests)
import numpy as np
import scipy.special
from gallery import activations as oracle

from gradcheck import reference

Array = Any
Form = Callable[[Array], Array]

BOUND = {np.float64: 4.0, np.float32: 2.0}
"""How many units in the last place a form may be off."""


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _sigmoid_by_decay(x: Array) -> Array:
    d = np.exp(-np.abs(x))
    return np.maximum(d, x >= 0) / (1 + d)


def _sigmoid_grad(x: Array) -> Array:
    s = _sigmoid(x)
    return s * (1 - s)


def _sigmoid_grad_by_decay(x: Array) -> Array:
    d = np.exp(-np.abs(x))
    return d / (1 + d) ** 2


def _tanh_grad_by_decay(x: Array) -> Array:
    d = np.exp(-2 * np.abs(x))
    return 4 * d / (1 + d) ** 2


def _softsign_to_infinity(x: Array) -> Array:
    x = np.clip(x, -np.finfo(x.dtype).max, np.finfo(x.dtype).max)
    return x / (1 + np.abs(x))


def _softsign_grad_by_two(x: Array) -> Array:
    s = 1 + np.abs(x)
    return 1 / s / s


def _hard_swish_to_infinity(x: Array) -> Array:
    x = np.maximum(x, -3)
    return x * (np.minimum(x + 3, 6) / 6)


def _squareplus_to_the_left(x: Array) -> Array:
    size = np.abs(x)
    return np.maximum(x, 0) + 1 / (0.5 * size + 0.5 * np.hypot(size, 2))


def _silu_grad(x: Array) -> Array:
    s = _sigmoid(x)
    return s * (1 + x * (1 - s))


def _silu_by_halves(x: Array) -> Array:
    x = np.maximum(x, -2048)
    h = np.exp(-0.5 * np.abs(x))
    e = np.maximum(h, x >= 0)
    return x * e / (1 + h * h) * e


def _mish_grad(x: Array) -> Array:
    t = np.tanh(np.log1p(np.exp(x)))
    return t + x * _sigmoid(x) * (1 - t * t)


def _mish_by_fraction(x: Array) -> Array:
    w = np.exp(np.minimum(x, 20))
    n = w * (w + 2)
    return x * (n / (n + 2))


def _inner(x: Array) -> Array:
    return math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)


def _gelu_tanh_by_sigmoid(x: Array) -> Array:
    return x * _sigmoid_by_decay(2 * _inner(x))


def _gelu_tanh_grad(x: Array) -> Array:
    t = np.tanh(_inner(x))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * math.sqrt(2 / math.pi) * (1 + 0.134145 * x * x)


def _gelu_grad(x: Array) -> Array:
    return 0.5 * (1 + scipy.special.erf(x * math.sqrt(0.5))) + x * np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


def _softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _log_softmax(x: Array) -> Array:
    d = x - x.max(axis=-1, keepdims=True)
    return d - np.log(np.exp(d).sum(axis=-1, keepdims=True))


def _powers(x: Array) -> tuple[Array, Array, Array]:
    """Return distances from the largest, what they have lost, and their exponentials."""
    largest = x.max(axis=-1, keepdims=True)
    d = x - largest
    back = d - x
    lost = (x - (d - back)) - (largest + back)
    e = np.exp(d)
    return d, lost, e + e * lost


def _softmax_with_remainders(x: Array) -> Array:
    _, _, e = _powers(x)
    return e / e.sum(axis=-1, keepdims=True)


def _log_softmax_with_remainders(x: Array) -> Array:
    d, lost, e = _powers(x)
    np.put_along_axis(e, d.argmax(axis=-1, keepdims=True), 0, axis=-1)
    return (d - np.log1p(e.sum(axis=-1, keepdims=True))) + lost


FORMS: dict[str, tuple[Form, ...]] = {
    "sigmoid": (_sigmoid, _sigmoid_by_decay),
    "sigmoid_grad": (_sigmoid_grad, _sigmoid_grad_by_decay),
    "log_sigmoid": (
        lambda x: -np.log1p(np.exp(-x)),
        lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))),
    ),
    "tanh": (np.tanh,),
    "tanh_grad": (lambda x: 1 - np.tanh(x) ** 2, _tanh_grad_by_decay),
    "softsign": (lambda x: x / (1 + np.abs(x)), _softsign_to_infinity),
    "softsign_grad": (lambda x: 1 / (1 + np.abs(x)) ** 2, _softsign_grad_by_two),
    "hard_sigmoid": (lambda x: np.clip(x + 3, 0, 6) / 6,),
    "hard_tanh": (lambda x: np.clip(x, -1, 1),),
    "hard_swish": (lambda x: x * np.clip(x + 3, 0, 6) / 6, _hard_swish_to_infinity),
    "relu": (lambda x: np.maximum(x, 0),),
    "relu_grad": (
        lambda x: (x > 0).astype(x.dtype),
        lambda x: np.where(np.isnan(x), x, x > 0),
        lambda x: np.maximum(np.sign(x), 0),
        lambda x: np.heaviside(x, 0),
    ),
    "leaky_relu": (lambda x: np.maximum(0.01 * x, x),),
    "elu": (lambda x: np.where(x > 0, x, np.expm1(x)),),
    "elu_grad": (lambda x: np.where(x > 0, 1, np.exp(x)),),
    "celu": (lambda x: np.where(x > 0, x, np.expm1(x)),),
    "selu": (lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),),
    "softplus": (
        lambda x: np.log1p(np.exp(x)),
        lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    ),
    "softplus_grad": (_sigmoid, _sigmoid_by_decay),
    "squareplus": (lambda x: 0.5 * (x + np.sqrt(x * x + 4)), _squareplus_to_the_left),
    "squareplus_grad": (lambda x: 0.5 * (1 + x / np.sqrt(x * x + 4)),),
    "sparse_plus": (lambda x: np.where(x < 1, 0.25 * np.maximum(x + 1, 0) ** 2, x),),
    "silu": (lambda x: x * _sigmoid(x), _silu_by_halves),
    "silu_grad": (_silu_grad,),
    "mish": (lambda x: x * np.tanh(np.log1p(np.exp(x))), _mish_by_fraction),
    "mish_grad": (_mish_grad,),
    "gelu": (
        lambda x: 0.5 * x * (1 + scipy.special.erf(x * math.sqrt(0.5))),
        lambda x: x * scipy.special.ndtr(x),
    ),
    "gelu_grad": (_gelu_grad,),
    "gelu_tanh": (lambda x: 0.5 * x * (1 + np.tanh(_inner(x))), _gelu_tanh_by_sigmoid),
    "gelu_tanh_grad": (_gelu_tanh_grad,),
    "tanhshrink": (lambda x: x - np.tanh(x),),
    "tanhshrink_grad": (lambda x: np.tanh(x) ** 2,),
    "softshrink": (lambda x: x - np.clip(x, -0.5, 0.5),),
    "hardshrink": (
        lambda x: np.where(np.abs(x) > 0.5, x, 0),
        lambda x: np.where(np.abs(x) <= 0.5, 0, x),
    ),
    "threshold": (lambda x: np.where(x > 1, x, 0), lambda x: np.where(x <= 1, 0, x)),
    "softmax": (_softmax, _softmax_with_remainders),
    "log_softmax": (_log_softmax, _log_softmax_with_remainders),
}
"""Reference -> what one writes for it in plain NumPy; the textbook's form first."""

TEXTBOOK = "textbook"


@dataclass(frozen=True)
class Row:
    """One comparison: calls without arguments that do the same, and how far off each of them is."""

    name: str
    ours: Callable[[], Any]
    forms: dict[str, Callable[[], Any]]
    off: dict[str, float]
    bound: float

    @property
    def within(self) -> list[str]:
        """The forms that are as exact as the reference promises to be."""
        return [title for title, ulps in self.off.items() if ulps <= self.bound]


def activation_rows(
    size: int = 10**6, dtype: type = np.float64, points: int = 150, names: Sequence[str] = tuple(FORMS)
) -> Iterator[Row]:
    """Yield the activations at `size` standard normal numbers, and the softmax family on rows of a hundred."""
    x = np.random.default_rng(0).standard_normal(size).astype(dtype)
    for name in names:
        at = x.reshape(-1, 100) if name in oracle.ROWS else x
        ways = dict(_ways(name, dtype))
        yield Row(
            name,
            _called(getattr(reference, name), at),
            {title: _called(form, at) for title, form in ways.items()},
            {title: off(name, form, dtype, points) for title, form in ways.items()},
            BOUND[dtype],
        )


def _called(function: Form, x: Array) -> Callable[[], Any]:
    return lambda: function(x)


def _ways(name: str, dtype: type) -> Iterator[tuple[str, Form]]:
    """Yield all the forms of a function, by title."""
    for k, form in enumerate(FORMS[name]):
        title = f"careful {k}" if k else TEXTBOOK
        yield title, form
        if dtype is np.float32:
            yield f"{title}, in double", _in(np.float64, form)
    whole = getattr(getattr(reference, name), "__wrapped__", None)
    if whole is not None and name not in oracle.ROWS:
        yield "ours, at once", _in(np.float64, whole)


def _in(dtype: type, form: Form) -> Form:
    return lambda x: form(x.astype(dtype, copy=False)).astype(x.dtype, copy=False)


def off(name: str, form: Form, dtype: type, count: int) -> float:
    """Return the largest error of a form in units of the last place; infinity where it loses NaN or an infinity."""
    with np.errstate(all="ignore"):
        if name in oracle.ROWS:
            return max(oracle.worst_of_row(form, name, row).ulps for row in oracle.scores(dtype))
        ends = np.array([-np.inf, np.inf, np.nan], dtype)
        if not np.array_equal(form(ends), getattr(reference, name)(ends), equal_nan=True):
            return math.inf
        x = oracle.points(count, dtype)
        exactly = oracle.furthest(form(x), x, _known(name, dtype, count)).ulps
        return max(exactly, _off_on_a_sweep(name, form, dtype))


@lru_cache(maxsize=1)
def _known(name: str, dtype: type, count: int) -> Any:
    return oracle.truths(name.removesuffix("_grad"), int(name.endswith("_grad")), oracle.points(count, dtype))


def _off_on_a_sweep(name: str, form: Form, dtype: type) -> float:
    """Return the largest error at many points, where the reference with more digits is the truth.

    The slope of a gated unit is a sum whose terms may cancel: there the few points of the oracle have to do.
    """
    more = np.float64 if dtype is np.float32 else np.longdouble
    if np.finfo(more).nmant <= np.finfo(dtype).nmant or name.removesuffix("_grad") in oracle.GATES:
        return 0.0
    x = oracle.points(20_000, dtype)
    truth = getattr(reference, name)(x.astype(more))
    errors = np.abs(form(x) - truth) / np.spacing(np.abs(truth).astype(dtype))
    errors[np.isnan(errors)] = np.inf
    return float(errors[np.abs(truth) <= np.finfo(dtype).max].max())
