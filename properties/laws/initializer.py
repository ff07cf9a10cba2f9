"""Laws of initializers: statistics with a stated false-alarm rate, and signals that keep their size."""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

from functools import partial

import numpy as np
from scipy import stats

from .._case import Case
from .._empirical import empirical_limit
from .._expect import Violation, expect
from .._registry import declares
from .._statistics import FALSE_ALARM, POWER, VARIANCE_ERROR, distribution_limit, mean_limit
from ..adapters.initializer import Array, Initializer
from ..strategies import choice
from ._moments import second_moment

TALL_AND_WIDE = ((480, 120), (120, 480))
"""Two shapes that tell fan_in from fan_out."""

MEANS = 200_000
"""Entries whose mean is taken."""

CHANCES = 40
"""Seeds of which all have to agree before two small matrices count as equal: 2**-39 for entries of 1 and -1."""

SIZES = (1, 2, 3, 5, 8, 16, 40)


@declares(
    "GC401",
    "mean is zero",
    "initializer",
    traits=("variance",),
    needs=("seeded",),
    effort=None,
    claims=("W-SMALL", "W-XAVIER", "W-HE"),
)
def zero_mean(init: Initializer, case: Case) -> None:
    """The entries have mean 0.

    A mean of the weights adds up over the fan-in: it grows with the width of the layer, where the spread does not.

    The usual mistake is ``rand`` (uniform on [0, 1]) in place of ``randn``.
    """
    rate = FALSE_ALARM / len(TALL_AND_WIDE)
    for fan_in, fan_out in TALL_AND_WIDE:
        w = init.entries(case, fan_in, fan_out, MEANS)
        spread = np.sqrt(init.variance(fan_in, fan_out))
        limit = mean_limit(w.size, rate) if init.claimed else empirical_limit(w / spread, rate)
        seen = limit + np.sqrt(2 * np.log(1 / (1 - POWER)) / w.size)
        case.state("power", f"would see a mean of {seen:.2g} standard deviations with probability {POWER}")
        expect(w.mean(), f"the mean of {w.size} entries of shape ({fan_in}, {fan_out})").within(
            0.0, allowed=limit * spread
        )
    case.state("sample size", f"{MEANS} entries of each of {len(TALL_AND_WIDE)} shapes")
    case.state("false-alarm rate", f"{FALSE_ALARM:g}")


@declares(
    "GC402",
    "variance is as declared",
    "initializer",
    traits=("variance",),
    needs=("seeded",),
    effort=None,
    claims=("W-XAVIER", "W-HE", "W-SMALL", "W-BIG"),
)
def variance(init: Initializer, case: Case) -> None:
    """The variance of the entries is the declared function of fan_in and fan_out.

    It is tested on a tall and on a wide matrix, since a square one cannot tell fan_in from fan_out. Where no
    distribution is declared, the entries say themselves how widely their squares are spread.

    The usual mistake is a swapped fan, a missing square root, or ``sqrt(3)`` forgotten in the uniform form.
    """
    for fan_in, fan_out in TALL_AND_WIDE:
        second_moment(
            case,
            partial(init.entries, case, fan_in, fan_out),
            init.variance(fan_in, fan_out),
            VARIANCE_ERROR,
            name=f"shape ({fan_in}, {fan_out})",
            rate=FALSE_ALARM / len(TALL_AND_WIDE),
            distribution=init.claimed,
        )


@declares("GC405", "the same seed gives the same weights", "initializer", effort=0.3, claims=("W-SMALL",))
def reproducible(init: Initializer, case: Case) -> None:
    """One seed, one matrix, bit for bit.

    Without it no run can be repeated and no failure be debugged.

    The usual mistake is a generator of the module's own, which ignores the seed that is handed in.
    """
    fan_in, fan_out, seed = _sizes_and_seed(case)
    expect(init(fan_in, fan_out, seed), "the second draw").identical(init(fan_in, fan_out, seed))


@declares(
    "GC406", "distinct seeds give distinct weights", "initializer", needs=("seeded",), effort=0.3, claims=("W-ZERO",)
)
def distinct(init: Initializer, case: Case) -> None:
    """Two seeds give two matrices, and no two columns of one matrix are equal.

    Equal columns are equal neurons: they get equal gradients and stay equal.

    The usual mistake is a seed fixed inside the function.
    """
    fan_in, fan_out, seed = _sizes_and_seed(case)
    first, second = init(fan_in, fan_out, seed), init(fan_in, fan_out, seed + 1)
    if init.traits.sparsity and not first.any():
        case.idle("every entry is one of the declared zeros")
    others = [first, second]
    if (first == second).all() or _twins(first):
        # Small matrices of a few values (1 by 1 and orthogonal: 1 or -1) are equal by chance; not all of these are.
        others += [init(fan_in, fan_out, seed + more) for more in range(2, CHANCES)]
    if all((first == other).all() for other in others[1:]):
        raise Violation(f"seeds {seed} and {seed + 1} give the same weights")
    if all(_twins(w) for w in others):
        raise Violation("the first two columns are equal: two neurons compute the same")


