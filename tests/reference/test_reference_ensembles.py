"""Averaged probabilities and averaged weights."""

from __future__ import annotations

import numpy as np
import pytest
from gradcheck.reference import average_probabilities, polyak
from hypothesis import given, settings
from hypothesis import strategies as st

LAW = settings(deadline=None, max_examples=60)


@LAW
@given(st.integers(1, 6), st.integers(2, 5), st.floats(0.05, 10), st.integers(0, 2**32))
def test_averaged_probabilities_are_probabilities_and_no_worse_than_their_members(
    members: int, classes: int, concentration: float, seed: int
) -> None:
    """E-AVG: nonnegative, of sum one, and the cross-entropy is at most the members' mean (Jensen)."""
    rng = np.random.default_rng(seed)
    p = np.maximum(rng.dirichlet(np.full(classes, concentration), (members, 7)), 1e-300)
    mean, labels = average_probabilities(p), rng.integers(classes, size=7)
    rows = np.arange(7)

    assert (mean >= 0).all()
    np.testing.assert_allclose(mean.sum(axis=-1), 1, rtol=1e-14)
    loss, losses = -np.log(mean[rows, labels]), -np.log(p[:, rows, labels])
    assert (loss <= losses.mean(axis=0) * (1 + 1e-14) + 1e-14).all()


def test_a_lone_member_is_the_ensemble_and_float32_stays() -> None:
    """One opinion is its own mean, bit for bit."""
    p = np.random.default_rng(0).dirichlet(np.ones(3), (1, 5)).astype(np.float32)
    out = average_probabilities(p)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out, p[0])


def test_what_are_no_probabilities_gets_a_sentence() -> None:
    """Scores that were never normalized, and no member at all."""
    with pytest.raises(ValueError, match=r"members\[0, 1\]=2.0 is not a probability; scores need a softmax first"):
        average_probabilities([[0.5, 2.0]])
    with pytest.raises(ValueError, match=r"members has shape \(0, 3\); at least one member is needed"):
        average_probabilities(np.empty((0, 3)))


@LAW
@given(st.integers(1, 30), st.floats(-6, 6), st.integers(0, 2**32))
def test_polyak_by_steps_is_the_mean_of_all(steps: int, log_offset: float, seed: int) -> None:
    """E-AVG: one at a time, the average of all steps is their mean; what it began with is forgotten."""
    path = 10**log_offset + np.random.default_rng(seed).standard_normal((steps, 3))
    average = np.full(3, 1e9)
    for t, w in enumerate(path, start=1):
        average = polyak(average, w, step=t)
    np.testing.assert_allclose(average, path.mean(axis=0), rtol=1e-13 * steps)


def test_polyak_by_decay_is_a_geometric_mean_of_the_past() -> None:
    """E-AVG: the weights k steps ago count (1 - d) d^k, and the start d^n."""
    path, start, d = np.random.default_rng(0).standard_normal((9, 3)), np.ones(3), 0.8
    average = start
    for w in path:
        average = polyak(average, w, decay=d)
    shares = (1 - d) * d ** np.arange(8, -1, -1)
    np.testing.assert_allclose(average, d**9 * start + shares @ path, rtol=1e-13)


def test_the_average_lies_closer_to_the_minimum_than_the_weights() -> None:
    """E-AVG: around the minimum of a noisy quadratic the mean of the path is far closer than its points."""
    rng, w, average, distances = np.random.default_rng(0), np.zeros(50), np.zeros(50), []
    for t in range(1, 2001):
        w = w - 0.1 * (w + rng.standard_normal(50))
        average = polyak(average, w, step=t)
        distances.append(np.linalg.norm(w))
    assert np.linalg.norm(average) < 0.3 * np.mean(distances)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "step=None, decay=None: exactly one of them"),
        ({"step": 1, "decay": 0.5}, "step=1, decay=0.5: exactly one of them"),
        ({"step": 0}, "step=0 must be at least 1"),
        ({"decay": 1.5}, r"decay=1.5 must lie in \[0, 1\]"),
    ],
)
def test_bad_options_of_polyak_get_a_sentence(options: dict[str, float], sentence: str) -> None:
    """Exactly one of the two says how much the new weights count; shapes must agree."""
    with pytest.raises(ValueError, match=sentence):
        polyak([1.0], [2.0], **options)
    with pytest.raises(ValueError, match=r"average has shape \(1,\), w has shape \(2,\); they must agree"):
        polyak([1.0], [2.0, 3.0], step=1)
