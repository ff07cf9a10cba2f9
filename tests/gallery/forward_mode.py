# ruff: noqa: D401 - each docstring is the mistake itself, in the words of whoever finds it
"""Jacobian-vector products: wrong ones, pairs that disagree, and right ones where both modes are hard to compare."""

from __future__ import annotations

from typing import Any

import numpy as np

from .planted import Call, Shelf, Sound, X

SHELF = Shelf()
WEIGHTS = "inputs['w']"


def _points(*shape: int) -> np.ndarray:
    return np.random.default_rng(11).normal(size=shape)


def _product(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return x @ w


def _right_jvp(tangents: Any, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return tangents[0] @ w + x @ tangents[1]


def _right_vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return u @ w.T, x.T @ u


def _with(jvp: Any = _right_jvp, **options: Any) -> Call:
    return _product, (_points(4, 3), _points(3, 2)), {"jvp": jvp, **options}


def _tanh_with(jvp: Any, **options: Any) -> Call:
    return np.tanh, (_points(5),), {"jvp": jvp, **options}


def _slope(x: np.ndarray) -> np.ndarray:
    return 1 - np.tanh(x) ** 2


def _one_hot(k: int, value: float) -> np.ndarray:
    weights = np.ones(5)
    weights[k] = value
    return weights


# -- the jvp alone ---------------------------------------------------------------------------------------------------


@SHELF.add("GC101", WEIGHTS)
def jvp_ignores_an_input() -> Call:
    """The tangent of the weights is never used."""
    return _with(lambda t, x, w: t[0] @ w)


@SHELF.add("GC101", WEIGHTS)
def jvp_swaps_a_sign() -> Call:
    """The second term is subtracted."""
    return _with(lambda t, x, w: t[0] @ w - x @ t[1])


@SHELF.add("GC101")
def jvp_off_by_a_millionth() -> Call:
    """A constant with six digits."""
    return _tanh_with(lambda t, x: (1 + 2e-6) * t * _slope(x))


@SHELF.add("GC101", X, (3,))
def jvp_wrong_in_one_entry() -> Call:
    """One slope of five is off by a thousandth."""
    return _tanh_with(lambda t, x: t * _slope(x) * _one_hot(3, 1.001))


@SHELF.add("GC101")
def jvp_transposed() -> Call:
    """A square matrix, applied from the wrong side."""
    a = _points(4, 4)
    return (lambda x: a @ x), (_points(4),), {"jvp": lambda t, x: a.T @ t}


@SHELF.add("GC101", large=True)
def jvp_wrong_in_one_entry_of_many() -> Call:
    """One slope of a hundred thousand is off by a tenth."""
    weights = np.ones(100_000)
    weights[4321] = 1.1
    return np.tanh, (np.random.default_rng(3).normal(size=100_000),), {"jvp": lambda t, x: t * _slope(x) * weights}


@SHELF.add("GC101", X)
def jvp_outside_the_hull() -> Call:
    """The slope of a ReLU at zero is no slope of either side."""
    x = np.array([-1.0, 0.0, 2.0])
    return (lambda x: np.maximum(x, 0)), (x,), {"jvp": lambda t, x: t * np.where(x == 0, 1.5, x > 0)}


@SHELF.add("GC108", "outputs[0]")
def jvp_rectifies_its_tangent() -> Call:
    """Negative tangents are dropped."""
    return _tanh_with(lambda t, x: np.maximum(t, 0) * _slope(x))


@SHELF.add("GC109", "outputs[0]")
def jvp_adds_a_constant() -> Call:
    """A term without a tangent."""
    return _tanh_with(lambda t, x: t * _slope(x) + 0.1)


@SHELF.add("GC104", "outputs[0]")
def jvp_summed() -> Call:
    """One number for five outputs."""
    return _tanh_with(lambda t, x: np.sum(t * _slope(x)))


@SHELF.add("GC104", "outputs[0]")
def jvp_returns_none() -> Call:
    """A forgotten return."""
    return _tanh_with(lambda t, x: None)


@SHELF.add("GC105", X)
def jvp_writes_into_the_tangent() -> Call:
    """The tangent is scaled in place."""

    def jvp(t: np.ndarray, x: np.ndarray) -> np.ndarray:
        t *= _slope(x)
        return t

    return _tanh_with(jvp)


@SHELF.add("GC111", "outputs[0]")
def jvp_draws_a_mask() -> Call:
    """A dropout mask of its own."""
    rng = np.random.default_rng(5)
    return _tanh_with(lambda t, x: t * _slope(x) * (rng.random(x.shape) < 0.5))


@SHELF.add("GC114", "outputs[0]", (0,))
def jvp_divides_zero_by_zero() -> Call:
    """sin(x) / x by the quotient rule, at 0."""

    def jvp(t: np.ndarray, x: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return t * (np.cos(x) / x - np.sin(x) / x**2)

    return (lambda x: np.sinc(x / np.pi) + x), (np.array([0.0, 1.0]),), {"jvp": jvp}


# -- beside a reverse mode -------------------------------------------------------------------------------------------


@SHELF.add("GC113", X)
def modes_apart_by_a_ten_billionth() -> Call:
    """Too little for any difference, and yet no rounding."""
    return _tanh_with(lambda t, x: (1 + 1e-10) * t * _slope(x), vjp=lambda u, x: u * _slope(x))


@SHELF.add("GC113", X)
def modes_apart_in_one_entry() -> Call:
    """One slope of five, off by 1e-9 in reverse mode."""
    return _tanh_with(lambda t, x: t * _slope(x), vjp=lambda u, x: u * _slope(x) * _one_hot(2, 1 + 1e-9))


@SHELF.add("GC113", WEIGHTS, also=("GC101",))
def reverse_mode_forgets_a_half() -> Call:
    """Differences convict the vjp."""
    return _with(vjp=lambda u, x, w: (u @ w.T, 0.5 * x.T @ u))


@SHELF.add("GC113", X, also=("GC101",))
def forward_mode_forgets_a_term() -> Call:
    """Differences convict the jvp."""
    return _with(lambda t, x, w: x @ t[1], vjp=_right_vjp)


# -- right ones ------------------------------------------------------------------------------------------------------


def _two_subgradients() -> Call:
    x = np.array([0.0, 1.0, -2.0, 0.0])
    jvp, vjp = (lambda t, x: t * (x >= 0)), (lambda u, x: u * (x > 0))
    return (lambda x: np.maximum(x, 0)), (x,), {"jvp": jvp, "vjp": vjp}


def _tie_shared_and_tie_to_the_first() -> Call:
    def jvp(t: np.ndarray, x: np.ndarray) -> np.ndarray:
        top = x == x.max()
        return np.atleast_1d(t[top].mean())

    def vjp(u: np.ndarray, x: np.ndarray) -> np.ndarray:
        return u[0] * np.eye(x.size)[x.argmax()]

    return (lambda x: np.atleast_1d(x.max())), (np.array([3.0, 1.0, 3.0]),), {"jvp": jvp, "vjp": vjp}


def _kinks_that_cancel() -> Call:
    def jvp(t: np.ndarray, x: np.ndarray) -> np.ndarray:
        return np.atleast_1d(t[0] * (x[0] >= 0) - t[1] * (x[1] > 0))

    return (lambda x: np.atleast_1d(np.maximum(x[0], 0.0) - np.maximum(x[1], 0.0))), (np.zeros(2),), {"jvp": jvp}


def _two_formulas_in_saturation(scale: float) -> Call:
    jvp, vjp = (lambda t, x: t * (1 - np.tanh(x) ** 2)), (lambda u, x: u / np.cosh(x) ** 2)
    return np.tanh, (scale * _points(6),), {"jvp": jvp, "vjp": vjp}


def _solve_ill_conditioned() -> Call:
    a = 1 / (np.arange(8)[:, None] + np.arange(8) + 1.0)
    inverse = np.linalg.inv(a)
    jvp, vjp = (lambda t, x: np.linalg.solve(a, t)), (lambda u, x: inverse.T @ u)
    return (lambda x: np.linalg.solve(a, x)), (_points(8),), {"jvp": jvp, "vjp": vjp}


def _several_outputs() -> Call:
    def forward(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.sin(x) * y, np.atleast_1d(y.sum())

    def jvp(t: Any, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.cos(x) * t[0] * y + np.sin(x) * t[1], np.atleast_1d(t[1].sum())

    def vjp(u: Any, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return u[0] * np.cos(x) * y, u[0] * np.sin(x) + u[1]

    return forward, (_points(4), 1e6 + _points(4)), {"jvp": jvp, "vjp": vjp}


def _a_pair_and_its_jvp() -> Call:
    pair = (lambda x: (np.tanh(x), x)), (lambda dout, cache: dout * _slope(cache))
    return pair, (_points(4, 2),), {"jvp": lambda t, x: t * _slope(x)}


def _scalar_function() -> Call:
    options = {"jvp": lambda t, x: 4 * x**3 @ t, "grad": lambda x: 4 * x**3}
    return (lambda x: np.sum(x**4)), (1e4 * _points(5),), options


def _many_relus() -> Call:
    x = np.random.default_rng(2).normal(size=(300, 400))
    return (lambda x: np.maximum(x, 0)), (x,), {"jvp": lambda t, x: t * (x > 0)}


def _single_precision() -> Call:
    options = {"jvp": lambda t, x: t * _slope(x), "derivative": _slope}
    return np.tanh, (np.linspace(-2, 2, 9, dtype=np.float32),), options


SOUND: tuple[Sound, ...] = (
    Sound("jvp of a product", _with),
    Sound("jvp and vjp of a product", lambda: _with(vjp=_right_vjp)),
    Sound("two subgradients of one ReLU", _two_subgradients, "GC901"),
    Sound("a tie, shared by one mode and not by the other", _tie_shared_and_tie_to_the_first, "GC901"),
    Sound("kinks that cancel, by jvp", _kinks_that_cancel, "GC901"),
    Sound("two formulas of one slope", lambda: _two_formulas_in_saturation(1.0)),
    Sound("two formulas of one slope, saturated", lambda: _two_formulas_in_saturation(8.0)),
    Sound("jvp and vjp of an ill-conditioned solve", _solve_ill_conditioned),
    Sound("jvp of several outputs", _several_outputs),
    Sound("jvp beside a pair", _a_pair_and_its_jvp),
    Sound("jvp beside grad", _scalar_function),
    Sound("jvp of many ReLUs", _many_relus, large=True),
    Sound("jvp in float32", _single_precision),
)
