"""Activations: values and derivatives against high precision over the whole range, laws, edges, traits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import mpmath
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
EVERY = [getattr(activations, name + suffix) for name in NAMES for suffix in ("", "_grad")]


def exact_sigmoid(x: Any) -> Any:
    """Return the sigmoid as defined."""
    return 1 / (1 + mpmath.exp(-x))


def exact_elu(x: Any) -> Any:
    """Return the ELU with alpha 1."""
    return x if x > 0 else mpmath.expm1(x)


def exact_relu(x: Any) -> Any:
    """Return the larger of x and 0."""
    return x if x > 0 else mpmath.mpf(0)


def exact_leaky_relu(x: Any, slope: float) -> Any:
    """Return x above 0 and the product elsewhere, with the slope as it is stored."""
    return x if x > 0 else mpmath.mpf(slope) * x


@dataclass(frozen=True)
class Case:
    """A function, the truth, and the largest error in units of the last place: float64, float32.

    The bounds add up the roundings of the formula: at most 1 for each addition, product and quotient, and for
    an exponential 1 in float64 and 3 in float32, where NumPy's vectorized one is coarser. A square doubles.
    """

    function: Callable[..., Any]
    exact: Callable[..., Any]
    float64: float
    float32: float


CASES = [
    Case(activations.sigmoid, exact_sigmoid, 3, 5),
    Case(activations.tanh, mpmath.tanh, 2, 4),
    Case(activations.relu, exact_relu, 0, 0),
    Case(activations.elu, exact_elu, 2, 4),
]
SMOOTH = [
    Case(activations.sigmoid_grad, exact_sigmoid, 5, 8),
    Case(activations.tanh_grad, mpmath.tanh, 5, 8),
    Case(activations.elu_grad, exact_elu, 2, 4),
]


def name(case: Case) -> str:
    """Return what a case is called in the names of tests."""
    return case.function.__name__


def whole_range(dtype: type, limit: float, count: int) -> Iterator[Any]:
    """Yield numbers of `dtype` in [-limit, limit]: all magnitudes from the smallest up, and evenly spread."""
    info, rng = np.finfo(dtype), np.random.default_rng(0)
    magnitudes = np.exp2(rng.uniform(info.minexp - info.nmant, math.log2(limit), count))
    signed = magnitudes * rng.choice([-1.0, 1.0], count)
    edges = [info.smallest_subnormal, info.smallest_normal, info.eps, 0.5, 1.0, 19.0, 37.0, limit]
    points = np.concatenate([signed, rng.uniform(-limit, limit, count), rng.uniform(-30, 30, count), edges])
    yield from points.astype(dtype)
    yield from -np.asarray(edges, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES, ids=name)
def test_values_are_exact_to_a_few_units_in_the_last_place(
    case: Case, dtype: type, ulps: Callable[[Any, Any], float]
) -> None:
    """Over the whole range, both tails included, the value is within its bound of the true one."""
    with mpmath.workdps(50):
        for x in whole_range(dtype, 1e4, 300):
            error = ulps(case.function(x), case.exact(mpmath.mpf(float(x))))
            assert error <= getattr(case, dtype.__name__), f"{x!r}: {error} ulps"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", SMOOTH, ids=name)
def test_derivatives_are_exact_to_a_few_units_in_the_last_place(
    case: Case, dtype: type, ulps: Callable[[Any, Any], float]
) -> None:
    """The derivative keeps its relative precision until it underflows, against differences of 800 digits.

    The oracle differentiates the true function numerically, so it shares no formula with the code.
    """
    with mpmath.workdps(800):
        step = mpmath.mpf(10) ** -400
        for x in whole_range(dtype, 760 if dtype is np.float64 else 110, 30):
            at = mpmath.mpf(float(x))
            if abs(at) <= step and name(case) == "elu_grad":
                continue  # the second derivative jumps at 0
            truth = (case.exact(at + step) - case.exact(at - step)) / (2 * step)
            error = ulps(case.function(x), truth)
            assert error <= getattr(case, dtype.__name__), f"{x!r}: {error} ulps"


@pytest.mark.parametrize("slope", [0.01, 0.25, 1.0])
def test_leaky_relu_rounds_once(slope: float, ulps: Callable[[Any, Any], float]) -> None:
    """The negative half is the rounded product of slope and input; the positive half is the input."""
    for x in whole_range(np.float64, 1e300, 100):
        value = activations.leaky_relu(x, slope=slope)
        assert ulps(value, exact_leaky_relu(mpmath.mpf(float(x)), slope)) <= 0.5


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


LIMITS = {
    "sigmoid": (0, 1),
    "sigmoid_grad": (0, 0),
    "tanh": (-1, 1),
    "tanh_grad": (0, 0),
    "relu": (0, math.inf),
    "relu_grad": (0, 1),
    "leaky_relu": (-math.inf, math.inf),
    "leaky_relu_grad": (0.01, 1),
    "elu": (-1, math.inf),
    "elu_grad": (0, 1),
}


@pytest.mark.parametrize("function", EVERY, ids=lambda function: function.__name__)
def test_limits_at_infinity(function: Callable[..., Any]) -> None:
    """At both infinities the value is the limit, and it is reached without a warning."""
    with np.errstate(all="raise"):
        left, right = function(np.array([-np.inf, np.inf]))

    assert LIMITS[function.__name__] == (left, right)


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
        partial(activations.elu, alpha=np.float64(2)),
        partial(activations.elu_grad, alpha=np.float64(2)),
    ],
    ids=lambda function: function.func.__name__,
)
def test_a_double_option_leaves_the_precision_alone(function: Callable[..., Any]) -> None:
    """A slope or alpha given as a NumPy double does not turn float32 into float64."""
    assert function(np.ones(2, np.float32)).dtype == np.float32


# Traits are facts: each is held against the function.

GRID = np.concatenate([np.linspace(-40, 40, 1601), np.geomspace(1e-300, 1e300, 61), -np.geomspace(1e-300, 1e300, 61)])
GRID.sort()


@pytest.mark.parametrize("name", NAMES)
def test_declared_traits_hold(name: str) -> None:
    """Range, value at 0, monotone, symmetry and homogeneity are as declared."""
    f, traits = getattr(activations, name), TRAITS[name]
    low, high = traits["range"]
    values = f(GRID)

    assert f(0.0) == traits["value_at_zero"]
    assert (f(np.float64(-np.inf)), f(np.float64(np.inf))) == (low, high)
    assert ((low <= values) & (values <= high)).all()
    assert (np.diff(values) >= -1e-16).all() == traits["monotone"]
    assert np.array_equal(f(-GRID), -values) == traits["odd"]
    assert np.array_equal(f(-GRID), values) == traits["even"]
    assert np.allclose(f(4 * GRID), 4 * values, rtol=1e-15, atol=0) == traits["homogeneous"]


@pytest.mark.parametrize("name", NAMES)
def test_declared_slopes_hold(name: str) -> None:
    """Lipschitz constant, smallest slope, saturation and kinks are those of the derivative."""
    slope, traits = getattr(activations, name + "_grad"), TRAITS[name]
    slopes = slope(GRID)
    left, at, right = slope(np.array([-1e-9, 0.0, 1e-9]))

    assert slope(GRID).max() == traits["lipschitz"]
    assert slopes.min() == traits.get("smallest_slope", slopes.min())
    assert (slopes.min() > 0.001) == ("smallest_slope" in traits)
    assert (slope(-1e9) == 0, slope(1e9) == 0) == tuple(side in traits["saturates"] for side in ("left", "right"))
    assert (abs(right - left) > 1e-6) == (0.0 in traits["kinks"])
    assert min(left, right) <= at <= max(left, right) or not traits["kinks"]
