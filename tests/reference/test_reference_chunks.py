"""Statistics by chunks: any division, any order, at any offset and scale; min-max and shrinkage with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.covariance
import sklearn.decomposition
import sklearn.preprocessing
from gradcheck.reference import PCA, Centering, ImageCentering, MinMax, Normalizing, Whitening
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.datasets import load_digits

LAW = settings(deadline=None, max_examples=40)
DIGITS: NDArray[np.float64] = load_digits().data[:600]
EPS = np.finfo(float).eps
STEPS: dict[str, Callable[[], Any]] = {
    "Centering": Centering,
    "Normalizing": Normalizing,
    "MinMax": MinMax,
    "PCA": PCA,
    "Whitening": lambda: Whitening("zca"),
}


@st.composite
def divided(draw: st.DrawFn) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Draw a table at any offset and scale, and a division of its rows into chunks in any order."""
    d, n = draw(st.integers(1, 5)), draw(st.integers(2, 40))
    offset, scale = draw(st.sampled_from([0.0, 3.0, -1e6])), 10 ** draw(st.floats(-12, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = scale * (offset + rng.standard_normal((n, d)) @ (np.eye(d) + 0.3 * rng.standard_normal((d, d))))
    cuts = sorted(draw(st.sets(st.integers(1, n - 1), max_size=6)))
    chunks = np.split(x, cuts)
    return x, [chunks[k] for k in draw(st.permutations(range(len(chunks))))]


def by_chunks(make: Callable[[], Any], chunks: list[NDArray[Any]]) -> Any:
    """Return a step that has seen one chunk after the other."""
    step = make()
    for chunk in chunks:
        step.partial_fit(chunk)
    return step


def blur(x: NDArray[Any]) -> float:
    """Return what rounding of data this far from the origin may do to their spread, relative to it."""
    deviation = x - x.mean(axis=0)
    smallest = np.linalg.svd(deviation, compute_uv=False)[-1] if len(x) > x.shape[1] else 0.0
    return float(len(x) * EPS * np.abs(x).max() * np.sqrt(x.size) / smallest) if smallest else np.inf


@pytest.mark.parametrize("name", ["Centering", "Normalizing", "MinMax"])
@LAW
@given(data=divided())
def test_any_division_gives_the_statistics_of_the_whole(
    name: str, data: tuple[NDArray[Any], list[NDArray[Any]]]
) -> None:
    """One chunk after the other, or each on its own and merged: the output is that of one fit."""
    x, chunks = data
    whole, one_by_one = STEPS[name]().fit(x), by_chunks(STEPS[name], chunks)
    merged = STEPS[name]()
    for chunk in chunks:
        merged.merge(STEPS[name]().fit(chunk))

    deviation = np.abs(x - x.mean(axis=0)).max(axis=0)
    unit = {"Centering": deviation, "Normalizing": 10.0, "MinMax": 1.0}[name]
    lost = np.finfo(float).eps * np.abs(x).max(axis=0) / deviation  # what an offset costs the data themselves
    for step in (one_by_one, merged):
        error = np.abs(step.transform(x) - whole.transform(x))
        assert (error <= 20 * len(x) * (EPS + lost) * unit).all()


@pytest.mark.parametrize("name", ["PCA", "Whitening"])
@LAW
@given(data=divided())
def test_directions_from_chunks_decorrelate_the_whole(
    name: str, data: tuple[NDArray[Any], list[NDArray[Any]]]
) -> None:
    """P-PCA, P-WHITE: what was learned in pieces decorrelates, or whitens, the whole."""
    x, chunks = data
    whole, step = STEPS[name]().fit(x), by_chunks(STEPS[name], chunks)
    room = 100 * blur(x)
    if room > 1e-3 or len(x) <= x.shape[1] + 1:
        return
    z = step.transform(x)
    covariance = np.atleast_2d(np.cov(z.T))
    target = np.eye(z.shape[1]) if name == "Whitening" else np.diag(whole.explained_variance_)
    np.testing.assert_allclose(covariance, target, rtol=0, atol=room * np.abs(target).max())


def test_small_singular_values_survive_the_chunks() -> None:
    """A direction of relative size 1e-9, lost in any covariance matrix, is found to seven digits."""
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    x = rng.standard_normal((900, 4)) * [1, 1e-3, 1e-6, 1e-9] @ turn
    step = by_chunks(PCA, np.array_split(x, 7))

    exact = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    np.testing.assert_allclose(step.singular_values_, exact, rtol=1e-6)


@pytest.mark.parametrize("offset", [0.0, 1e9])
def test_the_spread_does_not_cancel_far_from_the_origin(offset: float) -> None:
    """One row at a time at an offset of 1e9: squares minus a square would have no digit left."""
    x = offset + np.random.default_rng(0).standard_normal((500, 3))
    step = by_chunks(Normalizing, np.split(x, 500))
    np.testing.assert_allclose(step.scale_, (x - offset).std(axis=0), rtol=1e-12)
    np.testing.assert_allclose(step.transform(x).mean(axis=0), 0, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-250, 1e250])
def test_no_spread_is_too_small_or_too_large_for_its_square(scale: float) -> None:
    """Merged by hypotenuses, no square leaves the range of a double."""
    x = np.random.default_rng(0).standard_normal((50, 2))
    with np.errstate(all="raise"):
        step = by_chunks(Normalizing, np.split(scale * x, 10))
    np.testing.assert_allclose(step.scale_ / scale, x.std(axis=0), rtol=1e-13)


def test_digits_agree_with_scikit_learn_chunk_by_chunk() -> None:
    """The running scalers of scikit-learn, fed with the same chunks, end at the same numbers."""
    chunks = np.array_split(DIGITS, 5)
    standard, extent = sklearn.preprocessing.StandardScaler(), sklearn.preprocessing.MinMaxScaler()
    for chunk in chunks:
        standard.partial_fit(chunk)
        extent.partial_fit(chunk)
    pairs = [(by_chunks(Normalizing, chunks), standard), (by_chunks(MinMax, chunks), extent)]
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours.transform(DIGITS), theirs.transform(DIGITS), rtol=1e-11, atol=1e-12)
    ours, theirs = by_chunks(PCA, chunks), sklearn.decomposition.PCA(svd_solver="full").fit(DIGITS)
    np.testing.assert_allclose(ours.explained_variance_, theirs.explained_variance_[: ours.rank_], rtol=1e-10)