def _twins(w: Array) -> bool:
    return w.shape[1] > 1 and bool((w[:, 0] == w[:, 1]).all())


@declares(
    "GC407", "stays inside its uniform bounds", "initializer", needs=("uniform",), effort=None, claims=("W-XAVIER",)
)
def uniform_bounds(init: Initializer, case: Case) -> None:
    """A uniform distribution of variance v fills [-sqrt(3 v), sqrt(3 v)], and nothing outside.

    The half-width is sqrt(3) standard deviations; the largest of many entries comes close to it.

    The usual mistake is the standard deviation used as the half-width.
    """
    for fan_in, fan_out in TALL_AND_WIDE:
        w = init.entries(case, fan_in, fan_out, fan_in * fan_out)
        bound = np.sqrt(3 * init.variance(fan_in, fan_out))
        reach = np.abs(w).max()
        expect(reach, "the largest entry").at_most(bound, allowed=1e-6 * bound)
        # P(the largest of n is below (1 - t) of the bound) = (1 - t)^n.
        gap = 1 - (FALSE_ALARM / 2) ** (1 / w.size)
        expect(reach, "the largest entry").at_least((1 - gap) * bound, allowed=1e-6 * bound)
    case.state("false-alarm rate", f"{FALSE_ALARM:g}")


@declares("GC410", "finite", "initializer", effort=0.4)
def finite(init: Initializer, case: Case) -> None:
    """Every entry is a finite number, also for the smallest layers.

    One infinite weight makes every output of the net NaN.

    The usual mistake is a division by fan_in - 1.
    """
    expect(init(*_sizes_and_seed(case)), "the matrix").finite()


@declares("GC411", "shape is (fan_in, fan_out)", "initializer", effort=0.4)
def shape(init: Initializer, case: Case) -> None:
    """The matrix has fan_in rows and fan_out columns: one column per neuron, so that x @ w is the layer.

    The transposed convention exists; then declare ``lambda fan_in, fan_out: f(fan_in, fan_out).T``.

    The usual mistake is the transposed matrix, which a square layer does not show.
    """
    fan_in, fan_out, seed = _sizes_and_seed(case)
    found = init(fan_in, fan_out, seed).shape
    if found != (fan_in, fan_out):
        raise Violation(f"the matrix has shape {found}, not {(fan_in, fan_out)}")


@declares("GC413", "constant, as declared", "initializer", needs=("constant",), effort=0.3, claims=("W-ZERO",))
def constant(init: Initializer, case: Case) -> None:
    """All entries are equal: every neuron computes the same, gets the same gradient, and stays the same.

    This is why weights must not start at a constant; biases may.

    The usual mistake is to declare something constant that is not.
    """
    w = init(*_sizes_and_seed(case))
    expect(w, "an entry").within(w.flat[0], allowed=0.0)


@declares(
    "GC414",
    "follows the declared distribution",
    "initializer",
    needs=("declared distribution",),
    effort=None,
    claims=("W-XAVIER",),
)
def distribution(init: Initializer, case: Case) -> None:
    """The distribution function of the entries is the declared one, not only its first two moments.

    The largest distance between the two functions is bounded for any distribution, with a known probability.

    The usual mistake is a normal distribution where the formula is for a uniform one, or the reverse.
    """
    name = init.traits.distribution
    fan_in, fan_out = TALL_AND_WIDE[0]
    w = np.sort(init.entries(case, fan_in, fan_out, 4 * fan_in * fan_out))
    spread = np.sqrt(init.variance(fan_in, fan_out))
    truth = stats.norm.cdf(w, scale=spread) if name == "normal" else _uniform_cdf(w, spread)
    steps = np.arange(w.size + 1) / w.size
    distance = max(float(np.abs(truth - steps[1:]).max()), float(np.abs(truth - steps[:-1]).max()))
    limit = distribution_limit(w.size)
    case.state("sample size", f"{w.size} entries")
    case.state("false-alarm rate", f"{FALSE_ALARM:g}")
    expect(distance, f"the distance to the {name} distribution function").at_most(limit)


def _sizes_and_seed(case: Case) -> tuple[int, int, int]:
    fan_in, fan_out = case.pick("fan_in", choice(SIZES)), case.pick("fan_out", choice(SIZES))
    return fan_in, fan_out, case.pick("seed", choice(tuple(range(50))))


def _uniform_cdf(w: Array, spread: float) -> Array:
    half = np.sqrt(3.0) * spread
    return np.asarray(np.clip((w + half) / (2 * half), 0.0, 1.0))
