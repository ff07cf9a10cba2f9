r"""Laws of penalties, which pull weights towards 0.

.. math:: f(a w) = |a|^k f(w), \qquad \langle \nabla f(w), w \rangle = k f(w)
"""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import math

import numpy as np

from .._case import Case
from .._expect import Violation, expect, largest
from .._registry import declares
from ..adapters.regularizer import Array, Regularizer, units_of
from ..strategies import choice

ULPS = 64
EPS = float(np.finfo(float).eps)
SMOOTHED = 0.01
"""What sqrt(w² + ε) may leave at 0, beside weights of size 1."""
FACTORS = (2.0, -1.0, 0.5, -3.0, 100.0)


@declares("GC621", "grows with its power of the weights", "regularizer", traits=("degree",), claims=("R-L2", "R-L1"))
def homogeneous(penalty: Regularizer, case: Case) -> None:
    """f(a w) = |a|^k f(w): with k = 2 for L2, with k = 1 for L1. So a penalty has no scale of its own.

    And f(0) = 0, f(-w) = f(w).

    The usual mistake is a forgotten square, or a forgotten absolute value.
    """
    assert penalty.traits.degree is not None
    w, a = penalty.weights(case), float(case.pick("a", choice(FACTORS)))
    value = abs(a) ** penalty.traits.degree * penalty(w)
    expect(penalty(a * w), f"f({a:g} w)").close_to(value, scale=np.abs(value), ulps=ULPS * w.size)


@declares(
    "GC622",
    "gradient and penalty belong together",
    "regularizer",
    needs=("degree",),
    claims=("R-L2", "R-L1"),
)
def euler(penalty: Regularizer, case: Case) -> None:
    r"""The gradient times the weights is k times the penalty: <∇f, w> = k f(w), exactly.

    Euler's identity for a function of degree k; no differences are taken.

    The usual mistake is a factor 1/2 in the penalty that the gradient does not know of, or the reverse.
    """
    assert penalty.traits.degree is not None
    w = penalty.weights(case)
    if not w.any():
        case.idle("every weight was 0")
    value, slope = penalty(w), penalty.slope(w)
    target = penalty.traits.degree * value
    expect(np.sum(slope * w), "<gradient, w>").close_to(target, scale=np.abs(slope * w).sum(), ulps=ULPS * w.size)


@declares(
    "GC623",
    "never negative, 0 without weights, and even",
    "regularizer",
    needs=("penalty",),
    effort=0.5,
    claims=("R-L2", "R-L1", "R-EN"),
)
def even(penalty: Regularizer, case: Case) -> None:
    """f(w) >= 0, f(0) = 0 and f(-w) = f(w); the gradient at -w is minus that at w, and at 0 it is 0.

    A penalty asks for small weights, and has no opinion about their sign. One that weights near 0 lower, as
    |W'W - I|² and |w - 1|² are, asks for others than 0: it is not 0 there, and need not be even. A smooth stand-in
    for a norm may keep a hundredth of what weights of size 1 cost. On a kink, a norm of the whole may have any
    subgradient.

    The usual mistake is a sum of the weights in place of their sizes.
    """
    w = penalty.weights(case)
    value = penalty(w)
    expect(value, "the penalty").at_least(0.0)
    nothing, beside = penalty(0.0 * w), penalty.beside_zero(w.shape)
    if beside < nothing:
        expect(beside, "the penalty of small weights").at_least(0.0)
        if "gradient" in penalty.abilities:
            expect(penalty.slope(0.0 * w), "the gradient at 0").finite()
        return
    expect(penalty(-w), "the penalty of -w").close_to(value, scale=np.abs(value), ulps=ULPS)
    smooth = 0.0 if penalty.traits.degree is not None else SMOOTHED * max(penalty(z) for z in units_of(w.shape))
    expect(nothing, "the penalty of 0").within(0.0, allowed=smooth)
    if "gradient" in penalty.abilities:
        _odd(penalty, 0.0 * w, "0")
        _odd(penalty, w, "-w")


