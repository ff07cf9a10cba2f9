"""Activations: what the lecture says of them, edges, precision kept, bad input."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from gradcheck.reference import activations
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

LAW = settings(deadline=None, max_examples=60)
DTYPES = (np.float64, np.float32)
TRAITS: dict[str, dict[str, Any]] = activations.TRAITS
NAMES = tuple(TRAITS)
ORDERS = ("", "_grad", "_second")
EVERY = [getattr(activations, name + suffix) for name in NAMES for suffix in ORDERS]


@LAW
@given(hnp.arrays(st.sampled_from(DTYPES), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0), fill=st.nothing()))
def test_no_warning_no_mutation_shape_and_precision_kept(x: NDArray[Any]) -> None:
    """For every float there is, NaN and infinities included, the result has its shape and dtype, silently."""
    before = x.copy()
    with np.errstate(all="raise"):
        for function in EVERY:
            y = function(x)
            assert y.shape == x.shape
            assert y.dtype == x.dtype
            np.testing.assert_array_equal(np.isnan(x), np.isnan(y))
    np.testing.assert_array_equal(x.view(f"u{x.itemsize}"), before.view(f"u{x.itemsize}"))


@pytest.mark.parametrize("name", NAMES)
def test_limits_at_infinity(name: str) -> None:
    """At both infinities the value, the slope and the curvature are those of the asymptote, without a warning."""
    for x, (slope, intercept) in zip((-np.inf, np.inf), TRAITS[name]["asymptotes"], strict=True):
        with np.errstate(all="raise"):
            value, first, second = (getattr(activations, name + order)(x) for order in ORDERS)

        assert value == (slope * x if slope else intercept)
        assert abs(first - slope) < 1e-15
        assert second == 0


@pytest.mark.parametrize("function", EVERY, ids=lambda function: function.__name__)
def test_strided_integer_and_scalar_input(function: Callable[..., Any]) -> None:
    """Layout does not matter, integers count as float64, and a number gives a NumPy scalar."""
    x = np.linspace(-3, 3, 24).reshape(4, 6)

    np.testing.assert_array_equal(function(x[::2, ::-3]), function(x[::2, ::-3].copy()))
    np.testing.assert_array_equal(function([-2, 0, 2]), function([-2.0, 0.0, 2.0]))
    assert isinstance(function(1), np.float64)


@pytest.mark.parametrize("function", EVERY, ids=lambda function: function.__name__)
def test_complex_input_is_refused(function: Callable[..., Any]) -> None:
    """An input that is not real is refused, with its name, its dtype and what would do."""
    with pytest.raises(ValueError, match=r"x has dtype complex128; real numbers are needed, such as float32"):
        function(np.zeros(2, complex))


# A-SIG


@LAW
@given(st.floats(allow_nan=False))
def test_sigmoid_is_symmetric_about_one_half(x: float) -> None:
    """A-SIG-1: the values at x and -x add up to 1, and lie in [0, 1]."""
    value, mirrored = activations.sigmoid(x), activations.sigmoid(-x)

    assert 0 <= value <= 1
    assert abs(value + mirrored - 1) <= 2 * np.finfo(float).eps


@LAW
@given(st.floats(0, 700))
def test_sigmoid_derivative_falls_like_the_exponential(x: float) -> None:
    """A-SIG-2: the derivative lies between e^-|x| / 4 and e^-|x|, on both sides."""
    for side in (x, -x):
        assert math.exp(-x) / 4 * (1 - 1e-15) <= activations.sigmoid_grad(side) <= math.exp(-x) * (1 + 1e-15)


def test_sigmoid_zig_zag() -> None:
    """A-SIG-3: after a sigmoid all inputs are positive, so the gradients of a unit's weights share a sign."""
    rng = np.random.default_rng(0)
    hidden = activations.sigmoid(rng.standard_normal((50, 10)))
    upstream = rng.standard_normal(50)

    gradients = hidden * upstream[:, np.newaxis]  # one row of weight gradients an example

    assert hidden.mean() > 0.4
    np.testing.assert_array_equal(np.sign(gradients), np.broadcast_to(np.sign(upstream)[:, np.newaxis], (50, 10)))


# A-TANH


