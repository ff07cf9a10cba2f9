r"""Laws of preprocessing: what a step promises of the data it was fitted to, and of all the data after.

Rounding. A linear map A takes the rounding of the mean, n ulps of the largest entry M, to n ε M \|A\| in each output;
solving for A from a covariance adds ε times the ratio of its eigenvalues. Where these leave nothing to be seen, the
example is counted as idle.
"""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .._case import Case
from .._expect import Violation, epsilon, expect, largest
from .._registry import declares
from ..adapters._fitted import Array, Fitted, Refused, learns
from ..adapters.preprocessor import ROTATABLE, Preprocessor
from ..strategies import MILD, choice
from ._scatter import with_scatter
from ._spectrum import BLURRED, ULPS, clear_spectrum, same_columns

NEARBY = 2.0**-20
"""Share of an input by which it is moved to see how steep a map is there."""

FAR = (0.0, 1.0, -3.0, 1e4, 1e8)


@declares("GC302", "fitting again gives the same", "preprocessor", needs=("fit",), effort=0.5, claims=("P-TRAIN",))
def refit(step: Preprocessor, case: Case) -> None:
    """A step that was fitted to other data first is, after a second fit, as good as new.

    The second fit replaces what the first one learned.

    The usual mistake is a statistic that accumulates over calls of fit.
    """
    x, other = step.data(case, structures=MILD), step.data(case, "other", structures=MILD)
    if x.shape[1:] != other.shape[1:]:
        other = step.inside(x[::-1] * 3.0 + 1.0)
    used = step.fit(other)
    used.learn(x)
    fresh = step.fit(x)
    target = fresh.transform(x)
    expect(used.transform(x), "the output after a second fit").within(target, allowed=rounding(fresh, x, target))


@declares("GC303", "the inverse undoes it", "preprocessor", needs=("inverse",), claims=("P-PCA",))
def round_trip(step: Preprocessor, case: Case) -> None:
    """What inverse_transform makes of transform(x) has the same transform; where nothing was dropped, it is x.

    The centre comes back as well as the scale. Bins have one output for many inputs, and drop what tells these apart.

    The usual mistake is to undo the two steps in the order in which they were done.
    """
    x = step.data(case, structures=ROTATABLE)
    room = 1.0
    if "table" in step.abilities:
        spectrum = clear_spectrum(x, step, case)
        room = 1 + float(np.sqrt(spectrum.values[0] / spectrum.values[spectrum.rank - 1]))
    fitted = step.fit(x)
    z = fitted.transform(x)
    back = fitted.inverse(z)
    size = largest(x) + largest(x - x.mean(axis=0))
    # Fewer outputs than features keep everything where they lie along the directions of the data.
    along = bool(step.traits.decorrelates or step.traits.whitens)
    if step.shown.lossless and (
        "table" not in step.abilities or z.shape[1] >= (spectrum.rank if along else x.shape[1])
    ):
        steep = _steepness(fitted.inverse, z) if "table" in step.abilities else 0.0
        expect(back, "inverse_transform(transform(x))").close_to(x, scale=size * room + steep, ulps=ULPS * len(x))
    again = fitted.transform(back)
    expect(again, "the second transform").within(z, allowed=room * rounding(fitted, x, z))


@declares(
    "GC304",
    "statistics come from the training data only",
    "preprocessor",
    needs=("fit",),
    claims=("P-TRAIN", "P-IMAGE"),
)
def train_only(step: Preprocessor, case: Case) -> None:
    """A test example is mapped the same way whatever else is in the test data, and the fit stays as it was.

    Otherwise the score on the test data says something about the test data's company.

    The usual mistake is a transform that computes its own mean.
    """
    x = step.data(case, structures=MILD)
    if not np.ptp(x, axis=0).any():
        case.idle("no feature varied")
    fitted = step.fit(x)
    before = fitted.transform(x)
    test = _beyond(x, step)
    whole = fitted.transform(test)
    some = [0, 1, -1, -2]
    alone = np.concatenate([fitted.transform(test[[k]]) for k in some])
    room = np.broadcast_to(rounding(fitted, test, whole), whole.shape)[some]
    # Where all of a kernel has faded, what is left is rounding of what it weighs among the training data.
    room = room + ULPS * epsilon(x) * len(x) * largest(before)
    room = with_scatter(room, alone - whole[some], fitted.transform, np.concatenate([test, x]))
    expect(alone, "a test example on its own").within(whole[some], allowed=room)
    expect(fitted.transform(x), "the training data, transformed again,").identical(before)


