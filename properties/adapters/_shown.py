r"""What an ordinary table, correlated and off the origin, tells about a preprocessor.

.. math:: \frac{\lambda}{v} = \frac{n}{n - d} \lambda + \epsilon

with λ a variance of the data and v that of the output it becomes, both divided by n. A step that divides by
deviations follows this line, over features or over directions; d and ε are read off it.

What is no affine map may have mean 0 or variance 1 here and not elsewhere: of it nothing is inferred.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ._fitted import Array, Fitted, Refused, learns
from ._trial import tried

if TYPE_CHECKING:
    from .preprocessor import Preprocessor

SPREADS = ((1e-4, 40), (1e-2, 60))
"""Deviations, and how many examples have them, by which it is told what is added to a deviation or a variance.

What goes with either is no eps.
"""

ROUNDED = 4.0
"""Ulps of a deviation that are no difference: what computes in float32 adds 1e-8 to one of 0.01 as well as it can."""

SEEN = 1e-11
"""The smallest share of a deviation that shows beside rounding."""

FAR = 1e3
"""How many times as far as the data the map is asked whether it is straight."""

STRAIGHT = 1e-2
"""What may be missing for a straight line: float32 and rounded outputs are no bend."""

HIDDEN = 1e-9
"""The smallest share of the variances that, added to all of them alike, shows to be meant."""


@dataclass(frozen=True)
class Shown:
    """Traits that were told, and what has no trait.

    ``ddof`` is what the variance is divided by, from n; ``beside`` is added to the deviation, and not under its root.
    Column i of the output is made of column i alone (``featurewise``); features may come in any order (``alike``); no
    stretch of inputs has one output (``lossless``); the inverse is not refused (``undone``). Deviations are divided
    out before the data are turned (``standardizes``).
    """

    traits: dict[str, Any] = field(default_factory=dict)
    ddof: int = 0
    beside: float = 0.0
    axes: tuple[int, ...] = (0,)
    featurewise: bool = True
    alike: bool = True
    lossless: bool = True
    undone: bool = True
    standardizes: bool = False


def shown(step: Preprocessor, x: Array) -> Shown:
    """Return what the table or the images `x` tell."""
    z = step.fit(x.copy()).transform(x.copy())
    sure = not learns(step.make()) or tried(_is_affine, step.fit(x), x)[0]
    if x.ndim > 2:
        over: tuple[int, ...] = (0,) if np.allclose(z.mean(axis=0), 0, atol=1e-6) else (0, 2, 3)
        return Shown({"centers": np.allclose(z.mean(axis=over), 0, atol=1e-6)} if sure else {}, axes=over)
    each = z.shape == x.shape and tried(_is_featurewise, step, x, z)[0] is not False
    told = _promises(step, x, each=each) if sure and z.size else Shown()
    return replace(
        told,
        traits=told.traits | {"range": tried(_interval, step, x, z)[0]},
        featurewise=each,
        alike=bool(each or tried(_is_symmetric, step, x, z)[0]),
        lossless=_is_lossless(step, x),
        undone=not isinstance(tried(step.fit(x).inverse, z)[1], Refused),
    )


def _is_affine(fitted: Fitted, x: Array) -> bool:
    """Say whether the map is straight, beyond the data as among them."""
    middle, ways = x.mean(axis=0), x[:4] - x.mean(axis=0)
    origin = fitted.transform(middle[None])
    near, *far = ((fitted.transform(middle + t * ways) - origin) / t for t in (1.0, -1.0, FAR, -FAR))
    room = STRAIGHT * float(np.abs(near).max(initial=0.0))
    return all(bool((np.abs(one - near) <= room).all()) for one in far)


def _is_featurewise(step: Preprocessor, x: Array, z: Array) -> bool:
    """Say whether each column of the output answers to its own column of the input, and to no other."""
    room = 1e-9 * float(np.abs(z).max())
    for column in range(x.shape[1]):
        moved = x.copy()
        moved[:, column] = x[::-1, column]
        others = np.delete(step.fit(x.copy()).transform(moved) - z, column, axis=1)
        if not np.abs(others).max(initial=0.0) <= room:
            return False
    return True


def _is_symmetric(step: Preprocessor, x: Array, z: Array) -> bool:
    """Say whether a step that learns nothing treats all features alike, as one that scales examples does."""
    order = np.roll(np.arange(x.shape[1])[::-1], 1)
    other, turned = step.fit(3 * x[::-1] + 1).transform(x.copy()), step.fit(x).transform(x[:, order])
    return z.shape == x.shape and bool(np.allclose(other, z)) and bool(np.allclose(turned, z[:, order]))


def _is_lossless(step: Preprocessor, x: Array) -> bool:
    """Say whether the points of a line all have outputs of their own, as those of bins have not."""
    line = x[0] + np.linspace(0.0, 1.0, 64)[:, None] * (x[1] - x[0])
    out, _ = tried(step.fit(x).transform, line)
    return out is None or len(np.unique(out, axis=0)) == len(line)


def _promises(step: Preprocessor, x: Array, *, each: bool) -> Shown:
    """Return what an affine map promises of the data it was fitted to; without a fit, of odd data as well."""
    told = _kept(step, x, each=each)
    if learns(step.make()):
        return told
    odd = _kept(step, _odd(x), each=each).traits
    return replace(told, traits={name: value and odd[name] for name, value in told.traits.items() if name in odd})


def _odd(x: Array) -> Array:
    """Return skewed data with ties and an outlier."""
    odd = x**3
    odd[1::2] = odd[::2]
    odd[0] *= 100
    return odd


def _kept(step: Preprocessor, x: Array, *, each: bool) -> Shown:
    """Return the promises that the data `x` show to be kept."""
    fitted = step.fit(x)
    before, after = _variances(step, x, each=each)
    ddof, line = _divisor(len(x), before, after)
    under, beside = (tried(_softened, step, ddof, each=each)[0] if line else None) or (None, 0.0)
    found = _moments(fitted.transform(x), ddof)
    if line and not under and not beside and _is_softened(*_rests(len(x), before, after, ddof), before):
        return Shown({"centers": found["centers"]}, ddof)
    if line and (each or under or beside):
        found |= {"scales": each, "whitens": not each}
    matrix = fitted.matrix(x)
    square = found["whitens"] and matrix.shape[0] == matrix.shape[1]
    found["symmetric"] = bool(square and np.allclose(matrix, matrix.T, atol=1e-8))
    turned = any(_is_turn(matrix * x.std(axis=0, ddof=d)[:, None]) for d in (0, 1)) and not _is_turn(matrix)
    return Shown(found | ({"eps": under} if under else {}), ddof, beside, standardizes=turned)


def _is_turn(matrix: Array) -> bool:
    """Say whether the columns are orthonormal."""
    return bool(np.allclose(matrix.T @ matrix, np.eye(matrix.shape[1]), atol=1e-8))


def _moments(z: Array, ddof: int) -> dict[str, Any]:
    """Return what the mean and the covariance of an output show."""
    variance, covariance = z.var(axis=0), _covariance(z)
    spread = np.sqrt(np.outer(variance, variance))
    apart = np.abs(covariance - np.diag(variance)) / np.maximum(spread, np.finfo(float).tiny)
    scales = bool(np.abs(z.var(axis=0, ddof=ddof) - 1).max() < 1e-2)
    decorrelates = bool(len(variance) > 1 and variance.all() and apart.max() < 1e-6)
    centers = bool(np.abs(z.mean(axis=0)).max() < 1e-6 * np.sqrt(variance.max()))
    return {"centers": centers, "scales": scales, "decorrelates": decorrelates, "whitens": scales and decorrelates}


def _covariance(z: Array) -> Array:
    return np.asarray(np.cov(z.T, ddof=0)).reshape(z.shape[1], -1)


def _variances(step: Preprocessor, x: Array, *, each: bool) -> tuple[Array, Array]:
    """Return the variances of the data and those of the output: of features, or along principal directions."""
    z = step.fit(x).transform(x)
    if each:
        return x.var(axis=0), z.var(axis=0)
    before, after = (np.linalg.eigvalsh(_covariance(data))[::-1] for data in (x, z))
    return before[: len(after)], after[: len(before)]


def _divisor(count: int, before: Array, after: Array) -> tuple[int, bool]:
    """Return d of the line, and whether there is one, for variances or for deviations."""
    misfits = []
    for ddof in (0, 1):
        rests = _rests(count, before, after, ddof)
        sizes = (before, np.sqrt(before))
        misfits.append(min(float(np.ptp(rest) / np.ptp(size)) for rest, size in zip(rests, sizes, strict=True)))
    ddof = int(misfits[1] < misfits[0])
    return ddof, misfits[ddof] < 1e-3


def _rests(count: int, before: Array, after: Array, ddof: int) -> tuple[Array, Array]:
    """Return what is added to the variances, and to the deviations, before they divide."""
    whole = before * count / (count - ddof)
    return before / after - whole, np.sqrt(before / after) - np.sqrt(whole)


def _softened(step: Preprocessor, ddof: int, *, each: bool) -> tuple[float | None, float]:
    """Return the eps under the root of the variance, or None, and what is added to the deviation: s / (s + e)."""
    found = []
    for size, count in SPREADS:
        x = size * np.random.default_rng(0).standard_normal((count, max(4, step.narrowest)))
        found.append([float(np.mean(rest)) for rest in _rests(count, *_variances(step, x, each=each), ddof)])
    room = ROUNDED * np.finfo(step.fit(x).transform(x).dtype).eps * np.array([size**2, size])
    under, beside = ((a, abs(a - b) <= 0.02 * abs(b) + c) for a, b, c in zip(*found, room, strict=True))
    if not beside[0] > SEEN * SPREADS[0][0]:
        return None, 0.0
    if beside[1]:
        return None, _typed(beside[0])
    return (_typed(under[0]) if under[1] else None), 0.0


def _is_softened(under: Array, beside: Array, before: Array) -> bool:
    """Say whether one number is added to all variances, or to all deviations."""
    rests = ((under, before), (beside, np.sqrt(before)))
    return any(rest.mean() > HIDDEN * size.mean() and np.ptp(rest) < 0.02 * rest.mean() for rest, size in rests)


def _typed(value: float) -> float:
    """Return a measured number in as few digits as were typed, three at least."""
    rounded = (float(f"{value:.{digits}g}") for digits in range(3, 18))
    return next(one for one in rounded if np.isclose(one, value, rtol=1e-5, atol=0.0))


def _interval(step: Preprocessor, x: Array, z: Array) -> tuple[float, float] | None:
    """Return what every feature fills, if the step stretches each onto one interval."""
    if not learns(step.make()) or z.shape != x.shape:
        return None
    fitted, ends = step.fit(x), np.stack([z.min(axis=0), z.max(axis=0)])
    middle = fitted.transform((x + x[::-1]) / 2)
    one = bool(np.abs(np.ptp(ends, axis=1)).max() < 1e-9 * np.abs(ends).max())
    affine = bool(np.allclose(middle, (z + z[::-1]) / 2, atol=1e-9))
    return (float(np.round(ends[0, 0], 9)), float(np.round(ends[1, 0], 9))) if one and affine else None
