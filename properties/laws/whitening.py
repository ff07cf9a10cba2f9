"""Laws of steps that look for directions: PCA and whitening."""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import numpy as np

from .._case import Case
from .._expect import epsilon, expect, largest
from .._registry import declares
from ..adapters.preprocessor import Preprocessor
from ..strategies import choice
from ._scatter import TIMES, scatter
from ._spectrum import ULPS, clear_spectrum, covariance

FAR = (0.0, 1.0, -3.0, 1e4, 1e8)


@declares(
    "GC301", "covariance is the identity", "preprocessor", traits=("whitens",), needs=("table",), claims=("P-WHITE",)
)
def identity_covariance(step: Preprocessor, case: Case) -> None:
    """The covariance of the whitened training data is the identity on the directions in which they vary.

    All its eigenvalues are 1 (λ/(λ + eps) with an eps under the root). Of directions without extent nothing is said.

    The usual mistake is a division by the eigenvalue in place of its root.
    """
    x = step.data(case, locs=FAR)
    spectrum = clear_spectrum(x, step, case)
    z = step.fit(x).transform(x)
    if z.shape[1] > spectrum.rank and not step.traits.symmetric:
        case.idle("it kept directions in which the data have no extent")
    found = np.sort(np.linalg.eigvalsh(covariance(z, step.shown.ddof)))
    kept = spectrum.values[: min(spectrum.rank, z.shape[1])]
    softened = (np.sqrt(kept + (step.traits.eps or 0.0)) + step.shown.beside) ** 2
    target = np.sort(kept / softened)
    # Of directions without extent nothing is claimed: what matches best stands for the others.
    nearest = found[np.abs(found[:, None] - target).argmin(axis=0)] if len(found) > len(target) else found
    expect(nearest, "an eigenvalue of the covariance").within(target, allowed=4 * spectrum.room + 1e-12)


@declares(
    "GC305",
    "its matrix is symmetric",
    "preprocessor",
    traits=("symmetric",),
    needs=("table",),
    effort=0.5,
    claims=("P-WHITE",),
)
def symmetric_map(step: Preprocessor, case: Case) -> None:
    """The linear map of the ZCA form is symmetric: it rotates, scales, and rotates back.

    Of all whitenings this one stays nearest to the data.

    The usual mistake is to leave out the last rotation, which is the PCA form.
    """
    x = step.data(case)
    spectrum = clear_spectrum(x, step, case)
    if x.shape[1] < 2:
        case.idle("a matrix of one entry is symmetric")
    matrix = step.fit(x).matrix(x)
    size = largest(matrix)
    expect(matrix, "the linear map").within(matrix.T, allowed=size * (4 * spectrum.room + 1e-12))


@declares(
    "GC311",
    "covariance is diagonal, largest first",
    "preprocessor",
    traits=("decorrelates",),
    needs=("sorted", "table"),
    claims=("P-PCA",),
)
def diagonal_covariance(step: Preprocessor, case: Case) -> None:
    """The outputs for the training data are uncorrelated, and their variances fall.

    The k-th output has the largest variance that a direction orthogonal to those before it can have.

    The usual mistake is to take eigenvectors as rows where they are columns, or rising eigenvalues.
    """
    x = step.data(case, locs=FAR)
    spectrum = clear_spectrum(x, step, case)
    fitted = step.fit(x)
    z = fitted.transform(x)
    spread = covariance(z, step.shown.ddof)
    variance = np.diag(spread)
    top = float(spectrum.values[0])
    # A covariance taken as the mean square minus the squared mean loses the square of the offset.
    room = ULPS * epsilon(x) * spectrum.count * (spectrum.size + np.sqrt(top)) ** 2
    between = spread - np.diag(variance)
    if (np.abs(between) > room).any():
        # What goes through inner products of the data loses the square of the offset over a small deviation.
        room = room + np.max(np.outer(largest(z, 0), TIMES * scatter(fitted.transform, x)))
    expect(between, "a covariance").within(0.0, allowed=room)
    expect(-np.diff(variance), "the fall of the variances").at_least(0.0, allowed=2 * room)
    # More outputs than there are directions are 0.
    values = np.resize(np.append(spectrum.values, np.zeros(len(variance))), len(variance))
    expect(variance, "a variance").within(values, allowed=2 * room)