@declares(
    "GC306", "rank-deficient data stay finite", "preprocessor", needs=("table",), effort=0.5, claims=("P-WHITE",)
)
def rank_deficient(step: Preprocessor, case: Case) -> None:
    """Fewer examples than features, equal rows and collinear columns give finite output, or are refused.

    Their covariance is singular, and its zero eigenvalues must not be inverted.

    The usual mistake is a division by the square root of an eigenvalue that is 0, or slightly below.
    """
    poor = ("collinear columns", "duplicate rows", "constant column", "exact zeros")
    _finite_or_refused(step, case, case.array("x", step.tables(rows=(2, 6), structures=poor)))


@declares("GC307", "features may come in any order", "preprocessor", needs=("alike",), effort=0.5, claims=("P-NORM",))
def feature_order(step: Preprocessor, case: Case) -> None:
    """Permuting the features permutes the output: all are treated alike.

    A step without rotation does not mix features. Nothing is claimed of outputs that are no features, one for each.

    The usual mistake is the statistic of one feature applied to its neighbour, or to all of them.
    """
    x = step.data(case)
    if x.shape[1] < 2:
        case.idle("there was one feature")
    fitted = step.fit(x)
    z, turned = fitted.transform(x), step.fit(x[:, ::-1].copy()).transform(x[:, ::-1].copy())
    expect(turned[:, ::-1], "the output for permuted features").within(z, allowed=rounding(fitted, x, z))


@declares("GC308", "keeps the dtype", "preprocessor", effort=None)
def dtype_kept(step: Preprocessor, case: Case) -> None:
    """float32 in, float32 out; the same for float64.

    Statistics may be kept in double precision; the data should not become twice as large.

    The usual mistake is a float64 statistic that is an array: it widens whatever it meets.
    """
    shape = (12, 2, 3, 2) if step.image else (12, max(3, step.narrowest))
    for dtype in (np.float32, np.float64):
        x = step.inside(case.generator().standard_normal(shape) + 1).astype(dtype)
        z = step.fit(x).raw(x)
        if getattr(z, "dtype", x.dtype) != x.dtype:  # a list has none
            raise Violation(f"the output is {z.dtype} for an input of {x.dtype}")


@declares(
    "GC309", "zero mean", "preprocessor", traits=("centers",), claims=("P-CENTER", "P-NORM", "P-PCA", "P-IMAGE")
)
def zero_mean(step: Preprocessor, case: Case) -> None:
    """Every feature of the training data comes out with mean 0, to rounding, at any offset and scale.

    An offset of 1e8 costs eight digits of the data, and must not cost more.

    The usual mistake is a mean over all the entries, or over the features.
    """
    x = step.data(case, locs=FAR)
    if not x.any():
        case.idle("everything was 0")
    fitted = step.fit(x)
    z = fitted.transform(x)
    if not z.size:
        case.idle("every direction was dropped")
    mean = z.mean(axis=step.shown.axes)
    room = with_scatter(np.asarray(np.max(rounding(fitted, x, z))), mean, fitted.transform, x)
    expect(mean, "the mean of the output").within(0.0, allowed=float(np.max(room)))


