"""Laws of normalizations at test time: running statistics, and the affine map that they make."""

from __future__ import annotations

import numpy as np

from .._case import Case
from .._expect import Violation, epsilon, expect, largest
from .._registry import declares
from ..adapters.normalization import Array, Normalization
from ..strategies import MILD

ULPS = 32
STEPS = 3
LONG = 4096


@declares(
    "GC205",
    "running statistics converge to the data's",
    "normalization",
    needs=("running", "batch", "weighs"),
    effort=0.1,
    claims=("B-RUN",),
)
def convergence(norm: Normalization, case: Case) -> None:
    """Fed the same batch again and again, the running mean becomes the mean of the batch, the variance its variance.

    What is left of the start after k batches is (1 - m)^k. Either divisor of the variance, n or n - 1, is right.

    The usual mistake is a running statistic of the normalized values.
    """
    m = norm.weight(1)
    if not 0 < m <= 1:
        raise Violation(f"the weight of a new batch is {m:.6g}, and not between 0 and 1")
    batch = norm.batch(case, min_rows=4, structures=MILD, scales=(1.0, 10.0))
    x = norm.rows(batch)
    layer, start = norm.fresh(), norm.fresh()
    steps = 1 if m == 1 else min(LONG, int(np.ceil(np.log(1e-6) / np.log(1 - m))))
    for _ in range(steps):
        layer.forward(batch)
    left = (1 - m) ** steps
    size = largest(x, 0)[0] + np.abs(start.mean)
    expect(layer.mean, "the running mean").within(x.mean(axis=0), allowed=4 * left * size + _drift(m, x) * size)
    biased = x.var(axis=0)
    room = 4 * left * (biased + np.abs(start.variance)) + _drift(m, x) * largest(x, 0)[0] ** 2
    expect(layer.variance, "the running variance").within(_nearer(layer.variance, biased, len(x)), allowed=room)


@declares(
    "GC206",
    "running statistics follow the momentum law",
    "normalization",
    needs=("running", "batch", "weighs"),
    effort=0.5,
    claims=("B-RUN",),
)
def momentum_law(norm: Normalization, case: Case) -> None:
    """After every batch r <- (1 - m) r + m s, for the mean and for the variance, with one and the same m.

    Some count m the other way round; the weight of the new batch is what is meant here. One above 1/2 averages over
    hardly anything, and has to be declared. Where the statistics are those of all batches so far, m is 1/k at the
    k-th.

    The usual mistake is a momentum applied to the wrong one of the two, or an update in test mode only.
    """
    layer, m = norm.fresh(), norm.weight(1)
    if norm.forgetful:
        raise Violation(
            f"a new batch has the weight {m:.6g}, more than all the past together; if that is meant, declare "
            f"traits={{'momentum': {m:.6g}}}",
            value=m,
        )
    for step in range(STEPS):
        batch = norm.batch(case, f"x{step}", structures=MILD, scales=(1.0, 10.0))
        x, mean, variance = norm.rows(batch), layer.mean, layer.variance
        unit, m = ULPS * epsilon(x) * len(x), norm.weight(step + 1)
        layer.forward(batch)
        target, size = (1 - m) * mean + m * x.mean(axis=0), largest(x, 0)[0] + np.abs(mean)
        expect(layer.mean, "the running mean").within(target, allowed=unit * size)
        candidates = (1 - m) * variance + m * np.stack([x.var(axis=0), x.var(axis=0, ddof=1)])
        nearest = np.where(_first_is_nearer(layer.variance, candidates), *candidates)
        spread = largest(x, 0)[0] ** 2 + np.abs(variance)
        expect(layer.variance, "the running variance").within(nearest, allowed=unit * spread)


@declares(
    "GC221",
    "backward leaves the running statistics alone",
    "normalization",
    needs=("running", "backward"),
    effort=0.2,
    claims=("B-RUN",),
)
def backward_is_pure(norm: Normalization, case: Case) -> None:
    """In training a backward leaves the running statistics as its forward has left them.

    They are means over batches, and a gradient is no further batch: it may be asked for twice, or not at all.

    The usual mistake is a backward that calls forward again, to have its statistics once more.
    """
    layer, x = norm.fresh(), norm.batch(case)
    layer.forward(x)
    mean, variance = layer.mean, layer.variance
    layer.backward(case.generator(1).standard_normal(x.shape))
    expect(layer.mean, "the running mean after backward").identical(mean)
    expect(layer.variance, "the running variance after backward").identical(variance)


@declares(
    "GC212",
    "at test time examples do not know of each other",
    "normalization",
    needs=("test mode",),
    effort=0.5,
    claims=("B-TEST",),
)
def row_independence(norm: Normalization, case: Case) -> None:
    """In test mode the output of one example does not depend on which others are in the batch.

    A prediction must not change with its company.

    The usual mistake is a forward that uses the statistics of the batch in both modes.
    """
    layer, x = norm.trained(case), norm.batch(case)
    whole = layer.forward(x)
    alone = np.concatenate([layer.forward(row[None]) for row in x])
    expect(alone, "the output of an example on its own").close_to(whole, scale=_size(layer_output=whole), ulps=ULPS)


@declares(
    "GC213", "at test time nothing changes", "normalization", needs=("test mode",), effort=0.5, claims=("B-TEST",)
)
def test_mode_is_pure(norm: Normalization, case: Case) -> None:
    """In test mode a call leaves the running statistics as they are, and the next call says the same.

    Otherwise the result depends on how often the net was asked.

    The usual mistake is an update of the running statistics outside the branch for training.
    """
    layer, x = norm.trained(case), norm.batch(case)
    mean, variance = layer.mean, layer.variance
    first = layer.forward(x)
    expect(layer.mean, "the running mean after a test").identical(mean)
    expect(layer.variance, "the running variance after a test").identical(variance)
    expect(layer.forward(x), "the second output").identical(first)


@declares(
    "GC214",
    "at test time it is an affine map",
    "normalization",
    needs=("test mode", "running"),
    traits=("eps",),
    effort=0.5,
    claims=("B-TEST",),
)
def affine_map(norm: Normalization, case: Case) -> None:
    """In test mode the output is gamma (x - running mean) / sqrt(running variance + eps) + beta.

    It can be folded into the layer before it.

    The usual mistake is a standard deviation kept as the variance, or eps left out at test time.
    """
    layer, x = norm.trained(case), norm.batch(case)
    slope = layer.row(layer.scale, x) / np.sqrt(layer.row(layer.variance, x) + norm.eps)
    target = slope * (x - layer.row(layer.mean, x)) + layer.row(layer.shift, x)
    size = np.abs(slope) * (np.abs(x) + np.abs(layer.row(layer.mean, x))) + np.abs(layer.row(layer.shift, x))
    expect(layer.forward(x), "the output").close_to(target, scale=size, ulps=ULPS)


def _size(*, layer_output: Array) -> Array:
    size = np.abs(layer_output)
    return np.asarray(size + size.max(initial=0.0))


def _drift(m: float, x: Array) -> float:
    """Return the rounding that a running sum settles at: each step adds one unit, and forgets a share m."""
    return ULPS * len(x) * epsilon(x) / max(m, 1e-3)


def _first_is_nearer(value: Array, candidates: Array) -> Array:
    return np.asarray(np.abs(value - candidates[0]) <= np.abs(value - candidates[1]))


def _nearer(value: Array, biased: Array, count: int) -> Array:
    candidates = np.stack([biased, biased * count / max(count - 1, 1)])
    return np.asarray(np.where(_first_is_nearer(value, candidates), *candidates))
