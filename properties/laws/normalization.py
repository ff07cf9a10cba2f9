"""Laws of normalizations in training: what the statistics of the batch, or of each example, promise."""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import numpy as np

from .._case import Case
from .._expect import epsilon, expect
from .._registry import declares
from ..adapters.normalization import Array, Normalization
from ..strategies import choice, images, tensors
from ._batch import ULPS, Moments, shaken, undoing

CONSTANTS = (0.0, 1.0, -3.0, 1e4, -1e8)


@declares("GC201", "zero mean", "normalization", needs=("centered",), claims=("B-UNIT", "B-WHERE"))
def zero_mean(norm: Normalization, case: Case) -> None:
    """After scale and shift are undone, what shares a mean has mean 0: every feature of the batch, or every example.

    The sum of deviations from the mean is 0 by definition; only rounding is left.

    The usual mistake is a mean over the wrong axis.
    """
    x = norm.batch(case)
    if not x.any():
        case.idle("everything was 0, whatever the axis")
    layer = shaken(norm, case)
    mean = norm.over(np.mean, layer.plain(x))
    room = Moments.of(x, norm).room + undoing(layer, x, norm)
    expect(mean, "the mean of the output").within(0.0, allowed=room)


@declares(
    "GC202", "variance var / (var + eps)", "normalization", needs=("sets",), traits=("eps",), claims=("B-UNIT",)
)
def unit_variance(norm: Normalization, case: Case) -> None:
    """After scale and shift are undone, what shares a variance has var / (var + eps), and not 1.

    Where the mean is left alone, the same holds of the mean square; of rows of length 1, of the sum of squares.

    eps keeps constant features finite, and is felt wherever the variance of the batch is not much larger.

    The usual mistakes are eps added to the standard deviation, and the divisor n - 1.
    """
    x = norm.batch(case)
    layer = shaken(norm, case)
    moments, z = Moments.of(x, norm), layer.plain(x)
    spread = norm.square(z - norm.over(np.mean, z) * ("centered" in norm.abilities))
    target = moments.variance / moments.root**2
    if not target.any():
        case.idle("every feature was constant")
    room = moments.room + undoing(layer, x, norm)
    expect(spread, "the variance of the output").within(target, allowed=4 * room + room**2)


@declares(
    "GC203",
    "a shift of the input changes nothing",
    "normalization",
    needs=("centered",),
    claims=("B-WHERE", "B-UNIT"),
)
def shift_invariance(norm: Normalization, case: Case) -> None:
    """Adding a constant to a feature leaves the output unchanged.

    This is why a bias before a normalization has no effect, and no gradient.

    The usual mistake is a variance taken as the mean square, without the mean being subtracted.
    """
    x, shift = norm.batch(case), float(case.pick("shift", choice((1.0, -7.0, 0.1, 1e4))))
    first, second = norm.fresh().forward(x), norm.fresh().forward(x + shift)
    room = Moments.of(x, norm).room + Moments.of(x + shift, norm).room
    expect(second, f"the output for x + {shift:g}").within(first, allowed=2 * room * _scale(norm, x))


@declares(
    "GC204",
    "a scale of the input changes only the weight of eps",
    "normalization",
    needs=("sets",),
    traits=("eps",),
    claims=("B-FLOW",),
)
def scale_invariance(norm: Normalization, case: Case) -> None:
    """Multiplying a feature by a > 0 leaves the output unchanged, up to the weight of eps.

    Exactly: the output for a x is that for x times a sqrt(v + eps) / sqrt(a² v + eps). A net with normalization is
    insensitive to the scale of its weights for this reason.

    The usual mistake is a division by the variance in place of its root.
    """
    x, a = norm.batch(case), float(case.pick("a", choice((2.0, 0.5, 100.0, 1e-2, 3.0))))
    moments, wide = Moments.of(x, norm), Moments.of(a * x, norm)
    ratio = a * moments.root / wide.root
    target = norm.fresh().plain(x) * ratio
    room = moments.room * ratio + wide.room
    expect(norm.fresh().plain(a * x), f"the output for {a:g} x").within(target, allowed=2 * room)


