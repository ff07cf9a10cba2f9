"""PCA and whitening: diagonal and identity covariance, rank, signs, and scikit-learn's numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pytest
import sklearn.decomposition
from gradcheck.reference import PCA, Whitening
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

LAW = settings(deadline=None, max_examples=40)
FORMS: tuple[Literal["pca", "zca"], ...] = ("pca", "zca")
DIGITS: NDArray[np.float64] = load_digits().data[:600]
RANK_OF_DIGITS = 58  # of 64 pixels five are constant, and pixel 48 is three times pixel 56


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Keep the linear algebra on one thread: on a busy machine two of them wait for each other."""
    with threadpool_limits(1):
        yield


@st.composite
def tables(draw: st.DrawFn) -> tuple[NDArray[np.float64], int]:
    """Draw a table of known rank, at an offset of up to a million times its spread and at any scale."""
    d = draw(st.integers(1, 6))
    rank = draw(st.integers(0, d))
    n = draw(st.integers(rank + 1, rank + 30))
    offset, scale = draw(st.sampled_from([0.0, 1.0, -300.0, 1e6])), 10 ** draw(st.floats(-12, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    left, right = rng.standard_normal((n, rank)), rng.standard_normal((rank, d))
    left, right = np.linalg.qr(left - left.mean(axis=0))[0], np.linalg.qr(right.T)[0].T
    return scale * (offset + (left * np.geomspace(1, 10, rank)) @ right), rank


def rounding(x: NDArray[Any], step: PCA) -> float:
    """Return how far rounding of `x` may blur its covariance, relative to the spread of its main direction."""
    return float(len(x) * np.finfo(float).eps * (1 + np.linalg.norm(x) / step.singular_values_[0]))


def covariance(z: NDArray[Any]) -> NDArray[Any]:
    """Return the covariance with divisor n - 1, as a matrix also for one column."""
    return np.atleast_2d(np.cov(z.T))


# PCA


@LAW
@given(tables())
def test_rank_is_found_at_every_offset_and_scale(table: tuple[NDArray[Any], int]) -> None:
    """P-PCA: as many components as the data have directions, though rounding has blurred the others."""
    x, rank = table

    assert PCA().fit(x).rank_ == rank


@LAW
@given(tables())
def test_output_is_uncorrelated_and_sorted(table: tuple[NDArray[Any], int]) -> None:
    """P-PCA: the covariance of the output is diagonal and falling; it is `explained_variance_`."""
    x, rank = table
    step = PCA().fit(x)
    variance = step.explained_variance_
    if rank:
        allowed = 10 * rounding(x, step) * variance[0]
        np.testing.assert_allclose(covariance(step.transform(x)), np.diag(variance), rtol=0, atol=allowed)
    assert (np.diff(variance) <= 0).all()
    np.testing.assert_allclose(step.components_ @ step.components_.T, np.eye(rank), atol=1e-14)


@LAW
@given(tables())
def test_the_inverse_brings_the_training_data_back(table: tuple[NDArray[Any], int]) -> None:
    """P-PCA: all retained components together hold the training data, of whatever rank."""
    x, _ = table
    step = PCA().fit(x)

    np.testing.assert_allclose(step.inverse_transform(step.transform(x)), x, rtol=0, atol=1e-13 * np.abs(x).max())


def test_digits_agree_with_scikit_learn() -> None:
    """P-PCA: components (their signs included), variances and outputs are those of scikit-learn's PCA."""
    ours, theirs = PCA().fit(DIGITS), sklearn.decomposition.PCA(svd_solver="full").fit(DIGITS)

    assert ours.rank_ == RANK_OF_DIGITS
    np.testing.assert_allclose(ours.mean_, theirs.mean_, rtol=1e-13)
    np.testing.assert_allclose(ours.components_, theirs.components_[:RANK_OF_DIGITS], atol=1e-9)
    np.testing.assert_allclose(ours.explained_variance_, theirs.explained_variance_[:RANK_OF_DIGITS], rtol=1e-10)
    np.testing.assert_allclose(ours.singular_values_, theirs.singular_values_[:RANK_OF_DIGITS], rtol=1e-10)
    np.testing.assert_allclose(ours.transform(DIGITS), theirs.transform(DIGITS)[:, :RANK_OF_DIGITS], atol=1e-8)


def test_the_largest_entry_of_each_component_is_positive() -> None:
    """P-PCA: the sign is a rule, so that mirrored data give the same components."""
    components = PCA().fit(DIGITS).components_
    mirrored = PCA().fit(-DIGITS).components_

    assert (components.max(axis=1) == np.abs(components).max(axis=1)).all()
    np.testing.assert_allclose(components, mirrored, atol=1e-9)


def test_fewer_components_are_the_first_ones() -> None:
    """P-PCA: with n_components the output is part of the full one; what is lost is the rest's variance."""
    full, few = PCA().fit(DIGITS), PCA(10).fit(DIGITS)
    lost = DIGITS - few.inverse_transform(few.transform(DIGITS))

    np.testing.assert_allclose(few.transform(DIGITS), full.transform(DIGITS)[:, :10], atol=1e-12)
    np.testing.assert_allclose((lost**2).sum(), (full.singular_values_[10:] ** 2).sum(), rtol=1e-10)


def test_float32_data_are_as_precise_as_float32() -> None:
    """A direction that only rounding to float32 has made is not one."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((100, 2)) @ rng.standard_normal((2, 5)) + 3

    assert (PCA().fit(x).rank_, PCA().fit(x.astype(np.float32)).rank_) == (2, 2)
    assert PCA().fit(x.astype(np.float32).astype(float)).rank_ == 5


@given(
    st.integers(0, 2**32),
    st.integers(2, 40),
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from([1, -3e3, 1e8]),
)
@LAW
def test_a_column_far_away_does_not_hide_the_others(seed: int, n: int, kind: Any, times: float) -> None:
    """P-PCA: a column that has lost its digits to its offset takes nothing from the healthy ones."""
    healthy = np.random.default_rng(seed).standard_normal((n, 2)).astype(kind)
    lost = np.full((n, 1), times / np.finfo(kind).eps, kind)
    lost[::2] = np.nextafter(lost[::2], kind(np.inf))
    alone, both = PCA().fit(healthy), PCA().fit(np.hstack([lost, healthy]))

    assert both.rank_ == alone.rank_ == min(n - 1, 2)
    np.testing.assert_allclose(both.components_[:, 1:], alone.components_, atol=1e-12)
    np.testing.assert_allclose(both.components_[:, 0], 0, atol=1e-12)
    whitened = Whitening(shrinkage=0.1).fit(np.hstack([lost, healthy]))
    assert np.abs(whitened.transform(np.hstack([lost, healthy]))).max() > 0.1


@pytest.mark.parametrize("step", [PCA(), PCA(3), Whitening(), Whitening(shrinkage=0.5)])
@pytest.mark.parametrize("offset", [1e9, 1.7e18])
def test_an_offset_drowns_its_own_column_only(step: Any, offset: float) -> None:
    """P-PCA: of three columns, the one at 1.7e18 keeps no digit, and two directions are left (at 1e9, three)."""
    z = np.random.default_rng(0).normal(size=(100, 3))
    z[:, 0] += offset
    single = z.astype(np.float32)

    assert step.fit(z).transform(z).shape == (100, 3 if offset < 1e15 else 2)
    assert step.fit(single).transform(single).shape == (100, 2)


def test_what_varies_by_more_than_its_rounding_is_kept() -> None:
    """P-PCA: steps of one unit in the last place, three of them in a row, are no rounding of a constant."""
    x = np.array([[16777216, 1], [16777218, 2], [16777220, 4]], np.float32)

    assert PCA().fit(x).transform(x).shape == (3, 1)
    np.testing.assert_allclose(np.abs(PCA().fit(x).components_), [[0.83, 0.56]], atol=0.05)


# Whitening


@pytest.mark.parametrize("form", FORMS)
@LAW
@given(table=tables())
def test_output_is_white_on_the_retained_subspace(
    form: Literal["pca", "zca"], table: tuple[NDArray[Any], int]
) -> None:
    """P-WHITE: the covariance is the identity; for the ZCA form, the projection onto the subspace."""
    x, rank = table
    step = Whitening(form).fit(x)
    components = step.pca_.components_
    truth = np.eye(rank) if form == "pca" else components.T @ components
    if rank:  # rounding weighs ten times as much in the direction that has a tenth of the spread
        allowed = 100 * rounding(x, step.pca_)
        np.testing.assert_allclose(covariance(step.transform(x)), truth, atol=allowed)
    assert np.isfinite(step.transform(x)).all()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scale", [1e-250, 1e-12, 1e12, 1e250])
def test_scale_does_not_matter(form: Literal["pca", "zca"], scale: float) -> None:
    """P-WHITE: the output is the same whatever the unit, also where the variance has left the range of a double."""
    x = np.random.default_rng(0).standard_normal((30, 4))
    with np.errstate(all="raise", under="ignore"):
        z = Whitening(form).fit(scale * x).transform(scale * x)

    np.testing.assert_allclose(z, Whitening(form).fit(x).transform(x), atol=1e-12)


@LAW
@given(tables())
def test_zca_matrix_is_symmetric(table: tuple[NDArray[Any], int]) -> None:
    """P-WHITE: the ZCA form's matrix is symmetric to the last bit, and a root of the inverse covariance."""
    x, rank = table
    matrix = Whitening("zca").fit(x).matrix_

    np.testing.assert_array_equal(matrix, matrix.T)
    if rank == x.shape[1]:
        np.testing.assert_allclose(matrix @ covariance(x) @ matrix, np.eye(rank), atol=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_the_matrix_is_the_map(form: Literal["pca", "zca"]) -> None:
    """P-WHITE: the output is the centered input times `matrix_`."""
    step = Whitening(form).fit(DIGITS)

    np.testing.assert_allclose(step.transform(DIGITS), (DIGITS - step.mean_) @ step.matrix_, atol=1e-10)


def test_whitened_digits_agree_with_scikit_learn() -> None:
    """P-WHITE: the PCA form gives the numbers of scikit-learn's PCA(whiten=True)."""
    ours = Whitening("pca", n_components=40).fit(DIGITS)
    theirs = sklearn.decomposition.PCA(40, whiten=True, svd_solver="full").fit(DIGITS)

    np.testing.assert_allclose(ours.transform(DIGITS), theirs.transform(DIGITS), atol=1e-9)


def test_zca_stays_closest_to_the_input() -> None:
    """P-WHITE: of the two forms, and of any rotation, ZCA's output correlates most with the input."""
    x = DIGITS[:, 18:24]
    zca, rng = Whitening("zca").fit(x).transform(x), np.random.default_rng(0)
    rotations = [np.linalg.qr(rng.standard_normal((6, 6)))[0] for _ in range(20)]
    centered = x - x.mean(axis=0)

    for other in [Whitening("pca").fit(x).transform(x), *(zca @ rotation for rotation in rotations)]:
        assert (zca * centered).sum() > (other * centered).sum()


@pytest.mark.parametrize("form", FORMS)
def test_the_inverse_of_whitening_brings_the_training_data_back(form: Literal["pca", "zca"]) -> None:
    """P-WHITE: the inverse round-trips on the retained subspace, in which the training data lie."""
    step = Whitening(form).fit(DIGITS)

    np.testing.assert_allclose(step.inverse_transform(step.transform(DIGITS)), DIGITS, atol=1e-10)


# Edges


@pytest.mark.parametrize("make", [PCA, Whitening, lambda: Whitening("zca")])
@pytest.mark.parametrize("x", [np.full((4, 3), 0.1), np.array([[1.0, 2.0, 3.0]])])
def test_data_without_spread_have_no_direction(make: Any, x: NDArray[np.float64]) -> None:
    """One example, or equal ones: rank 0, a finite output, and an inverse that returns the mean."""
    step = make().fit(x)
    z = step.transform(x)

    assert z.shape in {(len(x), 0), x.shape}
    assert not z.any()
    np.testing.assert_array_equal(step.inverse_transform(z), x)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_entries_that_are_not_finite_are_named(bad: float) -> None:
    """A decomposition of NaN or infinity does not exist; the message says where it is."""
    x = DIGITS[:10, 10:14].copy()
    x[3, 2] = bad
    with pytest.raises(ValueError, match=rf"x\[3, 2\]={bad} is not finite; Whitening needs every entry"):
        Whitening().fit(x)


@pytest.mark.parametrize("count", [0, -2])
def test_a_count_below_one_is_refused(count: int) -> None:
    """No components is no analysis."""
    with pytest.raises(ValueError, match=rf"n_components={count} must be at least 1, or None for all"):
        Whitening(n_components=count)


def test_another_form_is_refused() -> None:
    """A form that does not exist is named beside those that do."""
    with pytest.raises(ValueError, match=r"form='cholesky' is not a form of whitening; .* 'pca' and 'zca'"):
        Whitening("cholesky")  # type: ignore[arg-type]
