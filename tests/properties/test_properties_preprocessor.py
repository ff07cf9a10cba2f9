"""Preprocessors of other forms than scalers and PCA: what is told of them, what is asked, and what still is found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.decomposition
import sklearn.impute
import sklearn.preprocessing
from gallery.lawful.steps import (
    Beside,
    Clipped,
    OfTheLargest,
    Scaler,
    SignedLog,
    Squares,
    Varying,
    Whitening,
    WithOnes,
    clipped,
)
from gradcheck.properties import plan, run_suite

import gradcheck
from gradcheck.report import Status

FINE = {Status.PASSED, Status.NOT_APPLICABLE, Status.VACUOUS}


def suite(thing: Any, *inputs: Any, examples: int = 8, checks: Any = None, **traits: Any) -> Any:
    declared = gradcheck.subject(thing, *inputs, kind="preprocessor", traits=traits)
    return run_suite(declared, max_examples=examples, checks=checks, cases=None)


RIGHT = [
    Whitening(),
    Whitening(0.1),
    Whitening(1e-5, zca=False),
    Whitening(0.1, zca=False),
    Beside(1e-3),
    Beside(1e-3, zca=False),
    OfTheLargest(),
    OfTheLargest(zca=False),
    SignedLog,
    Squares,
    Varying,
    Clipped,
    WithOnes,
    clipped,
    sklearn.preprocessing.PolynomialFeatures(2),
    sklearn.preprocessing.Binarizer(threshold=0.3),
    sklearn.decomposition.KernelPCA(2, kernel="rbf"),
]


@pytest.mark.parametrize("step", RIGHT, ids=lambda step: getattr(step, "__name__", type(step).__name__))
def test_right_steps_of_other_forms_keep_the_laws(step: Any) -> None:
    """Columns that are no features, curved maps and softened variances are not held to what they do not promise."""
    report = suite(step)

    assert {result.status for result in report.results} <= FINE, report.findings


def test_a_curved_map_has_a_steep_inverse() -> None:
    """A power that is fitted promises no mean to rounding, and its inverse magnifies what was rounded."""
    report = suite(sklearn.preprocessing.PowerTransformer(), examples=2, checks=["GC303", "GC307", "GC309", "GC314"])

    assert {result.status for result in report.results} <= FINE, report.findings


@pytest.mark.parametrize(
    ("step", "eps", "beside", "symmetric"),
    [
        (Whitening(), 1e-5, 0.0, True),
        (Whitening(0.01234, zca=False), 0.01234, 0.0, False),
        (Beside(1e-3), None, 1e-3, True),
    ],
    ids=["zca", "pca", "beside"],
)
def test_a_softened_whitening_is_read_off(step: Any, eps: float | None, beside: float, symmetric: bool) -> None:
    """Eps is told from the divisor of the variance by how it acts on large and on small variances."""
    found = plan(step, "preprocessor").adapted

    assert (found.traits.whitens, found.traits.eps, found.traits.symmetric) == (True, eps, symmetric)
    assert (found.shown.ddof, found.shown.beside) == (0, beside)


def sum_of_products(self, deviation):
    return deviation.T @ deviation


def in_single(self, values):
    return np.sqrt((values + self.eps).astype(np.float32))


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("GC311", {"covariance": sum_of_products}),
        ("GC301", {"root": in_single}),
        ("GC311", {"root": lambda self, values: values + self.eps}),
    ],
    ids=["never divided by n", "a root of float32", "no root"],
)
def test_a_wrong_whitening_with_eps_is_found(code: str, wrong: dict[str, Any]) -> None:
    """What follows no line of an eps is held to the laws as it was."""
    step = type("Wrong", (Whitening,), wrong)(zca=False)

    assert code in {finding.code for finding in suite(step, checks=["GC301", "GC311"]).findings}


def neighbours(self, x):
    Scaler.fit(self, x)
    self.spread = np.roll(self.spread, 1)
    return self


def of_squares(self, x):
    Varying.fit(self, x)
    self.spread = np.sqrt((x[:, self.kept] ** 2).mean(0))
    return self


@pytest.mark.parametrize(
    ("code", "base", "wrong"),
    [("GC307", Scaler, neighbours), ("GC314", Varying, of_squares)],
    ids=["a neighbour's spread", "drops, and divides by the mean square"],
)
def test_wrong_scalers_of_such_forms_are_found(code: str, base: type, wrong: Any) -> None:
    """Where the columns of the output are the features, they are held to what features promise."""
    step = type("Wrong", (base,), {"fit": wrong})

    assert code in {finding.code for finding in suite(step, examples=30, checks=[code]).findings}


class Log:
    """Take the logarithm, of positive numbers alone."""

    def fit(self, x):
        if (x <= 0).any():
            raise ValueError("the logarithm needs positive data")
        return self

    def transform(self, x):
        return np.log(x)

    def inverse_transform(self, z):
        return np.exp(z)


class Plain(Log):
    """Refuse nothing."""

    def fit(self, x):
        return self


class Logit(Log):
    """Take the logarithm of odds."""

    def fit(self, x):
        if (x >= 1).any():
            raise ValueError("the logit needs shares")
        return super().fit(x)

    def transform(self, x):
        return np.log(x) - np.log1p(-x)

    def inverse_transform(self, z):
        return 1 / (1 + np.exp(-z))


class Cholesky(Whitening):
    """Whiten by a triangular matrix, where the covariance has an inverse."""

    def fit(self, x):
        self.mean = x.mean(0)
        try:
            inverse = np.linalg.inv(self.covariance(x - self.mean))
            self.matrix = np.linalg.cholesky(inverse)
        except np.linalg.LinAlgError:
            raise ValueError("the covariance is singular") from None
        if not np.linalg.cond(self.matrix) < 1e6:
            raise ValueError("the covariance is nearly singular")
        return self


POSITIVE = np.exp(np.random.default_rng(0).standard_normal((12, 3)))


@pytest.mark.parametrize(
    ("step", "inputs", "domain"),
    [(Log, (), "positive"), (Log, (POSITIVE,), "positive"), (Plain, (POSITIVE,), "positive"), (Logit, (), "unit")],
    ids=["refuses", "declared", "declared, refuses nothing", "shares"],
)
def test_a_step_of_few_numbers_gets_those(step: Any, inputs: Any, domain: str) -> None:
    """What is refused, or is not finite though declared data are, is not drawn."""
    report = suite(step, *inputs)

    assert {result.status for result in report.results} <= FINE, report.findings
    assert ("takes", f"numbers in the domain {domain!r}", "inferred") in report.facts


def test_a_logarithm_of_any_number_is_not_let_off() -> None:
    """Without a refusal and without positive data, NaN is a finding."""
    assert "GC306" in {finding.code for finding in suite(Plain).findings}


def test_a_wrong_step_of_positive_numbers_is_found() -> None:
    """Its laws are those of others, in its domain."""
    wrong = type("Wrong", (Log,), {"inverse_transform": lambda self, z: np.expm1(z)})
    leak = type("Wrong", (Log,), {"transform": lambda self, x: np.log(x) - np.log(x.min(0))})

    assert [finding.code for finding in suite(wrong, checks=["GC303"]).findings] == ["GC303"]
    assert [finding.code for finding in suite(leak, checks=["GC304"]).findings] == ["GC304"]


def test_refused_examples_do_not_count() -> None:
    """What refuses some data is held to the laws with the others, and the result says how many were refused."""
    (result,) = suite(Cholesky(0.0), examples=50, checks=["GC301"]).results

    assert result.status is Status.PASSED
    assert "the covariance is singular" in dict(result.statistics)["inconclusive examples"]


class Trivial(Scaler):
    """Refuse everything but zeros."""

    def fit(self, x):
        if x.any(): raise ValueError("this is too difficult")  # fmt: skip # noqa: E701
        return super().fit(x)


def test_what_refuses_nearly_everything_does_not_pass() -> None:
    """A refusal is no way out of the laws."""
    report = suite(Trivial, examples=30, checks=["GC302", "GC304", "GC111"])

    assert not report.ok
    assert Status.PASSED not in report.counts


class Shapes(Scaler):
    """Fail where a feature is constant."""

    def fit(self, x):
        super().fit(x)
        self.spread = x.std(0)[np.ptp(x, axis=0) > 0]
        return self


def test_shapes_that_do_not_fit_are_no_refusal() -> None:
    """A ValueError of NumPy's is a mistake, not a word about the data."""
    assert "GC907" in {finding.code for finding in suite(Shapes, examples=50, checks=["GC302", "GC304"]).findings}


