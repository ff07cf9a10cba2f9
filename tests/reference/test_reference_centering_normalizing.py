"""Centering, normalizing, and the centering of images: exact at any offset and scale, training data only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.reference import PCA, Centering, ImageCentering, Normalizing, Whitening, sigmoid, xavier
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

LAW = settings(deadline=None, max_examples=60)
EPS = np.finfo(float).eps
DIGITS: NDArray[np.float64] = load_digits().data
STEPS = [Centering, Normalizing, PCA, Whitening, lambda: Whitening("zca")]


@st.composite
def tables(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw a table of any offset and scale, and its deviations from the offset as they are stored."""
    n, d = draw(st.integers(2, 50)), draw(st.integers(1, 5))
    scale, offset = 10 ** draw(st.floats(-12, 12)), draw(st.sampled_from([0.0, 1.0, -1e4, 1e8]))
    offset *= draw(st.sampled_from([1.0, scale]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = offset + scale * rng.standard_normal((n, d))
    return x, x - offset


# Centering


@LAW
@given(tables())
def test_centered_data_have_zero_mean(table: tuple[NDArray[Any], NDArray[Any]]) -> None:
    """P-CENTER: the mean that is left is rounding in the data's spread, however large the offset."""
    x, deviations = table
    z = Centering().fit(x).transform(x)

    assert (np.abs(z.sum(axis=0)) <= 8 * EPS * len(x) * np.ptp(deviations, axis=0).sum() * len(x)).all()
    np.testing.assert_allclose(
        z, deviations - deviations.mean(axis=0), rtol=0, atol=8 * EPS * len(x) * np.abs(deviations).max()
    )


@LAW
@given(tables())
def test_the_mean_is_the_mean(table: tuple[NDArray[Any], NDArray[Any]]) -> None:
    """P-CENTER: `mean_` agrees with NumPy's to rounding in the size of the data."""
    x, _ = table

    np.testing.assert_allclose(
        Centering().fit(x).mean_, x.mean(axis=0), rtol=0, atol=4 * len(x) * EPS * np.abs(x).max()
    )


def test_centering_the_input_fixes_only_the_first_layer() -> None:
    """P-LIMIT: behind a sigmoid the mean is 1/2 again, however well the input was centered."""
    rng = np.random.default_rng(0)
    x = Centering().fit(DIGITS).transform(DIGITS)
    assert abs(x.mean()) < 1e-12
    for _ in range(3):
        x = sigmoid(x @ xavier(x.shape[1], 100, rng=rng))
        assert 0.4 < x.mean() < 0.6


# Normalizing


@LAW
@given(tables())
def test_normalized_data_have_zero_mean_and_unit_variance(table: tuple[NDArray[Any], NDArray[Any]]) -> None:
    """P-NORM: mean 0 and variance 1, to rounding, for every feature that varies at all."""
    x, _ = table
    z = Normalizing().fit(x).transform(x)
    varies = np.ptp(x, axis=0) > 0

    np.testing.assert_allclose(z.mean(axis=0), 0, atol=20 * len(x) * EPS)
    np.testing.assert_allclose(z.var(axis=0)[varies], 1, rtol=20 * len(x) * EPS)
    np.testing.assert_array_equal(z[:, ~varies], 0)


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1e-12, 1e12, 1e200, 1e307])
def test_no_spread_is_too_small_or_too_large_for_its_square(scale: float) -> None:
    """P-NORM: unit variance at scales whose squares leave the range of a double."""
    x = scale * np.array([[1.0, -2.0], [2.0, 3.0], [4.0, -1.0]])
    with np.errstate(all="raise", under="ignore"):
        z = Normalizing().fit(x).transform(x)

    np.testing.assert_allclose(z.var(axis=0), 1, rtol=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e8 - 0.1, 1e300])
@pytest.mark.parametrize("n", [1, 2, 7])
def test_constant_features_come_out_as_zero(value: float, n: int) -> None:
    """P-NORM: a constant has scale 1 and comes out as exactly 0; new values keep their distance to it."""
    x = np.column_stack([np.full(n, value), np.arange(n)])
    step = Normalizing().fit(x)

    np.testing.assert_array_equal(step.transform(x)[:, 0], np.zeros(n))
    assert step.scale_[0] == 1
    assert step.transform([[value + 1, 0]])[0, 0] == value + 1 - value


def test_digits_agree_with_scikit_learn() -> None:
    """P-NORM: on the digits, constant pixels included, the numbers are those of `StandardScaler`."""
    ours, theirs = Normalizing().fit(DIGITS), StandardScaler().fit(DIGITS)

    np.testing.assert_allclose(ours.mean_, theirs.mean_, rtol=1e-13)
    np.testing.assert_allclose(ours.scale_, theirs.scale_, rtol=1e-13)
    np.testing.assert_allclose(ours.transform(DIGITS), theirs.transform(DIGITS), rtol=1e-11, atol=1e-13)


# Images


