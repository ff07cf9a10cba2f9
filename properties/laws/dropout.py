r"""Laws of dropout: what is random, and what must not be.

Rates. Of n units of which each is kept with probability q, the number kept is binomial. The mean of n numbers in
[0, a] is within a sqrt(ln(2/α) / 2n) of its expectation, but for a share α of all draws (Hoeffding). A unit is an
entry, or a whole channel where all its entries are kept or dropped together.
"""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from .._case import Case
from .._expect import Violation, expect
from .._registry import declares
from .._statistics import FALSE_ALARM, POWER
from ..adapters._instance import Instance
from ..adapters.layer import Array, Layer
from ..strategies import choice, upstreams

ENTRIES = 200_000
MANY = 5000
"""Entries of the masks that are compared with each other."""

SEEDS = tuple(range(40))


@declares(
    "GC127", "the mean in training is the output at test", "layer", needs=("drops",), effort=None, claims=("R-DROP",)
)
def expectation(layer: Layer, case: Case) -> None:
    """Averaged over the masks, the output in training is the output at test, which is the input.

    So nothing has to be scaled at test time: what is kept in training is divided by the share that is kept.

    The usual mistake is the division by the share that is dropped, or none.
    """
    x = _ones(layer, ENTRIES)
    target = layer.session(training=False).forward(x) if "test mode" in layer.abilities else x
    out = _units(layer.session(seed=case.seed).forward(x))
    reach = float(np.abs(out).max())
    limit = reach * math.sqrt(math.log(2 / FALSE_ALARM) / (2 * out.size))
    seen = limit + reach * math.sqrt(math.log(1 / (1 - POWER)) / (2 * out.size))
    case.state("sample size", f"{out.size} units")
    case.state("false-alarm rate", f"{FALSE_ALARM:g}")
    case.state("power", f"would see an error of {seen:.2g} of the mean with probability {POWER}")
    expect(out.mean(), "the mean in training").within(float(np.mean(target)), allowed=limit)


@declares(
    "GC128", "the mask is the same forward and backward", "layer", needs=("drops",), effort=0.4, claims=("R-DROP",)
)
def same_mask(layer: Layer, case: Case) -> None:
    """What was set to 0 on the way up gets no gradient, and what was scaled is scaled by the same number.

    The output is the input times a mask; so is the gradient, with the same one.

    The usual mistake is a second mask drawn in backward, or the scale forgotten there.
    """
    layer_, x = _session(layer, case), _ones(layer, 64)
    mask = layer_.forward(x)
    upstream = case.array("upstream", upstreams(x.shape))
    if not upstream.any():
        case.idle("the upstream gradient was 0")
    expect(layer_.backward(upstream.copy()), "the gradient").close_to(
        mask * upstream, scale=np.abs(mask * upstream), ulps=8
    )


@declares("GC129", "the same seed gives the same mask", "layer", needs=("drops",), effort=0.2, claims=("R-DROP",))
def seeded(layer: Layer, case: Case) -> None:
    """With its generator started anew, the layer drops the same entries; with another seed, others.

    Otherwise no run can be repeated, and no gradient of it be checked.

    The usual mistake is a generator made inside forward, from the clock or from a fixed seed.
    """
    seed, x = int(case.pick("seed", choice(SEEDS))), _ones(layer, MANY)
    first, again = (layer.session(seed=seed).forward(x) for _ in range(2))
    expect(again, "the output for the same seed").identical(first)
    others = [layer.session(seed=seed + k).forward(x) for k in range(1, 4)]
    if _telling(layer, first) and all(np.array_equal(first, other) for other in others):
        raise Violation(f"seeds {seed} to {seed + 3} drop the same entries")


@declares(
    "GC130", "at test time nothing is dropped", "layer", needs=("drops", "test mode"), effort=0.4, claims=("R-DROP",)
)
def test_mode(layer: Layer, case: Case) -> None:
    """At test time the output is the input, exactly, and two calls agree.

    A prediction must not depend on chance.

    The usual mistake is a scale at test time on top of the one in training.
    """
    x = np.asarray(layer.drawn(case)[0])
    expect(layer.session(training=False).forward(x.copy()), "the output at test time").within(x, allowed=0.0)


