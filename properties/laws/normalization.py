r"""Laws of normalizations in training: what the statistics of the batch promise.

Rounding. The mean of n numbers up to M is off by n ulps of M, hence so is every deviation, and the normalized value
by \ :math:`n \varepsilon M / \sqrt{v + \epsilon}`: large where the offset is large and the spread small. Every
tolerance below is a few units of that.
"""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._case import Case
from .._expect import epsilon, expect, largest
from .._registry import declares
from ..adapters._instance import Instance
from ..adapters.normalization import Array, Normalization
from ..strategies import choice, images, tensors, upstreams

ULPS = 16
CONSTANTS = (0.0, 1.0, -3.0, 1e4, -1e8)


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean and variance of a batch, and ``room``: what rounding may do to a normalized value."""

    mean: Array
    variance: Array
    room: Array

    @classmethod
    def of(cls, x: Array, axes: tuple[int, ...], eps: float) -> Moments:
        """Return the moments of `x` over `axes`, in two passes."""
        mean = x.mean(axis=axes, keepdims=True)
        variance = ((x - mean) ** 2).mean(axis=axes, keepdims=True)
        count = np.prod([x.shape[axis] for axis in axes])
        size = largest(x, axes) / _root(variance, eps)
        return cls(mean, variance, ULPS * epsilon(x) * count * (size + 1))


@declares("GC201", "zero mean", "normalization", claims=("B-UNIT", "B-WHERE"))
def zero_mean(norm: Normalization, case: Case) -> None:
    """After scale and shift are undone, every feature of the batch has mean 0.

    The sum of deviations from the mean is 0 by definition; only rounding is left.

    The usual mistake is a mean over the wrong axis.
    """
    x = norm.batch(case)
    _idle_if_centred(case, x, norm)
    layer = _shaken(norm, case)
    axes = norm.axes(x)
    moments = Moments.of(x, axes, norm.eps)
    mean = layer.plain(x).mean(axis=axes, keepdims=True)
    expect(mean, "the mean of the output").within(0.0, allowed=moments.room + _undoing(layer, x, axes))


@declares("GC202", "variance var / (var + eps)", "normalization", traits=("eps",), claims=("B-UNIT",))
def unit_variance(norm: Normalization, case: Case) -> None:
    """After scale and shift are undone, every feature has variance var / (var + eps), and not 1.

    eps keeps constant features finite, and is felt wherever the variance of the batch is not much larger.

    The usual mistakes are eps added to the standard deviation, and the divisor n - 1.
    """
    x = norm.batch(case)
    layer = _shaken(norm, case)
    axes = norm.axes(x)
    moments = Moments.of(x, axes, norm.eps)
    spread = layer.plain(x).var(axis=axes, keepdims=True)
    target = moments.variance / np.maximum(moments.variance + norm.eps, np.finfo(float).tiny)
    if not target.any():
        case.idle("every feature was constant")
    room = moments.room + _undoing(layer, x, axes)
    expect(spread, "the variance of the output").within(target, allowed=4 * room + room**2)


@declares("GC203", "a shift of the input changes nothing", "normalization", claims=("B-WHERE", "B-UNIT"))
def shift_invariance(norm: Normalization, case: Case) -> None:
    """Adding a constant to a feature leaves the output unchanged.

    This is why a bias before a normalization has no effect, and no gradient.

    The usual mistake is a variance taken as the mean square, without the mean being subtracted.
    """
    x, shift = norm.batch(case), float(case.pick("shift", choice((1.0, -7.0, 0.1, 1e4))))
    axes = norm.axes(x)
    first, second = norm.fresh().forward(x), norm.fresh().forward(x + shift)
    room = Moments.of(x, axes, norm.eps).room + Moments.of(x + shift, axes, norm.eps).room
    expect(second, f"the output for x + {shift:g}").within(first, allowed=2 * room * _scale(norm, x))


@declares(
    "GC204",
    "a scale of the input changes only the weight of eps",
    "normalization",
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
    axes = norm.axes(x)
    moments, wide = Moments.of(x, axes, norm.eps), Moments.of(a * x, axes, norm.eps)
    ratio = a * _root(moments.variance, norm.eps) / _root(wide.variance, norm.eps)
    target = norm.fresh().plain(x) * ratio
    room = moments.room * ratio + wide.room
    expect(norm.fresh().plain(a * x), f"the output for {a:g} x").within(target, allowed=2 * room)


@declares(
    "GC207",
    "its gradient has no part that could not matter",
    "normalization",
    needs=("backward",),
    traits=("eps",),
    claims=("B-GRAD", "B-WHERE"),
)
def annihilators(norm: Normalization, case: Case) -> None:
    r"""Per feature, the gradient sums to 0, and against x-hat to what eps leaves.

    Shifting a feature changes nothing, so that no gradient points that way: sum(dx) = 0. Scaling it changes only the
    weight of eps: sum(dx x̂) = eps/(v + eps) sum(g x̂)/s, where g is the upstream gradient times gamma.

    The usual mistake is a forgotten path through the mean (the first sum) or through the variance (the second).
    """
    x = norm.batch(case)
    layer = _shaken(norm, case)
    x_hat = layer.plain(x)
    upstream = case.array("upstream", upstreams(x.shape))
    if not upstream.any():
        case.idle("the upstream gradient was 0")
    dx, axes = layer.backward(upstream), norm.axes(x)
    moments = Moments.of(x, axes, norm.eps)
    g, root = upstream * layer.row(layer.scale, x), _root(moments.variance, norm.eps)
    size = np.abs(g).sum(axis=axes, keepdims=True) / root
    room = 4 * moments.room * size * x.shape[0] + _undoing(layer, x, axes) * size * x.shape[0]
    expect(dx.sum(axis=axes, keepdims=True), "sum(dx)").within(0.0, allowed=room)
    left = norm.eps / root**2 * (g * x_hat).sum(axis=axes, keepdims=True) / root
    expect((dx * x_hat).sum(axis=axes, keepdims=True), "sum(dx x̂)").within(
        left, allowed=4 * room * (1 + moments.room)
    )


@declares("GC208", "constant features stay finite", "normalization", needs=("batch",), effort=0.4, claims=("B-UNIT",))
def constant_feature(norm: Normalization, case: Case) -> None:
    """A feature with the same value in every example comes out as the shift, and its gradient is finite.

    Its variance is 0, and eps is all that stands under the root.

    The usual mistake is eps outside the root, or none.
    """
    x, value = norm.batch(case, scales=(1.0, 0.1)), float(case.pick("constant", choice(CONSTANTS)))
    x[:, 0] = value
    layer = _shaken(norm, case)
    y = layer.forward(x)
    expect(y, "the output").finite()
    room = Moments.of(x, norm.axes(x), norm.eps).room * np.abs(layer.row(layer.scale, x))
    expect(y[:, 0], "the constant feature").within(layer.row(layer.shift, x)[0, 0], allowed=2 * room[:, 0])
    if "backward" in norm.abilities:
        expect(layer.backward(np.ones_like(x)), "the gradient").finite()


@declares("GC209", "a batch of one stays finite", "normalization", effort=0.2)
def batch_of_one(norm: Normalization, case: Case) -> None:
    """A single example gives a finite output and gradient, or is refused with a sentence.

    Its variance over the batch is 0; the divisor n - 1 would be as well.

    The usual mistake is 0/0 in the running variance, found much later at test time.
    """
    x = case.array("x", tensors((1, norm.width), structures=("dense", "exact zeros")))
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
    bare, layer = norm.fresh(), _shaken(norm, case)
    bare.scale, bare.shift = np.ones_like(bare.scale), np.zeros_like(bare.shift)
    target = bare.forward(x) * layer.row(layer.scale, x) + layer.row(layer.shift, x)
    # gamma/s x + (beta - gamma/s mean), as one may well compute it, rounds like a normalized value.
    room = Moments.of(x, norm.axes(x), norm.eps).room * np.abs(layer.row(layer.scale, x))
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
    moments = Moments.of(x, norm.axes(x), norm.eps)
    layer = norm.fresh()
    root = _root(moments.variance, norm.eps)
    layer.scale, layer.shift = root, moments.mean
    expect(layer.forward(x), "the output").within(x, allowed=2 * moments.room * root)


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
    rows = np.moveaxis(x, 1, -1).reshape(-1, norm.width)
    target = norm.fresh().forward(rows).reshape(*np.moveaxis(x, 1, -1).shape)
    room = Moments.of(rows, (0,), norm.eps).room * np.abs(_scale(norm, rows))
    expect(np.moveaxis(norm.fresh().forward(x), 1, -1), "the output").within(target, allowed=2 * room)


def _shaken(norm: Normalization, case: Case) -> Instance:
    layer = norm.fresh()
    layer.shake(case.generator(case.pick("parameters", choice((0, 1, 2, 3)))))
    return layer


def _idle_if_centred(case: Case, x: Array, norm: Normalization) -> None:
    if not x.any():
        case.idle(f"everything was 0, whatever the axis {norm.axes(x)}")


def _root(variance: Array, eps: float) -> Array:
    return np.asarray(np.sqrt(np.maximum(variance + eps, np.finfo(float).tiny)))


def _scale(norm: Normalization, x: Array) -> Array:
    layer = norm.fresh()
    return np.abs(layer.row(layer.scale, x)) + np.abs(layer.row(layer.shift, x))


def _undoing(layer: Instance, x: Array, axes: tuple[int, ...]) -> Array:
    """Return what undoing scale and shift rounds away: a few units of beta / gamma."""
    ratio = np.abs(layer.row(layer.shift, x) / layer.row(layer.scale, x))
    return np.asarray(ULPS * epsilon(x) * np.max(1 + ratio + 0 * np.abs(x), axis=axes, keepdims=True))