class Bins:
    """Give every value the middle of its bin, back and forth."""

    def fit(self, x):
        self.low, self.width = x.min(0), np.where(np.ptp(x, axis=0) > 0, np.ptp(x, axis=0), 1.0) / 3
        return self

    def transform(self, x):
        return np.clip(np.floor((x - self.low) / self.width), 0, 2)

    def inverse_transform(self, z):
        return self.low + (z + 0.5) * self.width


def lowest(self, z):
    return self.low + (z - 0.5) * self.width


def test_bins_come_back_as_bins() -> None:
    """What is lossy by design has an inverse that keeps the output, and one beside it is found."""
    wrong = type("Wrong", (Bins,), {"inverse_transform": lowest})

    assert suite(Bins, checks=["GC303"]).ok
    assert [finding.code for finding in suite(wrong, checks=["GC303"]).findings] == ["GC303"]


def test_an_inverse_that_is_refused_is_none() -> None:
    """scikit-learn has methods that raise unless they were asked for."""
    step = sklearn.preprocessing.KBinsDiscretizer(3, encode="ordinal", strategy="uniform")
    imputer = sklearn.impute.SimpleImputer()

    assert suite(step, checks=["GC303"]).ok
    assert [result.status for result in suite(imputer, checks=["GC303"]).results] == [Status.NOT_APPLICABLE]


