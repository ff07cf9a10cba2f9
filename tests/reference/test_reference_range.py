"""Finite in, finite out: where the answer is a number, no square or sum on the way leaves the range."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.reference import (
    PCA,
    BatchNorm,
    Centering,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    Normalizing,
    RMSNorm,
    Whitening,
    binary_cross_entropy_with_logits,
    elastic_net,
    l1,
    l2,
    mean_square,
    softmax_cross_entropy,
)
from hypothesis import given, settings
from hypothesis import strategies as st

LAW = settings(deadline=None, max_examples=40)
POWERS = st.integers(-440, 440)


@pytest.mark.parametrize(
    ("found", "true"),
    [
        (lambda: mean_square(np.full(4, 1e154), np.zeros(4)), 1e308),
        (lambda: mean_square([[1e155] + 99 * [0.0]], np.zeros((1, 100))), 1e308),
        (lambda: binary_cross_entropy_with_logits(np.full(3, 1e308), np.zeros(3)), 1e308),
        (lambda: softmax_cross_entropy([[1e308, 0.0]] * 5, [1] * 5), 1e308),
        (lambda: l2([1e200], 1e-300), 5e99),
        (lambda: l2([1e-200], 1e300), 5e-101),
        (lambda: l1([1e308, -1e308], 1e-300), 2e8),
        (lambda: elastic_net([1e200, 0.0], 1e-300, l1_ratio=0.0), 5e99),
        (lambda: elastic_net([1e308, 1e308], 1e-300, l1_ratio=1.0), 2e8),
    ],
)
def test_what_is_within_the_range_is_returned(found: Any, true: float) -> None:
    """Means of losses and weighted sums of squares, whose plain sums overflow or vanish."""
    np.testing.assert_allclose(found(), true, rtol=1e-14)


@pytest.mark.parametrize(
    "found",
    [
        lambda: l2([1e200], 1.0),
        lambda: l1([1e308, 1e308], 1.0),
        lambda: mean_square([1e155], [0.0]),
        lambda: mean_square([1e154] * 4, [0.0] * 4, reduction="sum"),
        lambda: l2([np.inf], 1e-300),
    ],
)
def test_what_is_beyond_the_range_is_infinite(found: Any) -> None:
    """No answer is made up where there is none."""
    assert found() == np.inf


@pytest.mark.parametrize("penalty", [l1, l2, elastic_net])
def test_what_is_not_a_number_stays_so(penalty: Any) -> None:
    """A weight that is no number makes no penalty, and no weight or no strength a penalty of 0."""
    assert np.isnan(penalty([1.0, np.nan], 1.0))
    assert penalty([], 1.0) == penalty([3.0], 0.0) == penalty([0.0], 1.0) == 0


@LAW
@given(st.integers(0, 2**32), POWERS)
def test_l2_scales_as_a_square(seed: int, power: int) -> None:
    """A power of two taken out of the weights comes back squared, to the last bit, wherever that is a number."""
    w = np.random.default_rng(seed).uniform(0.5, 1, 5)

    np.testing.assert_allclose(l2(np.ldexp(w, power), np.ldexp(1.0, -2 * power)), l2(w, 1.0), rtol=1e-15)


@LAW
@given(st.integers(0, 2**32), st.integers(6, 1022))
def test_a_mean_of_losses_scales(seed: int, power: int) -> None:
    """The mean of scaled losses is the scaled mean, also where their sum is no number."""
    z = np.random.default_rng(seed).uniform(1, 2, 7)
    scaled = binary_cross_entropy_with_logits(np.ldexp(z, power), np.zeros(7))

    np.testing.assert_allclose(np.ldexp(scaled, -power), z.mean(), rtol=1e-14)


# Normalizations


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (BatchNorm(3), (6, 3)),
        (LayerNorm(3), (6, 3)),
        (RMSNorm(3), (6, 3)),
        (GroupNorm(4, 2), (5, 4, 2)),
        (InstanceNorm(2), (5, 2, 3, 2)),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, tuple) else "",
)
def test_normalizations_reach_to_the_end_of_the_range(layer: Any, shape: tuple[int, ...]) -> None:
    """Where the spread is far above `eps`, a power of two in the input changes nothing but the gradient's scale."""
    x = np.random.default_rng(0).uniform(-1, 1, shape) * 2.0**300
    x[0].flat[0], x[1].flat[0], x[0].flat[1] = 2.0**300, -(2.0**300), -(2.0**300)
    upstream = np.random.default_rng(1).standard_normal(shape)
    out, dx = layer.forward(x), layer.backward(upstream)

    np.testing.assert_allclose(layer.forward(x * (2.0**723 * 1.999)), out, atol=1e-14)
    np.testing.assert_allclose(
        layer.backward(upstream) * (2.0**723 * 1.999), dx, rtol=1e-12, atol=1e-14 * abs(dx).max()
    )


