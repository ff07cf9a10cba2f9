r"""Laws of what makes a distribution out of scores: softmax, its logarithm, and their relatives.

.. math:: p_i = e^{s_i} / \sum_j e^{s_j}, \qquad p(s + c) = p(s), \qquad \sum_i \partial p_k / \partial s_i = 0
"""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import numpy as np

from .._case import Case
from .._expect import expect, largest
from .._registry import declares
from ..adapters.layer import Array, Layer
from ..strategies import choice, tensors

ULPS = 32
SCORES = (1.0, 0.1, 10.0, 300.0)
OFFSETS = (1.0, -7.0, 100.0, -1000.0, 1e4)


@declares("GC520", "every row is a distribution", "layer", traits=("probabilities",))
def sums_to_one(layer: Layer, case: Case) -> None:
    """No entry is negative, none above 1, and each row adds up to 1, also for scores in the hundreds.

    Where the output is a logarithm, its exponential is meant.

    The usual mistake is a sum over the whole batch, or exp of scores from which the maximum was not subtracted.
    """
    p = _distribution(layer, _scores(layer, case))
    expect(p, "a probability").finite()
    expect(p, "a probability").at_least(0.0)
    expect(p, "a probability").at_most(1.0, allowed=ULPS * np.finfo(float).eps)
    expect(p.sum(axis=-1), "the sum of a row").close_to(1.0, scale=1.0, ulps=ULPS * p.shape[-1])


@declares("GC521", "a shift of all scores changes nothing", "layer", traits=("probabilities",))
def shift(layer: Layer, case: Case) -> None:
    """The same number added to all the scores of an example leaves its distribution unchanged.

    Only differences of scores mean something: this is what makes softmax safe to compute, with the maximum
    subtracted.

    The usual mistake is one maximum for the whole batch: rows far below it come out as 0/0.
    """
    x, c = _scores(layer, case), float(case.pick("offset", choice(OFFSETS)))
    offsets = c * np.arange(1, len(x) + 1).reshape(-1, *(1,) * (x.ndim - 1))
    room = ULPS * np.finfo(float).eps * (largest(x) + largest(offsets) + 1)
    p, moved = _distribution(layer, x), _distribution(layer, x + offsets)
    expect(moved, "a probability for shifted scores").within(p, allowed=room)


@declares("GC522", "its gradient rows sum to 0", "layer", traits=("probabilities",), needs=("gradient",), effort=0.5)
def gradient_rows(layer: Layer, case: Case) -> None:
    """Per example, the gradient with respect to the scores adds up to 0, whatever arrives from above.

    A shift of the scores changes nothing, so that no gradient points that way.

    The usual mistake is the diagonal p (1 - p) alone, without the products p_i p_j beside it.
    """
    x = _scores(layer, case)
    example = layer.call_at((x, *layer.inputs[1:]))
    here = example.forward()
    (upstream,) = example.upstream(case, here.outputs)
    if not upstream.any():
        case.idle("the upstream gradient was 0")
    (dx, *_) = here.gradients([upstream]).values()
    size = np.abs(dx).sum(axis=-1) + np.abs(upstream).sum(axis=-1)
    expect(dx.sum(axis=-1), "the sum of a row of the gradient").close_to(0.0, scale=size, ulps=ULPS * x.shape[-1])


@declares("GC523", "larger scores are likelier", "layer", traits=("probabilities",), effort=0.5)
def order(layer: Layer, case: Case) -> None:
    """Within an example, a score that is not smaller has a probability that is not smaller.

    The prediction is the largest score, with or without the softmax.

    The usual mistake is a minus sign too many, or a table of classes in another order.
    """
    x = _scores(layer, case)
    p = _distribution(layer, x)
    ranked = np.take_along_axis(p, np.argsort(x, axis=-1, kind="stable"), axis=-1)
    if (x == x[..., :1]).all():
        case.idle("all scores were equal")
    expect(np.diff(ranked, axis=-1), "the rise of the probability").at_least(0.0, allowed=ULPS * np.finfo(float).eps)


@declares("GC524", "classes may come in any order", "layer", traits=("probabilities",), effort=0.5)
def class_order(layer: Layer, case: Case) -> None:
    """Permuting the scores permutes the probabilities: no class is special.

    The names of the classes carry no order.

    The usual mistake is a loop that leaves out the first class or the last.
    """
    x = _scores(layer, case)
    p, turned = _distribution(layer, x), _distribution(layer, x[..., ::-1].copy())[..., ::-1]
    expect(turned, "a probability in the other order").close_to(p, scale=1.0, ulps=ULPS * p.shape[-1])


def _scores(layer: Layer, case: Case) -> Array:
    shape = np.shape(layer.inputs[0]) if layer.inputs else None
    return case.array("scores", tensors(shape, widths=(layer.width or 2,) * 2, scales=SCORES, locs=(0.0, 1.0, -3.0)))


def _distribution(layer: Layer, x: Array) -> Array:
    out = layer(x)
    return np.exp(out) if layer.traits.probabilities == "log" else out
