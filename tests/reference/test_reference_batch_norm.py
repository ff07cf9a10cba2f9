"""Batch normalization: forward, the derived backward, running statistics, edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gradcheck.reference import BatchNorm
from gradcheck.reference._moments import center_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

LAW = settings(deadline=None, max_examples=60)
SHAPES = [(7, 3), (2, 3), (4, 3, 2, 5), (1, 3, 2, 2)]
EPS = np.finfo(float).eps


def draw(shape: tuple[int, ...], seed: int = 0) -> NDArray[np.float64]:
    """Return standard normal numbers."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def layer_for(shape: tuple[int, ...], **options: float) -> BatchNorm:
    """Return a layer of the width of `shape`, with parameters that are neither 0 nor 1."""
    layer = BatchNorm(shape[1], **options)
    layer.gamma, layer.beta = 0.5 + np.arange(3.0), np.array([-1.0, 0.0, 2.0])
    return layer


def wide(vector: Any, ndim: int) -> Any:
    """Return one number per feature in the shape in which it broadcasts along axis 1."""
    return vector.reshape(-1, *(1,) * (ndim - 2))


def plain(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    """Normalize as the definition says, with nothing clever, for real and complex input."""
    axes = (0, *range(2, x.ndim))
    deviation = x - x.mean(axis=axes, keepdims=True)
    variance = (deviation * deviation).mean(axis=axes, keepdims=True)
    return wide(gamma, x.ndim) * deviation / np.sqrt(variance + eps) + wide(beta, x.ndim)


# Forward


@pytest.mark.parametrize("shape", SHAPES)
def test_forward_agrees_with_the_definition(shape: tuple[int, ...]) -> None:
    """B-UNIT, B-CONV: the output is the plain formula's, per feature and per activation map."""
    layer, x = layer_for(shape), draw(shape)

    np.testing.assert_allclose(layer.forward(x), plain(x, layer.gamma, layer.beta), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("offset", [0.0, 1e8, -1e12])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e6])
def test_unit_statistics_at_every_offset_and_scale(offset: float, scale: float) -> None:
    """B-UNIT: zero mean and variance var / (var + eps), as exact as if there were no offset."""
    x = offset + scale * draw((200, 3))
    kept = x - offset  # what storing x has left of the deviations; this difference is exact
    variance = kept.var(axis=0)
    out = BatchNorm(3).forward(x)

    np.testing.assert_allclose(out.mean(axis=0), 0, atol=200 * EPS)
    np.testing.assert_allclose(out.var(axis=0), variance / (variance + 1e-5), rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e200, 1e300])
def test_no_spread_is_too_small_or_too_large_for_its_square(scale: float) -> None:
    """B-UNIT: where the variance overflows, the batch is still normalized; where it vanishes, eps rules."""
    x, layer = draw((50, 3)), BatchNorm(3)
    with np.errstate(all="raise"):
        out, dx = layer.forward(scale * x), layer.backward(draw((50, 3), 1))

    deviations = x - x.mean(axis=0)
    spread = x.std(axis=0) if scale > 1 else np.sqrt(layer.eps) / scale
    np.testing.assert_allclose(out, deviations / spread, rtol=1e-12)
    assert np.isfinite(dx).all()
    assert dx.any()


def test_activation_maps_are_features_with_more_examples() -> None:
    """B-CONV: (N, C, H, W) is the table of its N H W positions, to the order of summation."""
    x, upstream = draw((4, 3, 2, 5)), draw((4, 3, 2, 5), 1)
    maps, table = layer_for(x.shape), layer_for(x.shape)

    def flat(images: NDArray[Any]) -> NDArray[Any]:
        return images.transpose(0, 2, 3, 1).reshape(-1, 3)

    pairs = [(flat(maps.forward(x)), table.forward(flat(x)))]
    pairs += [(flat(maps.backward(upstream)), table.backward(flat(upstream)))]
    pairs += [(maps.dgamma, table.dgamma), (maps.running_var, table.running_var)]
    for found, expected in pairs:
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)