@declares("GC208", "constant features stay finite", "normalization", needs=("batch",), effort=0.4, claims=("B-UNIT",))
def constant_feature(norm: Normalization, case: Case) -> None:
    """A feature with the same value in every example comes out as the shift, and its gradient is finite.

    Its variance is 0, and eps is all that stands under the root.

    The usual mistake is eps outside the root, or none.
    """
    x, value = norm.batch(case, scales=(1.0, 0.1)), float(case.pick("constant", choice(CONSTANTS)))
    x[:, 0] = value
    layer = shaken(norm, case)
    y = layer.forward(x)
    expect(y, "the output").finite()
    room = Moments.of(x, norm).room * np.abs(layer.row(layer.scale, x))
    expect(y[:, 0], "the constant feature").within(layer.row(layer.shift, x)[0, 0], allowed=2 * room[:, 0])
    if "backward" in norm.abilities:
        expect(layer.backward(np.ones_like(x)), "the gradient").finite()


@declares("GC209", "a batch of one stays finite", "normalization", effort=0.2)
def batch_of_one(norm: Normalization, case: Case) -> None:
    """A single example gives a finite output and gradient, or is refused with a sentence.

    Its variance over the batch is 0; the divisor n - 1 would be as well.

    The usual mistake is 0/0 in the running variance, found much later at test time.
    """
    x = case.array("x", tensors(norm.shape(1), structures=("dense", "exact zeros")))
    layer = norm.fresh()
    try:
        y = layer.forward(x)
    except ValueError as refusal:
        case.state("a batch of one", f"refused: {refusal}")
        return
    expect(y, "the output").finite()
    if "backward" in norm.abilities:
        expect(layer.backward(np.ones_like(x)), "the gradient").finite()
    expect(layer.mean, "the running mean").finite()
    expect(layer.variance, "the running variance").finite()


@declares("GC210", "gamma scales and beta shifts", "normalization", needs=("affine",), claims=("B-UNIT",))
def scale_and_shift(norm: Normalization, case: Case) -> None:
    """The output is gamma times the normalized value plus beta, feature by feature.

    Compared with the same layer whose gamma is 1 and beta is 0.

    The usual mistake is gamma applied along the batch, which a square batch does not show.
    """
    x = norm.batch(case)
    bare, layer = norm.fresh(), shaken(norm, case)
    bare.scale, bare.shift = np.ones_like(bare.scale), np.zeros_like(bare.shift)
    target = bare.forward(x) * layer.row(layer.scale, x) + layer.row(layer.shift, x)
    # gamma/s x + (beta - gamma/s mean), as one may well compute it, rounds like a normalized value.
    room = Moments.of(x, norm).room * np.abs(layer.row(layer.scale, x))
    size = np.abs(target) + np.abs(layer.row(layer.shift, x))
    expect(layer.forward(x), "the output").within(target, allowed=room + ULPS * epsilon(x) * size)


@declares(
    "GC211",
    "gamma and beta can undo it",
    "normalization",
    needs=("affine", "batch"),
    traits=("eps",),
    claims=("B-IDENT",),
)
def identity(norm: Normalization, case: Case) -> None:
    """With gamma = sqrt(var + eps) and beta = mean the layer is the identity.

    So the net can learn to do without the normalization.

    The usual mistake is eps on one side only.
    """
    x = norm.batch(case)
    moments = Moments.of(x, norm)
    layer = norm.fresh()
    layer.scale, layer.shift = (norm.rows(moment)[0] for moment in (moments.root, moments.mean))
    expect(layer.forward(x), "the output").within(x, allowed=2 * moments.room * moments.root)


@declares(
    "GC215",
    "images share statistics over examples and positions",
    "normalization",
    needs=("images",),
    effort=0.4,
    claims=("B-CONV",),
)
def image_statistics(norm: Normalization, case: Case) -> None:
    """(N, C, H, W) has one mean and one standard deviation per channel, over examples and positions.

    The output is that of the positions laid out as a batch of shape (N H W, C).

    The usual mistake is a reshape without a transpose, which mixes the channels.
    """
    x = case.array("x", images(norm.width))
    rows = norm.rows(x)
    target = norm.fresh().forward(rows).reshape(*np.moveaxis(x, 1, -1).shape)
    room = Moments.of(rows, norm).room * np.abs(_scale(norm, rows))
    out = np.moveaxis(norm.fresh().forward(x), 1, -1)
    expect(out, "the output").within(target, allowed=2 * room.reshape(out.shape))


def _scale(norm: Normalization, x: Array) -> Array:
    layer = norm.fresh()
    return np.abs(layer.row(layer.scale, x)) + np.abs(layer.row(layer.shift, x))
