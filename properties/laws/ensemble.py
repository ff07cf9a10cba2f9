r"""Laws of ensembles: the mean of what several members say.

.. math:: \bar p = \frac{1}{M} \sum_m p_m, \qquad -\log \bar p_y \le \frac{1}{M} \sum_m -\log p_{m, y}
"""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import numpy as np

from .._case import Case
from .._expect import expect
from .._registry import declares
from ..adapters.layer import Array, Layer
from ..strategies import choice, tensors

ULPS = 16


@declares("GC731", "averaged probabilities stay probabilities", "layer", traits=("averages",), claims=("E-AVG",))
def stays_a_distribution(average: Layer, case: Case) -> None:
    """From members whose rows add up to 1 comes an average whose rows add up to 1, no entry below 0.

    Each entry lies between the smallest and the largest that a member says.

    The usual mistake is a sum in place of the mean, or a mean over the wrong axis.
    """
    p = _members(average, case)
    out = average(p)
    expect(out.sum(axis=-1), "the sum of a row").close_to(1.0, scale=1.0, ulps=ULPS * p.shape[-1])
    expect(out, "an averaged probability").at_least(p.min(axis=0), allowed=ULPS * np.finfo(float).eps)
    expect(out, "an averaged probability").at_most(p.max(axis=0), allowed=ULPS * np.finfo(float).eps)


@declares("GC732", "never worse than its members on average", "layer", traits=("averages",), claims=("E-AVG",))
def jensen(average: Layer, case: Case) -> None:
    """The cross-entropy of the ensemble is at most the mean of its members' cross-entropies, whatever the labels.

    The logarithm is concave (Jensen): being unsure together costs less than being sure and wrong alone.

    The usual mistake is the product, or the average of scores in place of probabilities, which promises no such
    thing.
    """
    p = _members(average, case)
    if p.shape[0] < 2:
        case.idle("there was one member")
    rows, labels = np.arange(p.shape[1]), case.generator(2).integers(p.shape[-1], size=p.shape[1])
    together = -np.log(average(p)[rows, labels])
    alone = -np.log(p[:, rows, labels]).mean(axis=0)
    expect(together, "the cross-entropy of the ensemble").at_most(
        alone, allowed=ULPS * p.shape[-1] * np.finfo(float).eps * (1 + np.abs(alone))
    )


@declares("GC733", "members may come in any order", "layer", traits=("averages",), effort=0.5, claims=("E-AVG",))
def order(average: Layer, case: Case) -> None:
    """The members in another order give the same average, and equal members give what each of them says.

    Every member has the same weight.

    The usual mistake is a running average with a fixed weight, which favours the last member.
    """
    p = _members(average, case)
    out = average(p)
    expect(average(p[::-1].copy()), "the average of the members in reverse").close_to(out, scale=1.0, ulps=ULPS)
    same = np.repeat(p[:1], 3, axis=0)
    expect(average(same), "the average of three equal members").close_to(p[0], scale=1.0, ulps=ULPS)


def _members(average: Layer, case: Case) -> Array:
    count = int(case.pick("members", choice((2, 1, 3, 7))))
    _, rows, classes = np.shape(average.inputs[0]) if average.inputs else (count, 4, 3)
    scores = case.array("scores", tensors((count, rows, classes), scales=(1.0, 5.0, 0.1), structures=("dense",)))
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))