@LAW
@given(st.floats(allow_nan=False))
def test_tanh_is_odd_and_its_derivative_even(x: float) -> None:
    """A-TANH-1: exactly odd, within [-1, 1]; the derivative is exactly even."""
    assert activations.tanh(-x) == -activations.tanh(x)
    assert -1 <= activations.tanh(x) <= 1
    assert activations.tanh_grad(-x) == activations.tanh_grad(x)


def test_tanh_kills_gradients_when_saturated() -> None:
    """A-TANH-2: the derivative is below 1e-16 from |x| = 20 on, and yet not 0 before it underflows."""
    x = np.array([-300.0, -20.0, 20.0, 300.0])

    assert (activations.tanh_grad(x) < 1e-16).all()
    assert (activations.tanh_grad(x) > 0).all()


# A-RELU, A-LRELU


@LAW
@given(st.floats(allow_nan=False))
def test_relu_passes_everything_or_nothing(x: float) -> None:
    """A-RELU-1, A-RELU-2: the larger of 0 and x; the derivative is exactly 1 above 0, and 0 elsewhere."""
    assert activations.relu(x) == max(0.0, x)
    assert activations.relu_grad(x) == (1.0 if x > 0 else 0.0)


@LAW
@given(st.floats(allow_nan=False), st.floats(0, 1, exclude_min=True))
def test_leaky_relu_never_dies(x: float, slope: float) -> None:
    """A-LRELU-1: the larger of slope times x and x; the derivative is never below the slope."""
    assert activations.leaky_relu(x, slope=slope) == max(slope * x, x)
    assert activations.leaky_relu_grad(x, slope=slope) == (1.0 if x > 0 else slope)


@pytest.mark.parametrize("slope", [0.0, -0.1, 1.5, math.nan])
@pytest.mark.parametrize("function", [activations.leaky_relu, activations.leaky_relu_grad])
def test_leaky_relu_refuses_other_slopes(function: Callable[..., Any], slope: float) -> None:
    """A slope outside (0, 1] is refused with the name of what it would be."""
    with pytest.raises(ValueError, match=rf"slope={slope} must lie in \(0, 1\]; for slope 0 use relu"):
        function(1.0, slope=slope)


# A-ELU


@LAW
@given(st.floats(-1e300, 1e300), st.floats(1e-3, 1e3))
def test_elu_is_the_identity_above_zero_and_bounded_below(x: float, alpha: float) -> None:
    """A-ELU-1: x above 0, exactly; below, between x's own sign and -alpha, which it reaches."""
    value = activations.elu(x, alpha=alpha)

    assert value == x if x > 0 else -alpha <= value <= 0
    assert activations.elu(-1e300, alpha=alpha) == -alpha


@LAW
@given(st.floats(-700, 700), st.floats(1e-3, 1e3))
def test_elu_derivative_is_the_value_plus_alpha_below_zero(x: float, alpha: float) -> None:
    """For x <= 0, f' = f + alpha: the identity that lets a backward pass reuse the forward one."""
    truth = 1.0 if x > 0 else activations.elu(x, alpha=alpha) + alpha

    assert abs(activations.elu_grad(x, alpha=alpha) - truth) <= 4 * np.finfo(float).eps * max(alpha, 1)


def test_elu_outputs_are_closer_to_zero_mean_than_relu() -> None:
    """A-ELU-2: on standard normal input the mean is 0.161 instead of ReLU's 0.399.

    Both are known: 1/sqrt(2 pi) for the positive half, and exp(1/2) Phi(-1) - 1/2 for the negative. With 10^6
    draws the means have a standard error below 0.001; a shift of 0.006 happens by chance once in 10^9.
    """
    x = np.random.default_rng(0).standard_normal(10**6)
    half = 1 / math.sqrt(2 * math.pi)
    negative = math.exp(0.5) * math.erfc(1 / math.sqrt(2)) / 2 - 0.5

    assert abs(activations.relu(x).mean() - half) < 0.006
    assert abs(activations.elu(x).mean() - (half + negative)) < 0.006
    assert abs(activations.elu(x).mean()) < abs(activations.relu(x).mean())


@pytest.mark.parametrize("alpha", [0.0, -1.0, math.inf, math.nan])
@pytest.mark.parametrize("function", [activations.elu, activations.elu_grad])
def test_elu_refuses_other_alphas(function: Callable[..., Any], alpha: float) -> None:
    """An alpha that is not a finite positive number is refused."""
    with pytest.raises(ValueError, match=rf"alpha={alpha} must be a finite number above 0"):
        function(1.0, alpha=alpha)