@pytest.mark.parametrize("form", ["image", "channel"])
def test_mean_images_come_from_chunks_as_well(form: Any) -> None:
    """P-IMAGE: mean image and mean per channel, one chunk after the other or merged."""
    images = 100 + np.random.default_rng(0).standard_normal((30, 3, 4, 5))
    whole, first, second = ImageCentering(form).fit(images), ImageCentering(form), ImageCentering(form)
    first.partial_fit(images[:7]).partial_fit(images[7:11])
    second.fit(images[11:])

    np.testing.assert_allclose(first.merge(second).mean_, whole.mean_, rtol=1e-14)
    assert first.transform(images).shape == images.shape


@pytest.mark.parametrize("name", STEPS)
def test_fit_forgets_and_partial_fit_remembers(name: str) -> None:
    """P-TRAIN: after `fit` only its own data count; after `partial_fit` those before count too."""
    first, second = DIGITS[:200, 20:24], DIGITS[200:400, 20:24] + 1
    again = STEPS[name]().fit(first).fit(second)
    np.testing.assert_array_equal(again.transform(first), STEPS[name]().fit(second).transform(first))
    both = STEPS[name]().fit(first).partial_fit(second)
    np.testing.assert_allclose(
        both.transform(first), STEPS[name]().fit(np.vstack([first, second])).transform(first), atol=1e-10
    )