class Fourier:
    """Random waves."""

    def fit(self, x):
        rng = np.random.default_rng(0)
        self.weight, self.phase = rng.standard_normal((x.shape[1], 10)), rng.uniform(0, 6, 10)
        return self

    def transform(self, x):
        return np.cos(x @ self.weight + self.phase).astype(x.dtype)


def test_waves_are_as_steep_as_they_are_nearby() -> None:
    """Rounding is carried by the slope at the data, and a mean of the test data still is found."""
    leak = type("Wrong", (Fourier,), {"transform": lambda self, x: Fourier.transform(self, x - x.mean(0))})

    assert suite(Fourier, examples=50, checks=["GC304"]).ok
    assert not suite(leak, checks=["GC304"]).ok


def scaled(x):
    return (x - x.mean(0)) / np.where(np.ptp(x, axis=0) > 0, x.std(0), 1.0)


def nearly_centred(x):
    return scaled(x) + 1e-6 * scaled(x) ** 2


def test_a_function_maps_other_data_by_other_statistics() -> None:
    """Its rounding is told from the data that it was given, and a mean that is nearly 0 still is found."""
    far = 1e8 + 0.1 * np.random.default_rng(0).standard_normal((8, 3))

    assert suite(scaled, far, examples=40, checks=["GC309"]).ok
    assert [found.code for found in suite(nearly_centred, checks=["GC309"], centers=True).findings] == ["GC309"]


class Projection:
    """Two random directions, and the least row that they are of."""

    def fit(self, x):
        self.map = np.random.default_rng(0).normal(size=(x.shape[1], 2)).astype(x.dtype)
        self.back = np.linalg.pinv(self.map)
        return self

    def transform(self, x):
        return x @ self.map

    def inverse_transform(self, z):
        return z @ self.back


class Transposed(Projection):
    """As though two random directions were orthonormal."""

    def fit(self, x):
        super().fit(x)
        self.back = self.map.T
        return self


class OfStandardized:
    """Directions of data whose deviations are divided out."""

    power = 0.0

    def fit(self, x):
        self.mean, deviation = x.mean(axis=0), x.std(axis=0)
        self.size = np.where(deviation > 1e-10 * np.abs(x).max(), deviation, 1).astype(x.dtype)
        _, s, v = np.linalg.svd((x - self.mean) / self.size, full_matrices=False)
        self.map = v.T * s**self.power
        return self

    def transform(self, x):
        return (x - self.mean) / self.size @ self.map


class HalfWhitened(OfStandardized):
    """Directions times their lengths."""

    power = 1.0


@pytest.mark.parametrize("step", [Projection, OfStandardized])
def test_turns_of_other_things_than_the_data_keep_the_laws(step: Any) -> None:
    """Few random outputs keep no rank, and directions of standardized data are not those of the data."""
    assert suite(step(), examples=30).ok


@pytest.mark.parametrize(("step", "code"), [(Transposed, "GC303"), (HalfWhitened, "GC313")])
def test_their_mistakes_are_found(step: Any, code: str) -> None:
    """An inverse that is none, and directions that are stretched."""
    assert code in {finding.code for finding in suite(step(), examples=30).findings}