def _odd(penalty: Regularizer, w: Array, place: str) -> None:
    """Require the gradients at w and -w to be finite and opposite; both claim to be the one at w."""
    slope, other = penalty.slope(w), penalty.slope(-w)
    expect(slope, f"the gradient at {place.removeprefix('-')}").finite()
    if not _both_are_subgradients(penalty, w, slope + other):
        expect(other, f"the gradient at {place}").close_to(-slope, scale=np.abs(slope), ulps=ULPS)


def _both_are_subgradients(penalty: Regularizer, w: Array, d: Array) -> bool:
    """Say whether f bends along the difference d of two claims as much as their being subgradients asks for: by |d|².

    f'(w; d) + f'(w; -d) >= <g - h, d> = |d|² for subgradients g and h of a convex f, and 0 where f is smooth. Where
    each weight pays for itself, the gradient at 0 is 0 by convention.
    """
    size = float(np.linalg.norm(d))
    if penalty.traits.separable or not 0 < size < np.inf:
        return False
    t = 1e-6 * (float(largest(w)) or 1.0) / size
    bend = float(penalty(w + t * d) + penalty(w - t * d) - 2 * penalty(w)) / t
    return bend >= (1 - 1e-3) * size**2


@declares(
    "GC624",
    "a sum over the weights",
    "regularizer",
    needs=("penalty",),
    traits=("separable",),
    effort=0.5,
    claims=("R-L2", "R-L1", "R-EN"),
)
def separable(penalty: Regularizer, case: Case) -> None:
    """The penalty of two parts together is that of the one plus that of the other, and so are the gradients.

    Each weight pays for itself, whatever the layer it sits in.

    The usual mistake is a mean over the weights: a larger layer is then regularized less.
    """
    w = penalty.weights(case, shape=None if penalty.shape is None else penalty.shape)
    flat = w.reshape(1, -1)
    if flat.shape[1] < 2:
        case.idle("there was one weight")
    left, right = flat[:, :1].copy(), flat[:, 1:].copy()
    total = penalty(left) + penalty(right)
    expect(penalty(flat.copy()), "the penalty of both parts").close_to(total, scale=total, ulps=ULPS * w.size)
    if "gradient" in penalty.abilities:
        parts = np.concatenate([penalty.slope(left), penalty.slope(right)], axis=1)
        expect(penalty.slope(flat.copy()), "the gradient of both parts").close_to(
            parts, scale=np.abs(parts), ulps=ULPS
        )


@declares(
    "GC625",
    "proportional to its strength",
    "regularizer",
    needs=("strength",),
    effort=0.5,
    claims=("R-L2", "R-L1", "D-LOSS0"),
)
def strength(penalty: Regularizer, case: Case) -> None:
    """Twice the strength, twice the penalty and twice the gradient; raising it raises the loss.

    This is one of the first things to try on a new net: the loss must go up.

    The usual mistake is the strength in the penalty but not in its gradient, or squared.
    """
    w, a = penalty.weights(case), float(case.pick("strength", choice((1.0, 0.1, 3.0, 1e-4))))
    value = penalty(w)
    if not w.any():
        case.idle("every weight was 0")
    ratio = a / penalty.strength
    expect(penalty(w, a), f"the penalty of strength {a:g}").close_to(ratio * value, scale=ratio * value, ulps=ULPS)
    if "gradient" in penalty.abilities:
        slope = ratio * penalty.slope(w)
        scale = np.abs(slope) if penalty.traits.separable else largest(slope)
        expect(penalty.slope(w, a), f"the gradient of strength {a:g}").close_to(slope, scale=scale, ulps=ULPS)


@declares(
    "GC626", "prefers weights that are spread out", "regularizer", needs=("flat sum",), effort=0.5, claims=("R-L2",)
)
def spread(penalty: Regularizer, case: Case) -> None:
    """Of two sets of weights with the same sum, the more even one has the smaller penalty.

    So a unit listens a little to many inputs, and not to one alone.

    The usual mistake is the absolute value in place of the square: then both cost the same.
    """
    w = np.abs(penalty.weights(case))
    w[w == 0] = 0.25
    flat = w.reshape(-1)
    if np.ptp(flat) < 1e-6 * flat.max():
        case.idle("the weights were even already")
    level = np.full_like(w, flat.mean())
    gap = float(penalty(w) - penalty(level))
    # A quadratic penalty c |w|² differs by c times the sum of squared deviations.
    factor = float(penalty(level)) / float((level**2).sum())
    deviation = float(((w - level) ** 2).sum())
    size = float(penalty(w))
    expect(gap, "the penalty of the uneven weights beyond that of the even ones").within(
        factor * deviation, allowed=ULPS * w.size * EPS * size
    )
    expect(gap, "that difference").at_least(0.0, allowed=ULPS * w.size * EPS * size)