@pytest.mark.parametrize(
    "function",
    [
        partial(activations.leaky_relu, slope=np.float64(0.1)),
        partial(activations.leaky_relu_grad, slope=np.float64(0.1)),
        partial(activations.softplus, beta=np.float64(2)),
        partial(activations.celu_second, alpha=np.float64(2)),
        partial(activations.squareplus, b=np.float64(2)),
        partial(activations.hard_tanh, low=np.float64(-2)),
        partial(activations.softshrink, threshold=np.float64(2)),
        partial(activations.threshold, limit=np.float64(2), value=np.float64(0.1)),
        partial(activations.elu, alpha=np.float64(2)),
        partial(activations.elu_grad, alpha=np.float64(2)),
    ],
    ids=lambda function: function.func.__name__,
)
def test_a_double_option_leaves_the_precision_alone(function: Callable[..., Any]) -> None:
    """A slope or alpha given as a NumPy double does not turn float32 into float64."""
    assert function(np.ones(2, np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    ("function", "options", "sentence"),
    [
        (activations.softplus, {"beta": 0.0}, r"beta=0.0 must be a finite number above 0"),
        (activations.celu, {"alpha": -1.0}, r"alpha=-1.0 must be a finite number above 0"),
        (activations.squareplus, {"b": math.inf}, r"b=inf must be a finite number above 0"),
        (activations.softshrink_grad, {"threshold": 0.0}, r"threshold=0.0 must be a finite number above 0"),
        (activations.hardshrink_second, {"threshold": math.nan}, r"threshold=nan must be a finite number above 0"),
        (activations.hard_tanh, {"low": 1.0}, r"low=1.0 must be below high=1.0"),
        (activations.rrelu, {"lower": 0.5}, r"lower=0.5 and upper=0.333.* must satisfy 0 < lower <= upper <= 1"),
    ],
)
def test_options_out_of_range_are_refused(
    function: Callable[..., Any], options: dict[str, float], sentence: str
) -> None:
    """An option that makes no unit is refused with its name, its value and what would do; without input as well."""
    for x in (1.0, np.empty(0)):
        with pytest.raises(ValueError, match=sentence):
            function(x, **options)


# What relates one unit to another


@LAW
@given(st.floats(-1e300, 1e300))
def test_relatives_agree(x: float) -> None:
    """Derivatives are functions of their own right, mirror images are mirror images, and special options special."""
    a = activations
    assert a.softplus_grad(x) == a.sigmoid(x)
    assert a.sparse_plus_grad(x) == a.sparse_sigmoid(x)
    assert a.log_sigmoid(-x) == -a.softplus(x)
    assert a.celu(x) == a.elu(x)
    assert a.threshold(x, limit=0.0) == a.relu(x)
    assert abs(a.softshrink(x) + a.hard_tanh(x, low=-0.5, high=0.5) - x) <= np.finfo(float).eps * abs(x)


def test_selu_keeps_mean_and_variance() -> None:
    """Under a standard normal input the mean is 0 and the second moment 1: both integrals are known.

    With m1 = E[e^x; x < 0] = e^(1/2) Phi(-1) and m2 = E[e^2x; x < 0] = e^2 Phi(-2).
    """
    scale, alpha = float(activations.selu(1.0)), -float(activations.selu(-np.inf) / activations.selu(1.0))
    m1 = math.exp(0.5) * math.erfc(1 / math.sqrt(2)) / 2
    m2 = math.exp(2.0) * math.erfc(2 / math.sqrt(2)) / 2

    assert abs(scale * (1 / math.sqrt(2 * math.pi) + alpha * (m1 - 0.5))) < 1e-14
    assert abs(scale**2 * (0.5 + alpha**2 * (m2 - 2 * m1 + 0.5)) - 1) < 1e-14


@pytest.mark.parametrize("function", EVERY, ids=lambda function: function.__name__)
def test_a_long_array_is_its_parts(function: Callable[..., Any]) -> None:
    """Working in blocks changes nothing: not at their edges, and not by what else is in a block."""
    x = np.random.default_rng(0).standard_normal(40_000) * 10.0
    x[20_000:] *= 100

    np.testing.assert_array_equal(function(x)[16_380:16_390], function(x[16_380:16_390]))
    np.testing.assert_array_equal(function(x)[::4_001], [function(value) for value in x[::4_001]])