@declares(
    "GC131",
    "drops the declared share",
    "layer",
    traits=("drop_rate",),
    needs=("drops",),
    effort=None,
    claims=("R-DROP",),
)
def share(layer: Layer, case: Case) -> None:
    """Of many entries the declared share is 0 in training; the number of them is binomial.

    What is left is scaled by one number for all.

    The usual mistake is the rate of keeping in place of the rate of dropping.
    """
    assert layer.traits.drop_rate is not None
    rate = layer.traits.drop_rate
    out = _units(layer.session(seed=case.seed).forward(_ones(layer, ENTRIES)))
    low, high = (float(q) / out.size for q in _binomial(out.size, rate))
    case.state("sample size", f"{out.size} units")
    case.state("false-alarm rate", f"{FALSE_ALARM:g}")
    case.state("power", f"would see a share off by {2 * (high - low):.2g} with probability {POWER}")
    dropped = float(np.mean(out == 0))
    if not low <= dropped <= high:
        raise Violation(
            f"the share of zeros is {dropped:.4g}, outside [{low:.4g}, {high:.4g}]", value=dropped, target=rate
        )
    kept = out[out != 0]
    expect(kept, "a kept entry").close_to(kept.flat[0], scale=1.0, ulps=4)


@declares("GC132", "every call draws anew", "layer", needs=("drops",), effort=None, claims=("R-DROP",))
def fresh_masks(layer: Layer, case: Case) -> None:
    """Two calls in a row drop different entries, and the rows of one batch do too.

    One mask for all is a smaller net, and no average over many.

    The usual mistake is a mask kept from the first call, or one of the shape of a row.
    """
    session, x = layer.session(seed=case.seed), _ones(layer, ENTRIES)
    first, second = session.forward(x), session.forward(x)
    if not _telling(layer, first[1:]):
        return
    if not _takes_seed(layer) and np.array_equal(first, second):
        raise Violation("two calls in a row drop the same entries")
    if all(np.array_equal(row, first[0]) for row in first):
        raise Violation("every row of the batch loses the same entries")


def _binomial(count: int, rate: float) -> tuple[float, float]:
    tail = FALSE_ALARM / 2
    return stats.binom.ppf(tail, count, rate) - 1, stats.binom.isf(tail, count, rate) + 1


def _ones(layer: Layer, entries: int) -> Array:
    """Return ones in the shape of the input, with as many rows as that takes."""
    shape = np.shape(layer.inputs[0])[1:] if layer.inputs else (layer.width or 1,)
    return np.ones((-(-entries // max(1, math.prod(shape))), *shape))


def _units(out: Array) -> Array:
    """Return one entry of each unit: an axis along which all are dropped together counts once."""
    for axis in range(out.ndim - 1, 0, -1):
        first = out.take([0], axis)
        out = first if np.array_equal(np.broadcast_to(first, out.shape), out) else out
    return out


def _telling(layer: Layer, out: Array) -> bool:
    """Say whether two masks of this size are equal by chance less often than a law may fail."""
    rate = layer.traits.drop_rate
    if rate is None:
        x = _ones(layer, 64)
        rate = float(np.mean([layer.session(seed=seed).forward(x) == 0 for seed in SEEDS]))
    agree = max(rate**2 + (1 - rate) ** 2, FALSE_ALARM)
    return _units(out).size * math.log(agree) < math.log(FALSE_ALARM)


def _session(layer: Layer, case: Case) -> Instance:
    return layer.session(seed=int(case.pick("seed", choice(SEEDS))))


def _takes_seed(layer: Layer) -> bool:
    """Say whether each call is handed a number as its seed, so that equal masks are what was asked for."""
    thing = layer.thing[0] if isinstance(layer.thing, tuple) else getattr(layer.thing, "forward", None)
    code = getattr(thing, "__code__", None)
    return code is not None and bool(
        {"seed", "rng_seed"} & set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    )
