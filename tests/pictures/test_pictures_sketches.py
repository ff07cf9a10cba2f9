"""Curves, layers and covariances: what they hold is what the function, the net and the table do."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import reference
from gradcheck.pictures import covariances, curve, layers
from gradcheck.pictures._covariance import MOST, correlated
from gradcheck.pictures._layers import BINS, DEPTH, EXAMPLES, WIDTH


def test_a_curve_steps_at_its_kink() -> None:
    """Close beside the kink the slope has both of its values, and no point is at the kink itself."""
    drawn = curve(reference.relu, reference.relu_grad, (0.0,))
    near = [slope for x, slope in zip(drawn.x, drawn.slope, strict=True) if abs(x) < 1e-3]

    assert near == [0.0, 1.0]
    assert 0.0 not in drawn.x
    assert np.allclose(drawn.value, np.maximum(drawn.x, 0))


def test_a_kink_far_away_is_on_the_picture() -> None:
    """The interval reaches beyond every kink, but not to infinity."""
    drawn = curve(np.abs, None, (20.0, float("inf")))

    assert drawn.x[-1] > 20
    assert drawn.kinks == (20.0,)
    assert drawn.slope == ()


def test_a_constant_slope_may_come_as_one_number() -> None:
    """It is drawn as the line that it means."""
    assert set(curve(lambda x: 2 * x, lambda x: 2.0).slope) == {2.0}


@pytest.mark.parametrize(
    ("initializer", "net", "least", "most"),
    [("small_random", 0, 0.0, 1e-3), ("big_random", 0, 0.9, 1.0), ("xavier", 1, 0.0, 0.1), ("he", 1, 0.3, 2.0)],
)
def test_layers_show_what_the_lecture_shows(initializer: str, net: int, least: float, most: float) -> None:
    """W-FIGURE: small weights fade, big ones saturate, Xavier fades under ReLU, and He does not."""
    drawn = layers(lambda i, o, seed: getattr(reference, initializer)(i, o, rng=seed))[net]

    assert least <= drawn.spread[-1] <= most
    assert len(drawn.counts) == DEPTH
    assert {len(counts) for counts in drawn.counts} == {BINS}
    assert [sum(c) + o for c, o in zip(drawn.counts, drawn.outside, strict=True)] == [EXAMPLES * WIDTH] * DEPTH


def test_whitening_makes_the_identity() -> None:
    """The matrix before is that of the table, the one after is the identity."""
    before, after = covariances(lambda x: reference.Whitening().fit(x).transform(x))
    table = correlated()

    assert np.allclose(np.reshape(before.values, (before.size, -1)), np.cov(table.T, ddof=0), rtol=1e-4)
    assert np.allclose(np.reshape(after.values, (after.size, -1)), np.eye(after.size), atol=1e-2)


def test_wide_tables_are_cut_and_images_left_out() -> None:
    """Sixteen features are shown, and the matrix says of how many; an image has no such picture."""
    rng = np.random.default_rng(0)
    before, _ = covariances(lambda x: x, rng.standard_normal((50, 40)))

    assert (before.size, before.whole) == (MOST, 40)
    assert covariances(lambda x: x, rng.standard_normal((5, 3, 2, 2))) == ()