@pytest.mark.parametrize("name", STEPS)
def test_what_cannot_be_merged_gets_a_sentence(name: str) -> None:
    """Another width, another kind, or nothing learned."""
    step = STEPS[name]().fit(DIGITS[:50, 20:24])
    kind = name.partition("[")[0]
    with pytest.raises(ValueError, match="x has 3 columns where 4 are needed"):
        step.partial_fit(DIGITS[:50, 20:23])
    with pytest.raises(ValueError, match="other has seen 3 features, this step 4"):
        step.merge(STEPS[name]().fit(DIGITS[:50, 20:23]))
    for other in (STEPS[name](), ImageCentering(), None):
        with pytest.raises(ValueError, match=rf"other=.* must be a {kind} that has seen training data"):
            step.merge(other)


def test_images_that_cannot_be_merged_get_a_sentence() -> None:
    """Another size, another form, or nothing learned."""
    images = np.ones((2, 3, 4, 5))
    step = ImageCentering().fit(images)
    with pytest.raises(ValueError, match=r"x holds images of shape \(3, 4, 4\)"):
        step.partial_fit(images[..., :4])
    for other in (ImageCentering("channel").fit(images), ImageCentering()):
        with pytest.raises(ValueError, match=r"must be an ImageCentering\('image'\) that has seen training data"):
            step.merge(other)


# Min-max


def test_the_training_data_fill_the_interval() -> None:
    """The smallest value comes out as the lower end exactly, the largest as the upper."""
    step = MinMax(-1, 3).fit(DIGITS)
    z, constant = step.transform(DIGITS), np.ptp(DIGITS, axis=0) == 0

    np.testing.assert_array_equal(z.min(axis=0), -1)
    np.testing.assert_array_equal(z.max(axis=0), np.where(constant, -1, 3))
    theirs = sklearn.preprocessing.MinMaxScaler((-1, 3)).fit(DIGITS)
    np.testing.assert_allclose(z, theirs.transform(DIGITS), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(step.inverse_transform(z), DIGITS, rtol=1e-12, atol=1e-12)


def test_an_extent_beyond_the_largest_double_is_no_obstacle() -> None:
    """From the largest negative to the largest positive number the difference overflows, its half does not."""
    top = np.finfo(float).max
    x = np.array([[-top], [0.0], [top]])
    with np.errstate(all="raise"):
        step = MinMax().fit(x)
        np.testing.assert_array_equal(step.transform(x), [[0.0], [0.5], [1.0]])
        np.testing.assert_array_equal(step.inverse_transform([[0.0], [0.5], [1.0]]), x)


def test_an_interval_without_extent_gets_a_sentence() -> None:
    """Its ends must be apart, in order and finite."""
    for low, high in ((1, 1), (2, 1), (0, np.inf)):
        with pytest.raises(ValueError, match="must be finite, low below high"):
            MinMax(low, high)


# Shrinkage


@pytest.mark.parametrize("shrinkage", [0.1, 0.5, 1.0])
def test_shrunk_whitening_whitens_the_shrunk_covariance(shrinkage: float) -> None:
    """With W its matrix, W S' W^T is the identity for scikit-learn's shrunk covariance S'."""
    x = DIGITS[:, [10, 11, 18, 19, 26, 27]]
    cov = sklearn.covariance.shrunk_covariance(np.cov(x.T), shrinkage=shrinkage)
    for form in ("pca", "zca"):
        w = Whitening(form, shrinkage=shrinkage).fit(x).matrix_  # type: ignore[arg-type]
        np.testing.assert_allclose(w.T @ cov @ w, np.eye(6), atol=1e-12)


def test_shrinkage_tames_noise_and_its_inverse_undoes_it() -> None:
    """On few examples the largest output on new data is smaller; nothing is lost either way."""
    rng = np.random.default_rng(0)
    few, new = rng.standard_normal((15, 12)), rng.standard_normal((200, 12))
    plain, shrunk = Whitening().fit(few), Whitening(shrinkage=0.3).fit(few)

    assert np.square(shrunk.transform(new)).mean() < 0.3 * np.square(plain.transform(new)).mean()
    np.testing.assert_allclose(shrunk.inverse_transform(shrunk.transform(few)), few, atol=1e-12)
    with pytest.raises(ValueError, match=r"shrinkage=1.5 must lie in \[0, 1\]"):
        Whitening(shrinkage=1.5)