def test_images_are_centered_by_the_mean_image() -> None:
    """P-IMAGE: one mean per channel and position, from the training images, the same for train and test."""
    rng = np.random.default_rng(0)
    train, test = rng.integers(0, 256, (20, 3, 4, 5)), rng.integers(0, 256, (6, 3, 4, 5))
    step = ImageCentering("image").fit(train)

    np.testing.assert_allclose(step.mean_, train.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(step.transform(train).mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(step.transform(test), test - train.mean(axis=0), atol=1e-12)


def test_images_are_centered_by_the_mean_per_channel() -> None:
    """P-IMAGE: one mean per channel, which fits later images of another height and width as well."""
    rng = np.random.default_rng(0)
    train, test = rng.integers(0, 256, (20, 3, 4, 5)), rng.integers(0, 256, (6, 3, 8, 2))
    step = ImageCentering("channel").fit(train)

    np.testing.assert_allclose(step.mean_, train.mean(axis=(0, 2, 3)), rtol=1e-14)
    np.testing.assert_allclose(step.transform(train).mean(axis=(0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(step.transform(test), test - step.mean_[:, np.newaxis, np.newaxis], atol=1e-12)


@pytest.mark.parametrize("form", ["image", "channel"])
def test_image_centering_is_undone_by_its_inverse(form: Any) -> None:
    """The inverse adds the same mean back, in the precision of the input, and writes into nothing."""
    x = np.random.default_rng(0).standard_normal((5, 3, 2, 4)).astype(np.float32)
    x.setflags(write=False)
    step = ImageCentering(form).fit(x)
    back = step.inverse_transform(step.transform(x))

    assert back.dtype == np.float32
    np.testing.assert_allclose(back, x, atol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda step, x: step.transform(x), r"ImageCentering has not seen training data yet: call fit\(x\) first"),
        (lambda step, x: step.fit(x).transform(x[:, :2]), r"x holds images of shape \(2, 2, 4\); .* \(3, 2, 4\)"),
        (lambda step, x: step.fit(x[0]), r"x has shape \(3, 2, 4\); images are needed, shape \(N, C, H, W\)"),
        (lambda step, x: type(step)("pixel"), r"form='pixel' is not a form of centering; .* 'image' and 'channel'"),
        (lambda step, x: step.fit(x[:0]), r"x has shape \(0, 24\); fit needs at least one example"),
    ],
)
def test_misuse_of_image_centering_is_one_sentence(wrong: Any, message: str) -> None:
    """A wrong argument is named with its value and the way out."""
    with pytest.raises(ValueError, match=message):
        wrong(ImageCentering("image"), np.zeros((5, 3, 2, 4)))


# What all steps share


@pytest.mark.parametrize("make", STEPS)
def test_statistics_come_from_the_training_data_only(make: Any) -> None:
    """P-TRAIN: an example is mapped alike, alone or among others, and transforming teaches nothing."""
    train, test = DIGITS[:200, 18:22], DIGITS[200:230, 18:22]
    step = make().fit(train)
    together = step.transform(test)
    step.transform(1e6 + 1e3 * test)

    alone = np.concatenate([step.transform(row[np.newaxis]) for row in test])
    np.testing.assert_allclose(alone, together, rtol=1e-10, atol=1e-10)
    np.testing.assert_array_equal(step.transform(test), together)
    again = make().fit(np.concatenate([train, test])).transform(test)
    assert not np.allclose(again, together)


@pytest.mark.parametrize("make", STEPS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_inverse_brings_the_data_back(make: Any, dtype: type) -> None:
    """The inverse of the output is the input, in the precision of the input, on data of full rank."""
    x: NDArray[Any] = (3 + np.random.default_rng(0).standard_normal((40, 5)) * np.arange(1, 6)).astype(dtype)
    x.setflags(write=False)
    step = make().fit(x)
    z = step.transform(x)
    back = step.inverse_transform(z)

    assert (z.dtype, back.dtype) == (dtype, dtype)
    np.testing.assert_allclose(back, x, atol=100 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize("make", STEPS)
def test_an_empty_table_stays_empty(make: Any) -> None:
    """A fitted step maps a table without rows to a table without rows."""
    step = make().fit(DIGITS[:50, 10:14])

    assert step.transform(np.empty((0, 4))).shape == (0, 4)
    assert step.inverse_transform(np.empty((0, 4))).shape == (0, 4)


@pytest.mark.parametrize("make", STEPS)
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda step, x: step.transform(x), r"has not seen training data yet: call fit\(x\) first"),
        (lambda step, x: step.inverse_transform(x), r"has not seen training data yet: call fit\(x\) first"),
        (lambda step, x: step.fit(x).transform(x[:, :3]), r"x has 3 columns where 4 are needed: .* to 4 features"),
        (lambda step, x: step.fit(x).inverse_transform(x[:, :3]), r"z has 3 columns where 4 are needed"),
        (lambda step, x: step.fit(x[0]), r"x has shape \(4,\); .* x\.reshape\(1, -1\)"),
        (lambda step, x: step.fit(x).transform(x[0]), r"x has shape \(4,\); .* x\.reshape\(1, -1\)"),
        (lambda step, x: step.fit(x[:0]), r"x has shape \(0, 4\); fit needs at least one example"),
        (lambda step, x: step.fit(x.astype(complex)), r"x has dtype complex128; real numbers are needed"),
    ],
)
def test_misuse_is_one_sentence(make: Any, wrong: Any, message: str) -> None:
    """A wrong call is refused with the name, the value and the way out."""
    with pytest.raises(ValueError, match=message):
        wrong(make(), DIGITS[:50, 10:14])


@pytest.mark.parametrize("make", [Centering, Normalizing])
def test_nan_stays_in_its_feature(make: Any) -> None:
    """A training value that is no number spoils its own column and no other."""
    x = DIGITS[:20, 10:13].copy()
    x[4, 1] = np.nan

    z = make().fit(x).transform(x)
    np.testing.assert_array_equal(np.isnan(z), np.tile([False, True, False], (20, 1)))