def test_ordinary_features_beside_huge_ones_are_as_they_were() -> None:
    """P-BATCHNORM: a feature whose sums overflow does not touch its neighbour, running statistics included."""
    x = np.array([[1e308, 1.0], [-1e308, 2.0]])
    layer, alone = BatchNorm(2), BatchNorm(1)

    np.testing.assert_allclose(layer.forward(x)[:, 0], [1, -1])
    np.testing.assert_array_equal(layer.forward(x)[:, 1:], alone.forward(x[:, 1:]))
    assert layer.running_mean[0] == 0


@pytest.mark.parametrize("layer", [BatchNorm(2), LayerNorm(2)])
def test_infinity_normalizes_to_nan_and_ends(layer: Any) -> None:
    """There is no mean of infinity and no endless search for one."""
    assert np.isnan(layer.forward([[np.inf, 1.0], [1.0, np.inf]])).any()


# Preprocessing

HUGE = np.array([[1.7e308], [-1.7e308], [1.7e308]])


def test_centering_is_right_to_the_end_of_the_range() -> None:
    """P-CENTERING: the mean of huge numbers is a number; a deviation beyond the range is infinite, no other."""
    step = Centering().fit(HUGE)

    np.testing.assert_allclose(step.mean_, 1.7e308 / 3)
    np.testing.assert_allclose(step.transform(HUGE)[:, 0], [1.7e308 / 3 * 2, -np.inf, 1.7e308 / 3 * 2])
    np.testing.assert_allclose(Centering().fit([[1.7e308]] + [[-1.7e308]] * 99).mean_, -1.7e308 * 0.98)


@pytest.mark.parametrize(
    "step", [Normalizing(), Whitening(), Whitening("zca"), PCA()], ids=lambda step: type(step).__name__
)
@pytest.mark.parametrize("chunked", [False, True])
def test_preprocessing_reaches_to_the_end_of_the_range(step: Any, chunked: bool) -> None:
    """A power of two in the data changes nothing but the scale, in one piece and in chunks."""
    x = np.random.default_rng(0).uniform(-1, 1, (20, 2)) @ [[0.5, 0.1], [0.3, -0.6]]
    x[0], x[1] = [1, 0.5], [-1, 0.5]
    scale = 2.0**1023 * 1.99
    with np.errstate(over="ignore"):
        expected = step.fit(x).transform(x) * (scale if isinstance(step, PCA) else 1.0)
    step.fit(x[:7] * scale if chunked else x * scale)
    if chunked:
        step.partial_fit(x[7:] * scale)
    found = step.transform(x * scale)

    np.testing.assert_allclose(found, expected, rtol=1e-11)


@pytest.mark.parametrize("step", [Normalizing(), Whitening()], ids=lambda step: type(step).__name__)
def test_three_numbers_at_the_ends_of_the_range_are_normalized(step: Any) -> None:
    """P-NORMALIZING: a deviation may be beyond the range, and the normalized number is not."""
    z = step.fit(HUGE).transform(HUGE)[:, 0]

    np.testing.assert_allclose(z / z[0], [1, -2, 1])
    np.testing.assert_allclose((z**2).mean(), 1 if isinstance(step, Normalizing) else 2 / 3)
