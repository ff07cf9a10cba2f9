r"""Laws of normalizations about the gradient: the directions in which it has no part, and who is in it.

With x̂ the normalized value, s its root of variance plus eps, and g the upstream gradient times gamma, per set that
shares statistics:

.. math:: \sum dx = 0, \qquad \sum dx \, \hat x = \frac{\epsilon}{s^2} \sum \frac{g \hat x}{s}, \qquad
          \langle W, dW \rangle = \sum \frac{\epsilon}{s^2} \, g \hat x \quad (x = h W)

The last is the second times s: moving the weights along themselves scales what is normalized.
"""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import numpy as np

from .._case import Case
from .._expect import epsilon, expect
from .._registry import declares
from ..adapters._instance import Instance
from ..adapters.normalization import Array, Normalization
from ..strategies import MILD, choice, upstreams
from ._batch import ULPS, Moments, shaken, undoing

FAN_IN = 4


@declares(
    "GC207",
    "its gradient has no part that could not matter",
    "normalization",
    needs=("backward", "sets"),
    traits=("eps",),
    claims=("B-GRAD", "B-WHERE"),
)
def annihilators(norm: Normalization, case: Case) -> None:
    r"""Per feature, or whatever shares statistics, the gradient sums to 0, and against x-hat to what eps leaves.

    Where the mean is removed a shift changes nothing, so that no gradient points that way: sum(dx) = 0. A scale
    changes only the weight of eps: sum(dx x̂) = eps/(v + eps) sum(g x̂)/s, with g the upstream gradient times gamma.

    The usual mistake is a forgotten path through the mean (the first sum) or through the variance (the second).
    """
    x = norm.batch(case)
    layer = shaken(norm, case)
    x_hat, moments = layer.plain(x), Moments.of(x, norm)
    upstream, g = _upstream(layer, x, case)
    dx = layer.backward(upstream)
    size = norm.over(np.sum, np.abs(g)) / moments.root
    room = (4 * moments.room + undoing(layer, x, norm)) * size * norm.count(x)
    if "centered" in norm.abilities:
        expect(norm.over(np.sum, dx), "sum(dx)").within(0.0, allowed=room)
    left = norm.eps / moments.root**3 * norm.over(np.sum, g * x_hat)
    expect(norm.over(np.sum, dx * x_hat), "sum(dx x̂)").within(left, allowed=4 * room * (1 + moments.room))


@declares(
    "GC218",
    "the weights before it get a gradient at right angles",
    "normalization",
    needs=("backward", "sets"),
    traits=("eps",),
    effort=0.4,
    claims=("B-FLOW",),
)
def orthogonal_to_weights(norm: Normalization, case: Case) -> None:
    r"""Behind weights W without a bias, the gradient of W is orthogonal to W, up to the weight of eps.

    W and a W give the same output, so that no gradient points along W: a step changes its direction, and its length
    only grows. Exactly: sum(W dW) = sum(eps/(v + eps) g x̂).

    The usual mistake is statistics that are taken for constants in backward.
    """
    rng = case.generator(case.pick("weights", choice(tuple(range(20)))))
    h, w = rng.standard_normal((6, *norm.shape(6)[2:], FAN_IN)), rng.standard_normal((FAN_IN, norm.width))
    h, w = h.astype(norm.dtype), w.astype(norm.dtype)
    x = np.moveaxis(h @ w, -1, 1)
    layer = shaken(norm, case)
    x_hat, moments = layer.plain(x), Moments.of(x, norm)
    upstream, g = _upstream(layer, x, case)
    dw = np.tensordot(h, np.moveaxis(layer.backward(upstream), 1, -1), axes=(range(h.ndim - 1), range(h.ndim - 1)))
    left = (norm.eps / moments.root**2 * g * x_hat).sum()
    room = moments.room.max() * (np.abs(g) * np.abs(x) / moments.root).sum() * np.abs(x_hat).max() * norm.count(x)
    rounding = ULPS * epsilon(x) * np.abs(w * dw).sum()
    expect((w * dw).sum(), "sum(W dW)").within(left, allowed=4 * room + rounding)


@declares(
    "GC219",
    "an example does not know of the others",
    "normalization",
    needs=("by example",),
    effort=0.4,
)
def by_example(norm: Normalization, case: Case) -> None:
    """Where each example is normalized by itself, its output is the same on its own and in any batch.

    This is what such a normalization is chosen for: small batches, and no running statistics.

    The usual mistake is one axis too many in the mean or in the variance.
    """
    x = norm.batch(case)
    whole = norm.fresh().forward(x)
    alone = np.concatenate([norm.fresh().forward(row[None]) for row in x])
    room = Moments.of(x, norm).room
    expect(alone, "the output of an example on its own").within(whole, allowed=room * (1 + np.abs(whole)))


@declares(
    "GC220",
    "a group does not know of the others",
    "normalization",
    needs=("parts",),
    effort=0.4,
)
def by_part(norm: Normalization, case: Case) -> None:
    """Changing one group of channels, or one channel, leaves the output of the others as it is, and changes its own.

    Groups are neighbouring channels.

    The usual mistake is a reshape that gathers every k-th channel, or all of them.
    """
    x, parts = norm.batch(case, structures=MILD), norm.traits.groups or norm.width
    size, part = norm.width // parts, int(case.pick("part", choice(tuple(range(parts)))))
    moved, mine = x.copy(), slice(part * size, (part + 1) * size)
    moved[:, mine] = 3.0 * moved[::-1, mine] ** 2 + case.generator(2).standard_normal(moved[:, mine].shape)
    here, there = norm.fresh().forward(x), norm.fresh().forward(moved)
    room = Moments.of(x, norm).room * (1 + np.abs(here))
    others = np.delete(np.arange(norm.width), mine)
    expect(there[:, others], "the output of the other channels").within(here[:, others], allowed=room[:, others])


def _upstream(layer: Instance, x: Array, case: Case) -> tuple[Array, Array]:
    """Return a gradient from above, as it is and times gamma."""
    upstream = case.array("upstream", upstreams(x.shape))
    if not upstream.any():
        case.idle("the upstream gradient was 0")
    return upstream, upstream * layer.row(layer.scale, x)
