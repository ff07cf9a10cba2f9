"""Finite in, finite out: where the answer is a number, no square or sum on the way leaves the range."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.reference import (
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
