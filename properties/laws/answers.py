r"""Laws of losses about answers: what a right one costs, a wrong one, one that is ignored, and all between them.

.. math:: \lim_{s_y \to \infty} L(s, y) = 0, \qquad L(0, 1) > L(1, 1), \qquad L(s, \text{ignored}) = 0
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .._case import Case
from .._expect import expect, largest
from .._registry import declares
from ..adapters.loss import Loss
from ..strategies import choice
from .loss import ULPS

SURE = 1e3
"""A lead of the right score beyond which nothing is left to learn."""

LITTLE = 1e-2
"""What a probability that is kept from 1 by an eps may cost."""

PIECES, SUSPECTS = 128, 2
"""Of a line on which a jump is looked for, and how many of its bends are looked at closely."""

JUMP = 1e-5
"""The least jump, beside the losses and the predictions around it: no rounding is as large, not even in float32."""

RIGHT, WRONG = (0.9, 0.1), (0.1, 0.9)
"""Predictions for an answer of yes and of no: as probabilities, and as scores, of which the larger says yes."""


@declares("GC615", "a sure and right answer costs nothing", "loss", needs=("likelihood",), effort=0.3)
def sure_and_right(loss: Loss, case: Case) -> None:
    """Where the right score leads by a thousand the loss is 0, or grows with the lead, as smoothed answers have it.

    A probability comes as near to 1 as one likes, and its logarithm to 0.

    The usual mistake is a softmax in front of a loss that takes scores: it makes scores of 0 to 1, and the best of
    them leads by no more.
    """
    prediction, target = loss.drawn(case)
    right = np.eye(prediction.shape[-1])[target] if loss.targets == "labels" else target
    lead = right if loss.traits.likelihood == "softmax" else 2 * right - 1
    once, twice = (loss(k * SURE * lead, target) for k in (1, 2))
    if not np.isfinite(once).all():
        case.idle("the loss is not finite there, which is another law's")
    grows = twice > once + LITTLE
    expect(np.where(grows, 0.0, once), "the loss of a sure and right answer").at_most(0.0, allowed=LITTLE)


@declares("GC616", "an ignored label counts for nothing", "loss", needs=("ignores",), effort=0.3)
def ignored(loss: Loss, case: Case) -> None:
    """Examples whose label is `ignore_index` beside others change neither the loss nor the gradient of those.

    They are padding: a mean is over the others alone, and their own gradient is exactly 0.

    The usual mistake is a sum over those that count, divided by the number of all.
    """
    prediction, target = loss.drawn(case)
    value, count = loss(prediction, target), len(prediction)
    if (target == loss.ignored).all() or not np.isfinite(value).all():
        case.idle("every label was ignored")
    more = case.pick("ignored examples", choice((1, 2, 5)))
    scores = np.concatenate([prediction, np.resize(prediction[::-1], (more, *prediction.shape[1:]))])
    labels = np.concatenate([target, np.full((more, *target.shape[1:]), loss.ignored)])
    found, scale = loss(scores, labels), np.abs(value) + largest(prediction)
    if found.ndim:
        expect(found[count:], "the loss of ignored examples").within(0.0, allowed=0.0)
        found = found[:count]
    expect(found, "the loss beside ignored examples").close_to(value, scale=scale, ulps=ULPS * scores.size)
    if loss.gradient is not None:
        before, after = loss.slope(prediction, target), loss.slope(scores, labels)
        expect(after[:count], "the gradient beside ignored examples").close_to(
            before, scale=np.abs(before) + largest(before), ulps=ULPS
        )
        expect(after[count:], "the gradient of ignored examples").within(0.0, allowed=0.0)


@declares("GC618", "a wrong answer costs more than a right one", "loss", needs=("yes or no",), effort=0.3)
def wrong_costs_more(loss: Loss, case: Case) -> None:
    """For yes as for no, the loss is larger where one prediction is on the wrong side than where it is right.

    Else nothing is learnt from one of the two answers, and a net that says the other one to everything is as good.

    The usual mistake is a cross-entropy without its second half, (1 - t) log(1 - p).
    """
    prediction, target = loss.drawn(case)
    yes = bool(case.pick("answer", choice((0, 1))))
    no = -1.0 if loss.targets == "signs" else 0.0
    at, answers = np.full(prediction.shape, 0.5), target.astype(float)
    answers.flat[0] = 1.0 if yes else no
    costs = []
    for place in (RIGHT, WRONG):
        at.flat[0] = place[0] if yes else place[1]
        costs.append(float(np.sum(loss(at.copy(), answers))))
    name = f"the cost of a wrong answer beyond that of a right one, for {'yes' if yes else 'no'},"
    expect(costs[1] - costs[0], name).at_least(1e-6 * abs(costs[0]) + 1e-12)


@declares(
    "GC617",
    "does not jump",
    "loss",
    traits=("minimum_at_target", "likelihood", "margin", "convex"),
    effort=0.2,
)
def continuous(loss: Loss, case: Case) -> None:
    """Along a line, from beside the target to far away, the loss changes little where the prediction does.

    It may bend, as |p - t| does. A jump has no slope, so that no step of descent knows of it, and nothing that looks
    at slopes sees it.

    The usual mistake is a constant that does not fit where two pieces meet: the line of Huber's loss without its
    -delta²/2. Each piece has the right derivative, and the loss jumps between them.
    """
    prediction, target = loss.drawn(case)
    if loss.targets == "real" and target.shape == prediction.shape:
        prediction.flat[0] = target.flat[0]
    start = float(prediction.flat[0])
    ends = start, start + float(case.pick("length", choice((3.0, -3.0, 10.0, -10.0))))

    def cost(x: float) -> float:
        moved = prediction.copy()
        moved.flat[0] = x
        return float(np.sum(loss(moved, target)))

    line = np.linspace(*((0.05, 0.95) if loss.domain == "unit" else ends), PIECES + 1)
    costs = np.array([cost(x) for x in line])
    room = JUMP * float(np.abs(costs).max() + np.abs(line).max())
    for k in np.argsort(np.abs(np.diff(costs, 2)))[-SUSPECTS:]:
        low, jump = _narrowed(cost, float(line[k]), float(line[k + 2]))
        name = f"the change of the loss from a prediction of {low:.6g} to the next number"
        expect(jump, name).at_most(0.0, allowed=room)


def _narrowed(cost: Callable[[float], float], low: float, high: float) -> tuple[float, float]:
    """Return, by halving, a number from which to the next a function changes most, and by how much."""
    at_low, at_high = cost(low), cost(high)
    while low != (middle := (low + high) / 2) != high:
        at = cost(middle)
        if abs(at - at_low) >= abs(at_high - at):
            high, at_high = middle, at
        else:
            low, at_low = middle, at
    return low, abs(at_high - at_low)
