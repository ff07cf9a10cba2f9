# ruff: noqa: D401 - each docstring is the mistake itself, in the words of whoever finds it
"""Second order: wrong second derivatives, gradients of nothing, and right ones at kinks and in saturation."""

from __future__ import annotations

from typing import Any

import numpy as np

from .planted import Call, Shelf, Sound

SHELF = Shelf()

_AT = np.random.default_rng(13).normal(size=6)
_Y = np.random.default_rng(14).normal(size=6)
_A = np.random.default_rng(15).normal(size=(6, 6))
_A += _A.T
W = "inputs['w']"


def _slope(x: np.ndarray) -> np.ndarray:
    return 1 - np.tanh(x) ** 2


def _bend(x: np.ndarray) -> np.ndarray:
    return -2 * np.tanh(x) * _slope(x)


def _tanh_with(second: Any) -> Call:
    return np.tanh, (_AT.copy(),), {"derivative": (_slope, second), "order": 2}


def _loss(x: np.ndarray, y: np.ndarray) -> Any:
    return np.sum(np.sin(x) * y) + x @ _A @ x / 2


def _loss_grad(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.cos(x) * y + _A @ x, np.sin(x)


def _loss_hvp(v: Any, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return -np.sin(x) * y * v[0] + np.cos(x) * v[1] + _A @ v[0], np.cos(x) * v[0]


def _loss_with(grad: Any) -> Call:
    return _loss, (_AT.copy(), _Y.copy()), {"grad": grad, "order": 2}


def _product_vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return u @ w.T, x.T @ u


def _product_with(second: Any) -> Call:
    x, w = _A[:3, :4].copy(), _A[:4, 4:].copy()
    return (lambda x, w: x @ w), (x, w), {"vjp": (_product_vjp, second), "order": 2}


# -- as claimed ------------------------------------------------------------------------------------------------------


@SHELF.add("GC103")
def second_derivative_to_the_wrong_variable() -> Call:
    """The slope y' = 1 - y^2 differentiated by y."""
    return _tanh_with(lambda x: -2 * np.tanh(x))


@SHELF.add("GC103")
def second_derivative_with_the_wrong_sign() -> Call:
    """The sign of -2 was lost."""
    return _tanh_with(lambda x: -_bend(x))


@SHELF.add("GC103")
def second_derivative_off_by_a_millionth() -> Call:
    """A constant with six digits."""
    return _tanh_with(lambda x: (1 + 2e-6) * _bend(x))


@SHELF.add("GC103")
def hessian_without_the_mixed_term() -> Call:
    """The path from y to the gradient of x is missing."""
    return _loss_with((_loss_grad, lambda v, x, y: (-np.sin(x) * y * v[0] + _A @ v[0], np.cos(x) * v[0])))


@SHELF.add("GC103")
def hessian_diagonal_only() -> Call:
    """The quadratic form counts with its diagonal alone."""

    def hvp(v: Any, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return -np.sin(x) * y * v[0] + np.cos(x) * v[1] + np.diag(_A) * v[0], np.cos(x) * v[0]

    return _loss_with((_loss_grad, hvp))


@SHELF.add("GC103", W)
def double_backward_doubled() -> Call:
    """The derivative of a vjp by one of its inputs counts twice."""
    return _product_with(lambda s, u, x, w: (s[0] @ w + x @ s[1], u @ s[1].T, 2 * s[0].T @ u))


@SHELF.add("GC103", "inputs['u']")
def double_backward_without_a_path_to_the_upstream() -> Call:
    """A vjp is linear in its upstream, so the derivative by it is J itself: half of it is missing."""
    return _product_with(lambda s, u, x, w: (s[0] @ w, u @ s[1].T, s[0].T @ u))


@SHELF.add("GC104", None)
def double_backward_of_the_inputs_alone() -> Call:
    """The derivative by the upstream is not returned."""
    return _product_with(lambda s, u, x, w: (u @ s[1].T,))


# -- without a claim -------------------------------------------------------------------------------------------------


@SHELF.add("GC103")
def gradient_of_nothing() -> Call:
    """Right at the point, and next to it a rotation is added."""
    turn = np.zeros((6, 6))
    turn[1, 2] = 0.3

    def grad(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.cos(x) * y + _A @ x + turn @ (x - _AT), np.sin(x)

    return _loss_with(grad)


@SHELF.add("GC103")
def gradient_with_a_detached_part() -> Call:
    """Part of it keeps the values of the first call."""
    kept = np.sin(_AT)
    return (lambda x: np.sum(np.sin(x) ** 2) / 2), (_AT.copy(),), {"grad": lambda x: kept * np.cos(x), "order": 2}


@SHELF.add("GC103")
def gradient_right_by_luck() -> Call:
    """The gradient of another function that has the same slope here."""
    return _loss_with(lambda x, y: (np.cos(x) * y + _A @ x + 1e-3 * (x - _AT), np.sin(x)))


# -- right ones ------------------------------------------------------------------------------------------------------


def _tanh_pair() -> Call:
    pair = (lambda x: (np.tanh(x), x)), (lambda dout, cache: dout * _slope(cache))
    return pair, (_AT.copy(),), {"order": 2}


def _relu_claimed_at_zero() -> Call:
    pair = (lambda x: (x > 0) * 1.0), np.zeros_like
    return (lambda x: np.maximum(x, 0)), (np.array([-1.0, 0.0, 2.0]),), {"derivative": pair, "order": 2}


def _relu_away_from_zero() -> Call:
    return (lambda x: np.maximum(x, 0)), (_AT.copy(),), {"vjp": lambda u, x: u * (x > 0), "order": 2}


def _maximum() -> Call:
    return np.max, (_AT.copy(),), {"grad": lambda x: np.eye(6)[x.argmax()], "order": 2}


def _at_scale(scale: float) -> Call:
    return (lambda x: np.sum(x**4)), (scale * _AT,), {"grad": lambda x: 4 * x**3, "order": 2}


def _linear() -> Call:
    return (lambda x: _A @ x), (_AT.copy(),), {"vjp": lambda u, x: _A.T @ u, "order": 2}


SOUND: tuple[Sound, ...] = (
    Sound("second derivative of tanh", lambda: _tanh_with(_bend)),
    Sound("Hessian-vector product", lambda: _loss_with((_loss_grad, _loss_hvp))),
    Sound("double backward", lambda: _product_with(lambda s, u, x, w: (s[0] @ w + x @ s[1], u @ s[1].T, s[0].T @ u))),
    Sound("order two without a claim", lambda: _loss_with(_loss_grad)),
    Sound("order two of a pair", _tanh_pair),
    Sound("order two of a linear map", _linear),
    Sound("order two of a ReLU, claimed, at zero", _relu_claimed_at_zero, "GC901"),
    Sound("order two of a ReLU, beside zero", _relu_away_from_zero),
    Sound("order two of a maximum", _maximum),
    Sound("order two at 1e5", lambda: _at_scale(1e5)),
    Sound("order two at 1e-5", lambda: _at_scale(1e-5)),
)