def test_gamma_and_beta_can_undo_the_normalization() -> None:
    """B-IDENT: with gamma the batch's standard deviation and beta its mean, out comes the input."""
    x = 5 + 3 * draw((20, 3))
    layer = BatchNorm(3)
    layer.gamma, layer.beta = np.sqrt(x.var(axis=0) + layer.eps), x.mean(axis=0)

    np.testing.assert_allclose(layer.forward(x), x, rtol=1e-13)


# Backward


@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_agree_with_the_complex_step(
    shape: tuple[int, ...], complex_step: Callable[..., list[NDArray[np.float64]]]
) -> None:
    """B-GRAD: the gradients for input, scale and shift are those of the definition."""
    layer, x, upstream = layer_for(shape), draw(shape), draw(shape, 1)
    layer.forward(x)
    dx = layer.backward(upstream)

    truths = complex_step(plain, upstream, x, layer.gamma, layer.beta)
    for gradient, truth in zip((dx, layer.dgamma, layer.dbeta), truths, strict=True):
        np.testing.assert_allclose(gradient, truth, rtol=1e-11, atol=1e-13)


@LAW
@given(
    n=st.integers(1, 20),
    log_scale=st.floats(-6, 6),
    offset=st.sampled_from([0.0, 1.0, 1e8]),
    seed=st.integers(0, 2**32),
)
def test_annihilation_laws(n: int, log_scale: float, offset: float, seed: int) -> None:
    """B-GRAD: dx is orthogonal to the constant vector, and to x-hat up to eps's share of the variance."""
    rng = np.random.default_rng(seed)
    x, upstream = offset + 10**log_scale * rng.standard_normal((n, 3)), rng.standard_normal((n, 3))
    layer = layer_for(x.shape)
    x_hat = (layer.forward(x) - layer.beta) / layer.gamma
    dx = layer.backward(upstream)

    variance = (x - offset).var(axis=0)
    std = np.sqrt(variance + layer.eps)
    largest = layer.gamma / std * (n + n * np.abs(upstream).max())  # magnitude of the terms that cancel
    leftover = layer.eps / (variance + layer.eps) * layer.gamma / std * (upstream * x_hat).sum(axis=0)
    assert (np.abs(dx.sum(axis=0)) <= 20 * n * EPS * largest).all()
    assert (np.abs((dx * x_hat).sum(axis=0) - leftover) <= 100 * n * EPS * largest).all()


def test_a_bias_before_it_has_no_effect_and_no_gradient() -> None:
    """B-WHERE: a constant added to a feature disappears, so what comes back for it sums to zero."""
    x, bias, upstream = draw((8, 3)), np.array([1.0, -2.0, 0.5]), draw((8, 3), 1)
    layer = layer_for(x.shape)

    np.testing.assert_allclose(layer.forward(x + bias), layer_for(x.shape).forward(x), atol=1e-13)
    np.testing.assert_allclose(layer.backward(upstream).sum(axis=0), 0, atol=1e-13)


def test_backward_overwrites_and_may_be_repeated() -> None:
    """A second backward gives the same gradients: nothing accumulates."""
    layer, x, upstream = layer_for((6, 3)), draw((6, 3)), draw((6, 3), 1)
    layer.forward(x)
    first = layer.backward(upstream), layer.dgamma, layer.dbeta
    second = layer.backward(upstream), layer.dgamma, layer.dbeta

    for gradient, again in zip(first, second, strict=True):
        np.testing.assert_array_equal(gradient, again)


def test_what_happens_after_the_forward_does_not_reach_the_backward() -> None:
    """The cache holds computed arrays only: overwriting x and gamma, or the mode, changes nothing."""
    layer, x, upstream = layer_for((6, 3)), draw((6, 3)), draw((6, 3), 1)
    layer.forward(x)
    before = layer.backward(upstream)
    x[:], layer.training = 7, False
    layer.gamma[:] = 7

    np.testing.assert_array_equal(layer.backward(upstream), before)