@declares("GC312", "constant data and a single example stay finite", "preprocessor", effort=0.4, claims=("P-NORM",))
def constant_data(step: Preprocessor, case: Case) -> None:
    """Data without any variance give finite output, or are refused with a sentence.

    A single example has none, whatever its values.

    The usual mistake is 0/0.
    """
    rows = case.pick("rows", choice((1, 2, 5)))
    x = case.array("x", step.tables(rows=(1, 1), structures=("dense", "exact zeros"), locs=(1.0, 0.0, 1e8)))
    _finite_or_refused(step, case, np.repeat(x, rows, axis=0))


@declares(
    "GC314",
    "a shift of the data changes nothing",
    "preprocessor",
    traits=("centers",),
    needs=("featurewise",),
    effort=0.5,
    claims=("P-CENTER",),
)
def shift_invariance(step: Preprocessor, case: Case) -> None:
    """Adding a constant to the training data leaves their output unchanged.

    To rounding: at an offset of 1e8 the data themselves have lost eight digits.

    The usual mistake is a scale taken from the mean square in place of the variance.
    """
    x, shift = step.data(case, structures=MILD), float(case.pick("shift", choice((1.0, -7.0, 1e4, 1e8))))
    fitted, moved = step.fit(x), step.fit(x + shift)
    z, other = fitted.transform(x), moved.transform(x + shift)
    same_columns(z, x, case)
    same_columns(other, x, case)
    deviation, unit = np.sqrt(x.var(axis=0)), ULPS * epsilon(x) * len(x)
    clear = unit * (largest(x, 0)[0] + abs(shift)) < BLURRED * deviation
    if not clear.any():
        case.idle("no feature varied enough to survive the shift")
    room = rounding(fitted, x, z) + 2 * rounding(moved, x + shift, other)
    expect(other[:, clear], f"the output for x + {shift:g}").within(z[:, clear], allowed=np.max(room))


def _beyond(x: Array, step: Preprocessor) -> Array:
    """Return test data above and below `x`: what looks at its company may do so at one end alone."""
    if step.domain == "unit":
        return np.concatenate([(1.0 + x) / 2.0, x / 4.0])
    far, spread = largest(x) + 1.0, 2.0 * x[::-1]
    return np.concatenate([spread + far, spread - 4.0 * far if step.domain == "real" else x / 4.0])


def rounding(fitted: Fitted, x: Array, z: Array) -> Array:
    """Return what the rounding of the mean and of the map may do to an output."""
    size = largest(x)
    if not learns(fitted.step) and z.shape == x.shape:  # other data would be mapped by other statistics
        spread = np.maximum(np.ptp(x, axis=0), np.finfo(float).tiny)
        size = np.where(np.ptp(x, axis=0) > 0, np.ptp(z, axis=0) / spread, 1.0) * np.sum(largest(x, 0))
    elif x.ndim == 2:
        size = largest(fitted.matrix(x), 0) * np.sum(largest(x, 0)) + _steepness(fitted.transform, x)
    return np.asarray(ULPS * epsilon(x) * len(x) * (size + largest(z)))


def _steepness(call: Callable[[Array], Array], x: Array) -> Array:
    """Return how far each output goes where an entry of its row moves by the size of its column: a wave is steep."""
    sizes = NEARBY * np.where(largest(x, 0) > 0, largest(x, 0), 1.0)
    moved = x + sizes[0] * np.eye(x.shape[1])[:, None]
    rest, *out = np.split(call(np.concatenate([x, *moved])), x.shape[1] + 1)
    steep = np.sum([np.abs(one - rest) for one in out], axis=0) / NEARBY
    return np.where(np.isfinite(steep), steep, 0.0)


def _finite_or_refused(step: Preprocessor, case: Case, x: Array) -> None:
    try:
        z = step.fit(x).transform(x)
    except (Refused, ValueError) as refusal:
        said = " ".join(str(refusal.__cause__ if isinstance(refusal, Refused) else refusal).split())
        if not said:
            raise Violation(f"{type(refusal).__name__} without a sentence") from refusal
        case.state("refused", said[:120])
        return
    expect(z, "the output").finite()
