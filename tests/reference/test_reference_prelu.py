"""PReLU: the learned slope and the sum that brings its gradient back to its shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gradcheck.reference import leaky_relu, leaky_relu_grad, prelu_backward, prelu_forward, relu, relu_grad
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

LAW = settings(deadline=None, max_examples=60)
SHAPES = [((5,), ()), ((4, 3), ()), ((4, 3), (1,)), ((4, 3), (3,)), ((2, 3, 2, 2), (3,)), ((2, 3, 2, 2), ())]


def draw(shape: tuple[int, ...], seed: int = 0) -> NDArray[np.float64]:
    """Return normal numbers, none of them 0."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


@pytest.mark.parametrize(("shape", "slopes"), SHAPES)
def test_gradients_agree_with_the_complex_step(
    shape: tuple[int, ...], slopes: tuple[int, ...], complex_step: Callable[..., list[NDArray[np.float64]]]
) -> None:
    """A-PRELU-1: both gradients, for one slope and for one per channel, have the shapes of their inputs."""
    x, alpha, upstream = draw(shape), draw(slopes, 1), draw(shape, 2)
    _, cache = prelu_forward(x, alpha)
    dx, dalpha = prelu_backward(upstream, cache)

    def plain(x: Any, alpha: Any) -> Any:
        wide = alpha if alpha.size == 1 else alpha.reshape(-1, *(1,) * (x.ndim - 2))
        return np.where(x.real > 0, x, wide * x)

    truth_x, truth_alpha = complex_step(plain, upstream, x, alpha)
    np.testing.assert_allclose(dx, truth_x, rtol=1e-14)
    np.testing.assert_allclose(dalpha, truth_alpha, rtol=1e-13)
    assert dalpha.shape == alpha.shape


@LAW
@given(hnp.arrays(float, hnp.array_shapes(max_dims=2), elements=st.floats(allow_nan=False)))
def test_special_slopes_are_the_leaky_relu_and_the_relu(x: NDArray[np.float64]) -> None:
    """A-PRELU-1: a slope of 0.01 is the leaky ReLU and a slope of 0 the ReLU, for every number there is."""
    for slope, function, derivative in ((0.01, leaky_relu, leaky_relu_grad), (0.0, relu, relu_grad)):
        out, cache = prelu_forward(x, slope)
        dx, _ = prelu_backward(np.ones(x.shape), cache)

        np.testing.assert_array_equal(out, function(x))
        np.testing.assert_array_equal(dx, derivative(x))


def test_infinite_inputs_reach_their_limits() -> None:
    """At both infinities the output is the limit; a slope of 0 gives 0 there, like the ReLU, not NaN."""
    for slope, left in ((0.5, -np.inf), (-0.5, np.inf), (0.0, 0.0)):
        with np.errstate(all="raise"):
            out, _ = prelu_forward([-np.inf, np.inf], slope)

        np.testing.assert_array_equal(out, [left, np.inf])


@LAW
@given(st.floats(-1e100, 1e100), st.floats(-1e100, 1))
def test_a_slope_up_to_one_is_the_larger_of_two_lines(x: float, alpha: float) -> None:
    """A-PRELU-1: max(alpha x, x) for every slope that is at most 1, negative ones included."""
    assert prelu_forward(x, alpha)[0] == max(alpha * x, x)


def test_a_steep_slope_bends_downward() -> None:
    """With a slope above 1 the negative half is still the one that is multiplied."""
    out, _ = prelu_forward([-1.0, 1.0], 3.0)

    np.testing.assert_array_equal(out, [-3.0, 1.0])


def test_what_happens_after_the_forward_does_not_reach_the_backward() -> None:
    """The cache holds computed arrays only: overwriting x and alpha in between changes nothing."""
    x, alpha = draw((4, 3)), draw((3,))
    cache = prelu_forward(x, alpha)[1]
    before = prelu_backward(np.ones((4, 3)), cache)
    x[:], alpha[:] = 7, 7
    after = prelu_backward(np.ones((4, 3)), cache)

    for gradient, again in zip(before, after, strict=True):
        np.testing.assert_array_equal(gradient, again)


def test_inputs_and_upstream_are_left_alone() -> None:
    """Neither pass writes into what it is given."""
    given_arrays = x, alpha, upstream = draw((4, 3)), draw((3,)), draw((4, 3), 1)
    for array in given_arrays:
        array.setflags(write=False)

    prelu_backward(upstream, prelu_forward(x, alpha)[1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_kept(dtype: type) -> None:
    """Output and gradients have the precision of what they belong to, whatever the other one has."""
    x: NDArray[Any] = draw((4, 3)).astype(dtype)
    out, cache = prelu_forward(x, 0.25)
    dx, dalpha = prelu_backward(np.ones(x.shape), cache)

    assert [out.dtype, dx.dtype, dalpha.dtype] == [np.dtype(dtype), np.dtype(dtype), np.dtype(np.float64)]


def test_float32_sums_are_carried_in_double_precision() -> None:
    """A million shares of 0.1 add up to a hundred thousand, which float32 partial sums along an axis miss."""
    x = np.full((10**6, 2), -0.1, np.float32)
    _, dalpha = prelu_backward(np.ones_like(x), prelu_forward(x, np.zeros(2, np.float32))[1])

    np.testing.assert_array_equal(dalpha, np.full(2, 10**6 * float(np.float32(-0.1)), np.float32))


def test_an_empty_batch_gives_zero_slope_gradients() -> None:
    """Without examples nothing flows back, and the shapes are right."""
    out, cache = prelu_forward(np.empty((0, 3)), np.ones(3))
    dx, dalpha = prelu_backward(out, cache)

    assert dx.shape == (0, 3)
    np.testing.assert_array_equal(dalpha, np.zeros(3))


@pytest.mark.parametrize(("shape", "slopes"), [((4, 3), (4,)), ((3,), (3,)), ((4, 3), (4, 3)), ((4, 3), (1, 1))])
def test_a_slope_that_fits_no_channel_is_refused(shape: tuple[int, ...], slopes: tuple[int, ...]) -> None:
    """A shape that would broadcast along the wrong axis is an error that names both shapes."""
    with pytest.raises(ValueError, match=r"alpha has shape .*, x has shape .*; alpha must be one number"):
        prelu_forward(np.zeros(shape), np.zeros(slopes))


def test_an_upstream_of_another_shape_is_refused() -> None:
    """An upstream that would broadcast is an error that names both shapes."""
    _, cache = prelu_forward(np.ones((4, 3)), 0.1)
    with pytest.raises(ValueError, match=r"dout has shape \(3,\); the output has shape \(4, 3\)"):
        prelu_backward(np.ones(3), cache)