def test_inputs_and_upstream_are_left_alone() -> None:
    """Neither pass writes into what it is given, and no output shares its memory."""
    layer, x, upstream = layer_for((4, 3, 2, 2)), draw((4, 3, 2, 2)), draw((4, 3, 2, 2), 1)
    x.setflags(write=False)
    upstream.setflags(write=False)
    for layer.training in (True, False):
        assert not np.shares_memory(layer.forward(x), x)
        assert not np.shares_memory(layer.backward(upstream), upstream)


# Running statistics and test mode


def test_running_statistics_follow_the_momentum_law() -> None:
    """B-RUN: r <- (1 - m) r + m s for the mean and for the unbiased variance, one batch after the other."""
    layer = BatchNorm(3, momentum=0.3)
    mean, variance = np.zeros(3), np.ones(3)
    for seed in range(5):
        x = draw((10, 3), seed)
        layer.forward(x)
        mean, variance = 0.7 * mean + 0.3 * x.mean(axis=0), 0.7 * variance + 0.3 * x.var(axis=0, ddof=1)

    np.testing.assert_allclose(layer.running_mean, mean, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(layer.running_var, variance, rtol=1e-13)


def test_running_statistics_converge_to_the_moments_of_the_data() -> None:
    """B-RUN: on batches of 4 the running variance ends at the data's; a biased one would miss a quarter.

    With momentum 0.001 after 20000 batches, the standard error of the mean is below 0.034 and of the variance
    below 0.17 (times 3 and 9 for spread 3); six of them leave a false alarm of 1 in 10^8.
    """
    rng, layer = np.random.default_rng(0), BatchNorm(1, momentum=0.001)
    for batch in 2 + 3 * rng.standard_normal((20000, 4, 1)):
        layer.forward(batch)

    assert abs(layer.running_mean[0] - 2) < 6 * 3 * np.sqrt(0.0005 / 4)
    assert abs(layer.running_var[0] - 9) < 6 * 9 * np.sqrt(0.0005 * 2 / 3)


def test_momentum_one_keeps_the_last_batch_and_zero_the_start() -> None:
    """B-RUN: at its two ends the law forgets everything, or learns nothing."""
    x = draw((10, 3))
    forgetful, stubborn = BatchNorm(3, momentum=1), BatchNorm(3, momentum=0)
    forgetful.forward(x)
    stubborn.forward(x)

    np.testing.assert_allclose(forgetful.running_mean, x.mean(axis=0), rtol=1e-13)
    np.testing.assert_array_equal(stubborn.running_mean, np.zeros(3))
    np.testing.assert_array_equal(stubborn.running_var, np.ones(3))


def test_test_mode_is_an_affine_map_of_each_example_alone() -> None:
    """B-TEST: deterministic, independent of the other examples, affine, and the running statistics rest."""
    layer = layer_for((10, 3))
    layer.forward(3 + 2 * draw((10, 3)))
    mean, variance = layer.running_mean, layer.running_var
    layer.training = False
    x, y = draw((6, 3), 1), draw((6, 3), 2)

    together = layer.forward(x)
    alone = np.concatenate([layer.forward(row[np.newaxis]) for row in x])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_allclose(layer.forward(0.25 * x + 0.75 * y), 0.25 * together + 0.75 * layer.forward(y))
    np.testing.assert_allclose(together, layer.gamma * (x - mean) / np.sqrt(variance + 1e-5) + layer.beta)
    assert (layer.running_mean is mean, layer.running_var is variance) == (True, True)


def test_test_mode_backward_is_that_of_the_affine_map() -> None:
    """B-TEST: dx is the upstream times gamma over the running deviation; dgamma uses the running x-hat."""
    layer, x, upstream = layer_for((6, 3)), draw((6, 3)), draw((6, 3), 1)
    layer.forward(1 + 2 * x)
    layer.training = False
    layer.forward(x)
    std = np.sqrt(layer.running_var + layer.eps)

    np.testing.assert_allclose(layer.backward(upstream), upstream * layer.gamma / std, rtol=1e-14)
    np.testing.assert_allclose(layer.dgamma, (upstream * (x - layer.running_mean) / std).sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(layer.dbeta, upstream.sum(axis=0), rtol=1e-12)


# Edges


@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (0, 3, 2, 2), (1, 3, 1, 1), (2, 3, 0, 2)])
def test_batches_without_spread_are_finite(shape: tuple[int, ...]) -> None:
    """A batch of none or of one example normalizes to beta and passes nothing back."""
    layer, x = layer_for(shape), 1e8 + draw(shape)
    with np.errstate(all="raise"):
        out, dx = layer.forward(x), layer.backward(np.ones(shape))

    assert out.shape == dx.shape == shape
    np.testing.assert_array_equal(out, np.broadcast_to(wide(layer.beta, len(shape)), shape))
    np.testing.assert_array_equal(dx, np.zeros(shape))
    np.testing.assert_array_equal(layer.running_var, np.ones(3))


