# ruff: noqa: D401, D403 - each docstring is the mistake itself, in the words of whoever finds it
"""Backwards of functions whose formula is wrong: a path forgotten, a factor, a sign, an axis, a mask."""

from __future__ import annotations

import numpy as np
from scipy.special import erf

from .planted import Call, Shelf, X

SHELF = Shelf()


def _points(*shape: int, seed: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(x / 2))


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


# -- normalizations --------------------------------------------------------------------------------------------------


def _normalize(x: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    centred = x - x.mean(axis=axis, keepdims=True)
    inverse = 1 / np.sqrt((centred**2).mean(axis=axis, keepdims=True) + 1e-5)
    return centred * inverse, inverse


def _normalization(axis: int, *, mean_path: bool = True, variance_path: bool = True) -> Call:
    def forward(x: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        out, inverse = _normalize(x, axis)
        return out, (out, inverse)

    def backward(dout: np.ndarray, cache: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        out, inverse = cache
        mean = dout.mean(axis=axis, keepdims=True) if mean_path else 0.0
        variance = out * (dout * out).mean(axis=axis, keepdims=True) if variance_path else 0.0
        return inverse * (dout - mean - variance)

    return (forward, backward), (_points(6, 4),), {}


@SHELF.add("GC101")
def batchnorm_without_the_mean_path() -> Call:
    """The batch mean is treated as a constant."""
    return _normalization(0, mean_path=False)


@SHELF.add("GC101")
def batchnorm_without_the_variance_path() -> Call:
    """The batch variance is treated as a constant."""
    return _normalization(0, variance_path=False)


@SHELF.add("GC101")
def batchnorm_with_detached_statistics() -> Call:
    """Both are."""
    return _normalization(0, mean_path=False, variance_path=False)


@SHELF.add("GC101")
def layernorm_without_the_mean_path() -> Call:
    """The mean over the features is treated as a constant."""
    return _normalization(1, mean_path=False)


@SHELF.add("GC101")
def layernorm_differentiated_along_the_batch() -> Call:
    """Forward normalizes each example, backward sums over the batch."""
    (forward, _), inputs, options = _normalization(1)
    (_, backward), *_ = _normalization(0)
    return (forward, backward), inputs, options


@SHELF.add("GC101", "inputs['a']")
def variance_divided_by_n_minus_one() -> Call:
    """The forward divides by N, the backward by N - 1."""
    return np.var, (_points(9),), {"grad": lambda x: 2 * (x - x.mean()) / (x.size - 1)}


# -- activations -----------------------------------------------------------------------------------------------------


@SHELF.add("GC101")
def sign_flipped() -> Call:
    """The derivative of the cosine without its minus."""
    return np.cos, (_points(6),), {"derivative": np.sin}


@SHELF.add("GC101")
def factor_of_two_missing() -> Call:
    """x^2 by x."""
    return np.square, (_points(6),), {"derivative": lambda x: x}


@SHELF.add("GC101")
def one_percent_too_large() -> Call:
    """A relative error that absolute tolerances of 1e-2 hide."""
    return np.exp, (_points(6),), {"derivative": lambda x: 1.01 * np.exp(x)}


@SHELF.add("GC101")
def one_part_in_a_hundred_thousand() -> Call:
    """A relative error below every peer's default tolerance."""
    return np.exp, (_points(6),), {"derivative": lambda x: (1 + 1e-5) * np.exp(x)}


@SHELF.add("GC101")
def product_rule_forgotten() -> Call:
    """x sigmoid(x) with the second factor held still."""
    return (lambda x: x * _sigmoid(x)), (_points(6),), {"derivative": _sigmoid}


@SHELF.add("GC101")
def derivative_of_the_output_taken_for_the_input() -> Call:
    """s (1 - s) evaluated at x itself."""
    return _sigmoid, (_points(6),), {"derivative": lambda x: x * (1 - x)}


@SHELF.add("GC101")
def gelu_approximated_in_backward_only() -> Call:
    """The exact forward with the derivative of the tanh approximation: off in the fourth digit."""
    c = np.sqrt(2 / np.pi)

    def slope(x: np.ndarray) -> np.ndarray:
        t = np.tanh(c * (x + 0.044715 * x**3))
        return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * c * (1 + 3 * 0.044715 * x**2)

    return (lambda x: 0.5 * x * (1 + erf(x / np.sqrt(2)))), (_points(6),), {"derivative": slope}


@SHELF.add("GC101")
def mask_of_the_wrong_side() -> Call:
    """ReLU passing the upstream where the input is negative."""
    return _relu, (_points(12),), {"derivative": lambda x: (x < 0).astype(float)}


@SHELF.add("GC101", X, (2,))
def mask_with_the_wrong_threshold() -> Call:
    """A mask x > 1 for a kink at zero: wrong between."""
    return _relu, (np.array([-0.7, 1.8, 0.4, 2.2, -1.3]),), {"derivative": lambda x: (x > 1).astype(float)}


@SHELF.add("GC101", X, (3,))
def elu_slope_below_minus_three() -> Call:
    """Right everywhere but far to the left."""

    def slope(x: np.ndarray) -> np.ndarray:
        return np.where(x > 0, 1.0, np.where(x < -3, 0.0, np.exp(x)))

    elu = np.array([0.5, -1.0, -2.0, -4.0, 2.0])
    return (lambda x: np.where(x > 0, x, np.expm1(x))), (elu,), {"derivative": slope}


@SHELF.add("GC101", X, (1,))
def relu_slope_of_two_at_zero() -> Call:
    """Outside the interval between the one-sided slopes."""
    point = np.array([-1.0, 0.0, 1.5])
    return _relu, (point,), {"derivative": lambda x: np.where(x == 0, 2.0, (x > 0) * 1.0)}


@SHELF.add("GC101", X, (1,))
def absolute_value_with_slope_three_halves_at_zero() -> Call:
    """Between no two one-sided slopes of the absolute value."""
    point = np.array([-1.0, 0.0, 1.5])
    return np.abs, (point,), {"derivative": lambda x: np.where(x == 0, 1.5, np.sign(x))}


@SHELF.add("GC101", X, (1,))
def slope_claimed_at_a_jump() -> Call:
    """A step function whose author passes the upstream straight through."""
    return (lambda x: x + (x >= 0)), (np.array([-1.0, 0.0, 2.0]),), {"derivative": lambda x: 1.0 + 2.0 * (x == 0)}


@SHELF.add("GC101", "inputs['a']")
def straight_through_rounding() -> Call:
    """Rounding is flat, its straight-through gradient is one."""
    return np.round, (np.array([0.2, 1.3, -2.4]),), {"derivative": np.ones_like}


@SHELF.add("GC101")
def clip_mask_inverted() -> Call:
    """The upstream passes where clipping is active."""
    x = np.array([-2.0, -0.3, 0.4, 1.7])
    return (lambda x: np.clip(x, -1, 1)), (x,), {"derivative": lambda x: (np.abs(x) > 1) * 1.0}


# -- reductions, losses ----------------------------------------------------------------------------------------------


@SHELF.add("GC101")
def softmax_taken_for_elementwise() -> Call:
    """s (1 - s), as if the outputs did not compete."""

    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        s = _softmax(x)
        return g * s * (1 - s)

    return _softmax, (_points(3, 5),), {"vjp": vjp}


@SHELF.add("GC101")
def softmax_seven_times_too_large() -> Call:
    """Invisible to an upstream of ones, which softmax maps to zero."""

    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        s = _softmax(x)
        return 7 * s * (g - (g * s).sum(axis=-1, keepdims=True))

    return _softmax, (_points(3, 5),), {"vjp": vjp}


@SHELF.add("GC101")
def mean_without_its_n() -> Call:
    """A mean of squares whose gradient forgets 1/N."""
    return (lambda x: np.mean(x**2)), (_points(8),), {"grad": lambda x: 2 * x}


@SHELF.add("GC101", "inputs['scores']")
def cross_entropy_minus_the_wrong_target() -> Call:
    """The one-hot targets are shifted by one class."""
    labels = np.array([0, 3, 1])

    def loss(scores: np.ndarray, labels: np.ndarray) -> float:
        return float(-np.log(_softmax(scores)[np.arange(3), labels]).mean())

    def grad(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return (_softmax(scores) - np.eye(4)[(labels + 1) % 4]) / len(labels)

    return loss, (_points(3, 4), labels), {"grad": grad}


@SHELF.add("GC101", "inputs['scores']")
def cross_entropy_not_averaged() -> Call:
    """The loss is a mean over the batch, its gradient is that of the sum."""
    labels = np.array([0, 3, 1])

    def loss(scores: np.ndarray, labels: np.ndarray) -> float:
        return float(-np.log(_softmax(scores)[np.arange(3), labels]).mean())

    return loss, (_points(3, 4), labels), {"grad": lambda scores, labels: _softmax(scores) - np.eye(4)[labels]}


@SHELF.add("GC101")
def huber_without_its_linear_part() -> Call:
    """The quadratic gradient is kept far outside."""
    x = np.array([0.3, -0.5, 2.0, -4.0])
    return (lambda x: np.sum(np.where(np.abs(x) < 1, x**2 / 2, np.abs(x) - 0.5))), (x,), {"grad": lambda x: x.copy()}


@SHELF.add("GC101")
def logsumexp_not_normalized() -> Call:
    """exp(x - max) instead of the softmax."""
    return (lambda x: np.log(np.exp(x).sum())), (_points(6),), {"grad": lambda x: np.exp(x - x.max())}


@SHELF.add("GC101")
def norm_not_divided() -> Call:
    """The gradient of the norm taken for that of half its square."""
    return np.linalg.norm, (_points(6),), {"grad": lambda x: x.copy()}


@SHELF.add("GC101", "inputs['a']")
def cumulative_sum_not_reversed() -> Call:
    """The transpose of a cumulative sum sums from the other end."""
    return np.cumsum, (_points(6),), {"vjp": lambda g, x: np.cumsum(g)}


@SHELF.add("GC101")
def gradient_in_reverse_order() -> Call:
    """The right numbers, the wrong way round."""
    return np.sin, (_points(6),), {"vjp": lambda g, x: (g * np.cos(x))[::-1].copy()}


@SHELF.add("GC101", "inputs['a']")
def sorted_gradient_not_put_back() -> Call:
    """The upstream of a sort returned in sorted order."""
    return np.sort, (_points(7),), {"vjp": lambda g, x: g.copy()}


@SHELF.add("GC101")
def maximum_routed_to_the_minimum() -> Call:
    """argmin for argmax."""

    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        out = np.zeros_like(x)
        out[np.arange(len(x)), x.argmin(axis=1)] = g
        return out

    return (lambda x: x.max(axis=1)), (_points(4, 5),), {"vjp": vjp}


@SHELF.add("GC101")
def circular_convolution_not_flipped() -> Call:
    """The gradient of a convolution is a correlation."""

    def circular(x: np.ndarray, k: np.ndarray) -> np.ndarray:
        return np.real(np.fft.ifft(np.fft.fft(x) * np.fft.fft(k)))

    return (
        circular,
        (_points(8), _points(8, seed=8)),
        {"vjp": lambda g, x, k: (circular(g, k), circular(g, np.roll(x[::-1], 1)))},
    )


@SHELF.add("GC101", "inputs['a']")
def matrix_product_gradient_transposed() -> Call:
    """g b where g b^T belongs, square, so that no shape complains."""
    return (lambda a, b: a @ b), (_points(4, 4), _points(4, 4, seed=8)), {"vjp": lambda g, a, b: (g @ b, a.T @ g)}


@SHELF.add("GC101", "inputs['q']")
def attention_scores_not_scaled_in_backward() -> Call:
    """1/sqrt(d) in the forward only."""
    k = _points(5, 4, seed=9)

    def scores(q: np.ndarray) -> np.ndarray:
        return q @ k.T / 2

    return scores, (_points(3, 4),), {"vjp": lambda g, q: g @ k}


# -- sizes that hide -------------------------------------------------------------------------------------------------


@SHELF.add("GC101")
def all_zero_for_a_tiny_slope() -> Call:
    """Every absolute tolerance above 1e-6 calls it right."""
    return (lambda x: 1e-6 * x), (_points(4, 3),), {"vjp": lambda g, x: np.zeros_like(x)}


@SHELF.add("GC101")
def tiny_slope_with_the_wrong_sign() -> Call:
    """1e-8 sin x, negated."""
    return (lambda x: 1e-8 * np.sin(x)), (_points(6),), {"derivative": lambda x: -1e-8 * np.cos(x)}


@SHELF.add("GC101", X, (4,))
def one_small_entry_beside_large_ones() -> Call:
    """Ten per cent off in an entry ten decades below its neighbours."""
    scale = 10.0 ** -np.array([0.0, 2.0, 4.0, 6.0, 10.0])
    wrong = scale * np.array([1, 1, 1, 1, 1.1])
    return (lambda x: np.sum(scale * np.sin(x))), (_points(5),), {"grad": lambda x: wrong * np.cos(x)}


@SHELF.add("GC101", X, (2, 1))
def one_small_row_beside_large_ones() -> Call:
    """The rows of a Jacobian span ten decades; one entry of the least is zeroed."""
    scale = 10.0 ** -np.array([[0.0], [5.0], [10.0]])

    def slope(x: np.ndarray) -> np.ndarray:
        out = scale * np.exp(x)
        out[2, 1] = 0.0
        return out

    return (lambda x: scale * np.exp(x)), (_points(3, 2),), {"vjp": lambda g, x: g * slope(x)}