@declares(
    "GC627",
    "pulls every weight towards 0",
    "regularizer",
    needs=("gradient", "rises"),
    traits=("separable",),
    effort=0.5,
    claims=("R-L2", "R-L1", "R-EN"),
)
def towards_zero(penalty: Regularizer, case: Case) -> None:
    """The gradient has the sign of the weight: a step against it makes the weight smaller.

    At 0 there is nothing to pull. A penalty that weights near 0 lower pulls them elsewhere, and is not asked.

    The usual mistake is a sign, or the gradient of the penalty of another layer.
    """
    w = penalty.weights(case)
    slope = penalty.slope(w)
    if not w.any():
        case.idle("every weight was 0")
    expect(slope * np.sign(w), "the gradient along the weight").at_least(0.0)
    pulled = np.abs(slope[w != 0]) > 0
    if not pulled.all():
        raise Violation("a weight that is not 0 is not pulled at all")
    expect(np.where(w == 0, np.abs(slope), 0.0), "the pull at 0").at_most(penalty.strength)


@declares(
    "GC628",
    "brings weights to exactly 0",
    "regularizer",
    needs=("gradient",),
    traits=("sparse",),
    effort=0.5,
    claims=("R-L1",),
)
def exact_zeros(penalty: Regularizer, case: Case) -> None:
    """The pull does not fade near 0, so that steps that stop at 0 bring every weight there, and soon.

    A weight of size w, pulled with strength s and step h, arrives after w / (h s) steps. L2 never gets there: its
    pull fades with the weight.

    The usual mistake is a smooth stand-in for the absolute value, whose pull fades near 0.
    """
    w = penalty.weights(case, scales=(1.0, 0.1, 1e-3), locs=(0.0, 1.0))
    if not w.any():
        case.idle("every weight was 0")
    force = float(np.abs(penalty.slope(w)[w != 0]).min())
    h = float(largest(w)) / max(force, 1e-300) / 20
    for _ in range(math.ceil(20 * (1 + 1e-9)) + 1):
        step = w - h * penalty.slope(w)
        w = np.where(step * w > 0, step, 0.0)
    if w.any():
        raise Violation(
            f"after 21 steps of a twentieth, {np.count_nonzero(w)} weights are not 0, the largest {largest(w):.3g}",
            value=float(largest(w)),
            target=0.0,
        )


@declares(
    "GC629",
    "its gradient is linear in the weights",
    "regularizer",
    needs=("quadratic",),
    effort=0.5,
    claims=("R-L2",),
)
def linear_gradient(penalty: Regularizer, case: Case) -> None:
    """The gradient of a quadratic penalty at a w + v is a times that at w, plus that at v.

    A step of gradient descent therefore shrinks every weight by one factor: weight decay.

    The usual mistake is a sign function, or a norm in the denominator.
    """
    w = penalty.weights(case)
    v, a = penalty.weights(case, "v", w.shape), float(case.pick("a", choice(FACTORS)))
    parts = a * penalty.slope(w), penalty.slope(v)
    size = np.abs(parts[0]) + np.abs(parts[1])
    if not penalty.traits.separable:
        size = float(size.max()) + _stiffness(penalty, w.shape) * (abs(a) * largest(w) + largest(v))
    expect(penalty.slope(a * w + v), f"the gradient at {a:g} w + v").close_to(sum(parts), scale=size, ulps=ULPS)


def _stiffness(penalty: Regularizer, shape: tuple[int, ...]) -> float:
    """Return how large a gradient weights of size 1 have: what cancels in it, as in differences, rounds like that."""
    return max(float(largest(penalty.slope(z))) for z in units_of(shape))