def test_the_center_of_no_rows_is_zero() -> None:
    """The helper that measures means gives zeros, and no 0 / 0, where there is nothing to measure."""
    with np.errstate(all="raise"):
        origin, offset = center_of(np.empty((0, 3)))

    np.testing.assert_array_equal(origin + offset, np.zeros(3))


def test_a_constant_feature_is_finite_and_the_others_do_not_notice() -> None:
    """A column without spread comes out as beta exactly, at any offset."""
    x = draw((9, 3))
    x[:, 1] = 0.1 + 1e8
    layer = layer_for(x.shape)
    out = layer.forward(x)

    np.testing.assert_array_equal(out[:, 1], np.full(9, layer.beta[1]))
    np.testing.assert_allclose(out[:, ::2], plain(x, layer.gamma, layer.beta)[:, ::2], rtol=1e-12, atol=1e-14)


def test_float32_is_kept_and_computed_in_double_precision() -> None:
    """Float32 input gives the correctly rounded float32 output, also where its squares leave float32."""
    x = (1e3 + draw((50, 3))).astype(np.float32) * np.float32(1e25)
    layer, double = layer_for(x.shape), layer_for(x.shape)
    out, dx = layer.forward(x), layer.backward(np.ones_like(x))

    assert {out.dtype, dx.dtype} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(out, double.forward(x.astype(float)).astype(np.float32))


def test_gradients_have_the_precision_of_their_parameters() -> None:
    """A layer whose parameters were made float32 gives float32 gradients for them."""
    layer = layer_for((4, 3))
    layer.gamma, layer.beta = layer.gamma.astype(np.float32), layer.beta.astype(np.float32)
    layer.forward(draw((4, 3)))
    layer.backward(np.ones((4, 3)))

    assert {layer.dgamma.dtype, layer.dbeta.dtype} == {np.dtype(np.float32)}


def test_nan_stays_in_its_feature() -> None:
    """An input that is no number spoils its own column and no other."""
    x = draw((6, 3))
    x[2, 1] = np.nan
    out = layer_for(x.shape).forward(x)

    np.testing.assert_array_equal(np.isnan(out), np.tile([False, True, False], (6, 1)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BatchNorm(0), "width=0 must be at least 1"),
        (lambda: BatchNorm(3, eps=0), "eps=0 must be a finite number above 0"),
        (lambda: BatchNorm(3, momentum=1.5), r"momentum=1.5 must lie in \[0, 1\]"),
        (lambda: BatchNorm(3).backward(np.ones((2, 3))), r"BatchNorm\(3, .*call forward\(x\) first"),
        (lambda: BatchNorm(3).forward(np.ones(3)), r"x has shape \(3,\); .* takes \(N, 3\)"),
        (lambda: BatchNorm(3).forward(np.ones((2, 4))), r"x has shape \(2, 4\); .* takes \(N, 3\)"),
    ],
)
def test_misuse_is_one_sentence(make: Callable[[], object], message: str) -> None:
    """A wrong argument is named with its value and the way out."""
    with pytest.raises(ValueError, match=message):
        make()


def test_an_upstream_of_another_shape_is_refused() -> None:
    """An upstream that would broadcast is an error that names both shapes."""
    layer = BatchNorm(3)
    layer.forward(draw((4, 3)))
    with pytest.raises(ValueError, match=r"dout has shape \(1, 3\); the output has shape \(4, 3\)"):
        layer.backward(np.ones((1, 3)))