@declares(
    "GC313",
    "its directions are orthonormal",
    "preprocessor",
    traits=("decorrelates",),
    needs=("sorted", "table"),
    effort=0.5,
    claims=("P-PCA",),
)
def orthonormal_directions(step: Preprocessor, case: Case) -> None:
    """The linear map turns the data and does not stretch them: its columns have length 1 and are orthogonal.

    So distances are kept, and what is dropped is what the variances say.

    The usual mistake is eigenvectors that were scaled by their eigenvalues, which is half of a whitening.
    """
    x = step.data(case)
    spectrum = clear_spectrum(x, step, case)
    matrix = step.fit(x).matrix(x)
    # The map is read off differences, whose rounding is that of the data's offset over their spread.
    reach = float(np.abs(x - x.mean(axis=0)).max())
    # Directions that come from inner products of the data answer to the square of that.
    room = ULPS * epsilon(x) * spectrum.count * (1 + spectrum.size / reach) + spectrum.room + 1e-12
    # Beyond the rank of the data there is no direction to be found: a column may be 0, or what rounding leaves.
    gram = (matrix.T @ matrix)[: spectrum.rank, : spectrum.rank]
    expect(gram, "an entry of A'A").within(np.eye(len(gram)), allowed=4 * room)


@declares("GC316", "shrunk as declared", "preprocessor", traits=("shrinkage",), needs=("table",), claims=("P-WHITE",))
def shrunk(step: Preprocessor, case: Case) -> None:
    r"""The whitened training data have the variances λ / ((1 - α) λ + α m), with m the mean of all eigenvalues λ.

    With α = 0 all are 1; with α = 1 the data keep their shape. Small variances, which few examples make too small,
    are blown up less.

    The usual mistake is the mean of the eigenvalues that were kept, or their largest, in place of the mean of all.
    """
    x, share = step.data(case), float(step.traits.shrinkage or 0.0)
    spectrum = clear_spectrum(x, step, case)
    z = step.fit(x).transform(x)
    kept = spectrum.values[: min(spectrum.rank, z.shape[1])]
    mean = spectrum.values.sum() / x.shape[1]
    target = kept / ((1 - share) * kept + share * mean)
    # Either divisor, n or n - 1, is right; in shrunk data it does not show which was taken.
    ratios = [covariance(z, step.shown.ddof), covariance(z, 1 - step.shown.ddof)]
    found = [np.sort(np.linalg.eigvalsh(c))[::-1][: len(kept)] for c in ratios]
    nearest = min(found, key=lambda values: float(np.abs(values - target).max()))
    expect(nearest, "an eigenvalue of the covariance").within(target, allowed=4 * spectrum.room * target + 1e-12)


@declares(
    "GC319",
    "distances are those of the data, in any units",
    "preprocessor",
    needs=("table", "exact whitening"),
    effort=0.5,
    claims=("P-WHITE",),
)
def affine_invariance(step: Preprocessor, case: Case) -> None:
    r"""Whitened products of examples, and so their distances, stay if all data go through an invertible linear map.

    They are Mahalanobis's: (x - μ)' Σ⁻¹ (y - μ), which knows no units. Where the data do not span their space there
    is no Σ⁻¹, and nothing is claimed.

    The usual mistake is to divide by the standard deviations of the features, and to leave their correlation.
    """
    x = step.data(case)
    spectrum = clear_spectrum(x, step, case)
    rng, d = case.generator(int(case.pick("map", choice(tuple(range(10)))))), x.shape[1]
    turns = [np.linalg.qr(rng.standard_normal((d, d)))[0] for _ in range(2)]
    moved = x @ (turns[0] * rng.uniform(0.5, 2.0, d)) @ turns[1]
    other = clear_spectrum(moved, step, case)
    z, again = step.fit(x).transform(x), step.fit(moved).transform(moved)
    if min(spectrum.rank, other.rank, z.shape[1], again.shape[1]) < d:
        case.idle("the data do not span their space")
    room = len(x) * (4 * (spectrum.room + other.room) + 1e-12)
    expect(again @ again.T, "a product of two whitened examples").within(z @ z.T, allowed=room)
