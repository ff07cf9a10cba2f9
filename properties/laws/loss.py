r"""Laws of losses: where they are smallest, what leaves them unchanged, and what their gradient adds up to.

.. math:: L(s) = \log \sum_j e^{s_j} - s_y, \qquad \partial L / \partial s = p - e_y, \qquad L(0) = \log C
"""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

from typing import Any

import numpy as np

from .._case import Case
from .._expect import epsilon, expect, largest
from .._registry import declares
from ..adapters.loss import Loss
from ..strategies import choice, tensors
from ._choice import hull_of

ULPS = 64
EPS = float(np.finfo(float).eps)
OFFSETS = (1.0, -7.0, 100.0, -1000.0)
EXTREME = (1e3, -1e3, 1e4, -1e4, 40.0, -40.0, 800.0, 0.0)


@declares(
    "GC601", "never negative", "loss", traits=("range", "likelihood", "margin", "minimum_at_target"), effort=0.5
)
def non_negative(loss: Loss, case: Case) -> None:
    """A loss is at least 0, whatever the prediction: it measures how far off one is.

    The negative logarithm of a probability, a distance, and a missed margin are all at least 0.

    The usual mistake is a sign, or the logarithm of something that is not a probability.
    """
    low = loss.traits.range[0] if loss.traits.range else 0.0
    prediction, target = loss.drawn(case, scales=(1.0, 10.0, 100.0))
    value = loss(prediction, target)
    # A sure score costs nothing, by a difference of terms of its own size.
    size = 1 + largest(value) + ("scores" in loss.abilities) * np.abs(prediction).sum()
    expect(value, "the loss").at_least(low, allowed=ULPS * EPS * size)


@declares("GC602", "0 at the target, and flat there", "loss", traits=("minimum_at_target",), effort=0.5)
def minimum(loss: Loss, case: Case) -> None:
    """Where the prediction is the target the loss is exactly 0, and so is its gradient.

    Where the loss has a kink there, as |p - t| has, the gradient is any number between the slopes of the two sides.
    A relative error has no value where the target is 0. Anywhere else it is larger, so that learning has something to
    aim at.

    The usual mistake is the difference taken between arrays that broadcast: (N,) minus (N, 1) is (N, N).
    """
    prediction, _ = loss.drawn(case)
    target = prediction.copy()
    if (target == 0).any() and not np.isfinite(loss(prediction, target)).all():
        case.idle("a target was 0, where a relative error has no value")
    expect(loss(prediction, target), "the loss at the target").within(0.0, allowed=0.0)
    expect(_cost_beside(loss, target), "the loss beside the target").at_least(1e-12)
    if loss.gradient is not None:
        low, high = _slopes_beside(loss, target)
        slope = loss.slope(prediction, target)
        expect(slope, "the gradient at the target").at_least(low)
        expect(slope, "the gradient at the target").at_most(high)


def _cost_beside(loss: Loss, target: Any) -> float:
    """Return what a miss by 1 in the first entry costs; in all, where any one is forgiven, as by a median."""
    one = np.eye(target.size).reshape(-1, *target.shape)
    cost = float(np.sum(loss(target + one[0], target)))
    forgiven = cost == 0 and not any(np.any(loss(target + miss, target)) for miss in one)
    return float(np.sum(loss(target + 1.0, target))) if forgiven else cost


def _slopes_beside(loss: Loss, target: Any) -> tuple[Any, Any]:
    """Return the slopes to the left and to the right of each entry of the target; 0 where the loss is flat there."""
    sides = []
    for sign in (-1.0, 1.0):
        rises = [_rises(loss, target, k, sign) for k in range(target.size)]
        sides.append(sign * np.reshape([rise if rise > 1e-3 * far else 0.0 for rise, far in rises], target.shape))
    return sides[0], sides[1]


def _rises(loss: Loss, target: Any, k: int, sign: float) -> tuple[float, float]:
    """Return by how much the loss rises per step on one side of entry `k`, close to the target and far from it."""
    found = []
    for step in (2.0**-20 * (1.0 + abs(target.flat[k])), 1.0):
        moved = target.copy()
        moved.flat[k] += sign * step
        step = abs(moved.flat[k] - target.flat[k])
        found.append(float(np.sum(loss(moved, target))) / step)
    return found[0] * (1 + 1e-9), found[1]


@declares("GC603", "mean, sum and none agree", "loss", needs=("reductions",), effort=0.5)
def reductions(loss: Loss, case: Case) -> None:
    """The sum of the unreduced losses is the sum, and divided by their number it is the mean; so for the gradients.

    The three are one loss in three sizes.

    The usual mistake is a mean over the entries in the value, and over the examples in the gradient.
    """
    prediction, target = loss.drawn(case)
    each = loss(prediction, target, reduction="none")
    total, mean = (float(loss(prediction, target, reduction=r)) for r in ("sum", "mean"))
    size = np.abs(each).sum()
    expect(total, "the sum").close_to(each.sum(), scale=size, ulps=ULPS * each.size)
    expect(mean * each.size, "the mean times the number of losses").close_to(total, scale=size, ulps=ULPS * each.size)
    if loss.gradient is None:
        return
    whole = loss.slope(prediction, target, reduction="sum")
    part = loss.slope(prediction, target, reduction="mean")
    expect(part * each.size, "the gradient of the mean, times the number of losses").close_to(
        whole, scale=np.abs(whole), ulps=ULPS
    )


@declares("GC604", "convex", "loss", "regularizer", traits=("convex",), effort=0.5)
def convex(subject: Any, case: Case) -> None:
    """Halfway between two points the value is at most the mean of theirs.

    So every local minimum is a global one, and a step downhill never leads away from it.

    The usual mistake is a probability where a score is due: cross-entropy behind a sigmoid and a square is not
    convex.
    """
    x, y, value = subject.segment(case)
    ends = np.asarray(value(x)), np.asarray(value(y))
    middle = np.asarray(value((x + y) / 2))
    size = np.abs(ends[0]) + np.abs(ends[1]) + np.abs(x).sum() + np.abs(y).sum()
    expect(middle, "the value halfway").at_most((ends[0] + ends[1]) / 2, allowed=ULPS * x.size * EPS * size)


@declares("GC605", "classes may be renamed", "loss", needs=("classes",), effort=0.5)
def class_order(loss: Loss, case: Case) -> None:
    """Permuting the classes in scores and targets alike leaves the loss as it is, and permutes the gradient.

    The number of a class carries no meaning.

    The usual mistake is an index along the wrong axis, or a loop that starts at class 1.
    """
    prediction, target = loss.drawn(case)
    count = prediction.shape[-1]
    order = np.arange(count)[::-1]
    renamed = order[target] if loss.targets == "labels" else target[..., order]
    turned = prediction[..., order].copy()
    value = loss(prediction, target)
    expect(loss(turned, renamed), "the loss for renamed classes").close_to(
        value, scale=np.abs(value) + largest(prediction), ulps=ULPS * prediction.size
    )
    if loss.gradient is not None:
        slope = loss.slope(prediction, target)
        expect(loss.slope(turned, renamed)[..., order], "its gradient").close_to(
            slope, scale=1.0, ulps=ULPS * (1 + largest(prediction))
        )


@declares("GC606", "a shift of all scores changes nothing", "loss", traits=("shift_invariant",), claims=("D-LOSS0",))
def shift(loss: Loss, case: Case) -> None:
    """The same number added to all the scores of an example leaves its loss unchanged.

    Only differences of scores mean something; that is why the maximum may be subtracted first.

    The usual mistake is one maximum for the whole batch, or the maximum subtracted in only one of two terms.
    """
    prediction, target = loss.drawn(case)
    c = float(case.pick("offset", choice(OFFSETS)))
    offsets = c * np.arange(1, len(prediction) + 1).reshape(-1, *(1,) * (prediction.ndim - 1))
    value, moved = loss(prediction, target), loss(prediction + offsets, target)
    size = np.abs(value) + (largest(prediction) + largest(offsets)) * max(1.0, prediction.size * (value.ndim == 0))
    expect(moved, "the loss for shifted scores").close_to(value, scale=size, ulps=ULPS)


@declares("GC607", "the gradient of each example sums to 0", "loss", traits=("shift_invariant",), needs=("gradient",))
def gradient_rows(loss: Loss, case: Case) -> None:
    """Per example the gradient adds up to 0 over the classes.

    A shift of the scores changes nothing, so that no gradient points that way. What the wrong classes are pushed down
    by, the right one is pushed up by.

    The usual mistake is the 1 that is subtracted from the probability of the right class, forgotten or counted twice.
    """
    prediction, target = loss.drawn(case, scales=(1.0, 0.1, 10.0, 100.0))
    slope = loss.slope(prediction, target)
    # A probability near 1, from which 1 is subtracted, is rounded like 1: what a whole probability weighs counts.
    weight = largest(loss.slope(np.zeros_like(prediction), target))
    size = np.abs(slope).sum(axis=-1) + weight
    expect(slope.sum(axis=-1), "the sum of a row of the gradient").close_to(
        0.0, scale=size, ulps=ULPS * prediction.shape[-1]
    )


@declares("GC608", "log C where all scores are equal", "loss", needs=("even",), effort=0.4, claims=("D-LOSS0",))
def loss_of_equal_scores(loss: Loss, case: Case) -> None:
    """With C classes and equal scores the loss of an example is log C: each class has probability 1/C.

    This is the first loss of a net with small weights; any other number is a mistake found before training. Yes and
    no are two classes, equal at a score of 0 or a probability of 1/2. What is called a cross-entropy, and takes no
    weights, is held to this, too.

    The usual mistakes are a logarithm to another base, a missing mean, and a penalty that is already counted.
    """
    shape = loss.shape or (case.pick("rows", choice((1, 2, 5))), case.pick("classes", choice((2, 3, 10))))
    if "softmax" not in loss.abilities and loss.claimed == "sigmoid":
        _log_two(loss, case, shape)
        return
    c = float(case.pick("score", choice((0.0, 1.0, -50.0, 800.0))))
    value = loss(np.full(shape, c), loss.target(case, shape))
    each = value if value.ndim or "mean" in loss.abilities else value / np.prod(shape[:-1])
    truth = np.log(shape[-1])
    expect(each, "the loss for equal scores").close_to(truth, scale=truth + abs(c), ulps=ULPS * shape[0])


def _log_two(loss: Loss, case: Case, shape: tuple[int, ...]) -> None:
    """Hold the loss of undecided answers against log 2: that of each, their mean or sum, or the sum over a row."""
    truth, size = np.log(2.0), int(np.prod(shape))
    value = loss(np.full(shape, 0.5 if loss.domain == "unit" else 0.0), loss.target(case, shape))
    each = min(
        (value / n for n in (1, shape[0], shape[-1], size, size // shape[0])),
        key=lambda cost: float(np.abs(cost - truth).max()),
    )
    expect(each, "the loss of an undecided answer").within(truth, allowed=1e-4)


@declares(
    "GC609", "0 beyond the margin, a line before it", "loss", traits=("margin",), needs=("classes",), effort=0.5
)
def margin(loss: Loss, case: Case) -> None:
    """An example whose right score leads by the margin costs exactly nothing, and its gradient is exactly 0.

    Below that, the loss grows by as much as the score of a wrong class does.

    The usual mistake is the right class counted as a wrong one: then the loss is never below the margin.
    """
    assert loss.traits.margin is not None
    prediction, target = loss.drawn(case)
    right = np.eye(prediction.shape[-1])[target] if loss.targets == "labels" else target
    rival = np.where(right > 0, -np.inf, prediction).max(axis=-1, keepdims=True)
    safe = np.where(right > 0, rival + 1.5 * loss.traits.margin, prediction)
    expect(loss(safe, target), "the loss beyond the margin").within(0.0, allowed=0.0)
    if loss.gradient is not None:
        expect(loss.slope(safe, target), "the gradient beyond the margin").within(0.0, allowed=0.0)
    close = np.where(right > 0, rival + 0.5 * loss.traits.margin, prediction)
    expect(float(np.sum(loss(close, target))), "the loss inside the margin").at_least(1e-9 * loss.traits.margin)


@declares("GC610", "a doubled batch has the same mean", "loss", needs=("mean",), effort=0.5)
def mean_over_batch(loss: Loss, case: Case) -> None:
    """Every example twice gives the same mean loss, and each copy half of the gradient.

    So the learning rate need not follow the size of the batch. At a kink, as where a sort ranks equal predictions,
    each may be any number between the slopes of its two sides.

    The usual mistake is a gradient that is not divided by the number of examples, where the loss is.
    """
    prediction, target = loss.drawn(case)
    twice = np.concatenate([prediction, prediction]), np.concatenate([target, target])
    value = loss(prediction, target)
    size = np.abs(value) + largest(prediction)
    expect(loss(*twice), "the loss of the doubled batch").close_to(value, scale=size, ulps=ULPS * prediction.size)
    if loss.gradient is not None:
        whole, doubled = loss.slope(prediction, target), loss.slope(*twice)
        half = 2 * doubled[: len(prediction)]
        room = ULPS * epsilon(half) * (np.abs(whole) + EPS * largest(whole))
        asked = np.abs(half - whole) > room
        once = hull_of(lambda x: float(loss(x, target)), prediction, asked)
        both = hull_of(lambda x: float(loss(x, twice[1])), twice[0], np.concatenate([asked, 0 * asked]))
        right = once.holds(whole) & both.holds(doubled)[: len(prediction)]
        chosen = right & (once.kink | both.kink[: len(prediction)])
        expect(np.where(chosen, whole, half), "twice the gradient in the doubled batch").within(whole, allowed=room)


@declares("GC611", "finite for the largest scores", "loss", needs=("scores",), effort=0.5)
def extremes(loss: Loss, case: Case) -> None:
    """Scores of ±1e4 give a finite loss and a finite gradient, for the right class and for the wrong.

    A confident mistake is expensive, and must still be learnt from.

    The usual mistake is log(softmax(s)) in two steps: log of 0.
    """
    prediction, target = loss.drawn(case)
    at = case.generator().integers(len(EXTREME), size=prediction.shape)
    mixed = case.pick("which", choice(("all", "some")))
    large = np.asarray(EXTREME)[at]
    scores = large if mixed == "all" else np.where(at % 2, large, prediction)
    expect(loss(scores, target), "the loss").finite()
    if loss.gradient is not None:
        expect(loss.slope(scores, target), "the gradient").finite()


@declares("GC612", "a better score is never punished", "loss", needs=("one answer", "gradient"), effort=0.5)
def right_direction(loss: Loss, case: Case) -> None:
    """The gradient is at most 0 at the score of the right class, and at least 0 elsewhere.

    A step against the gradient raises the right score and lowers the wrong ones. A score for yes or no is right where
    the answer is 1; it is asked while it is unsure, for smoothed answers pull a sure one back.

    The usual mistake is a sign: the loss of a net then rises with every step. Another is 0 and 1 exchanged.
    """
    prediction, target = loss.drawn(case)
    if loss.traits.likelihood == "sigmoid":
        prediction = prediction / (1 + np.abs(prediction))
    slope = loss.slope(prediction, target)
    right = np.eye(prediction.shape[-1])[target] if loss.targets == "labels" else target
    room = ULPS * EPS * largest(slope)
    expect(np.where(right > 0, slope, 0.0), "the gradient of the right score").at_most(0.0, allowed=room)
    expect(np.where(right > 0, 0.0, slope), "the gradient of a wrong score").at_least(0.0, allowed=room)


@declares(
    "GC613", "its gradient is p minus the target", "loss", needs=("softmax gradient", "classes"), claims=("D-LOSS0",)
)
def closed_form(loss: Loss, case: Case) -> None:
    """The gradient of the two together is the probability, less 1 at the right class, over the size of the batch.

    The exponentials cancel: no division by a small probability is left, and each entry lies between -1 and 1.

    The usual mistake is the product of the two gradients, which is 0/0 in saturation.
    """
    prediction, target = loss.drawn(case, scales=(1.0, 0.1, 10.0, 100.0))
    slope = loss.slope(prediction, target)
    shifted = prediction - prediction.max(axis=-1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=-1, keepdims=True)
    right = np.eye(prediction.shape[-1])[target] if loss.targets == "labels" else target
    truth = (p - right) / (np.prod(prediction.shape[:-1]) if "mean" in loss.abilities else 1.0)
    expect(slope, "the gradient").close_to(truth, scale=largest(truth) + 1e-3, ulps=ULPS * (1 + largest(prediction)))


@declares("GC614", "examples are priced one by one", "loss", needs=("gradient", "one by one"), effort=0.4)
def separate_examples(loss: Loss, case: Case) -> None:
    """What one example predicts does not change the gradient of another.

    The loss of a batch is a mean or a sum over its examples. One that by its values is neither, as a root of a mean,
    is not asked, unless it prices classes.

    The usual mistake is a maximum or a normalization over the whole batch.
    """
    prediction, target = loss.drawn(case)
    if len(prediction) < 2:
        case.idle("there was one example")
    moved = prediction.copy()
    shape = (1, *prediction.shape[1:])
    moved[0] = case.array("another", tensors(shape, scales=(1.0, 10.0), locs=(0.0, 3.0), **loss.inside, stream=1))[0]
    if (moved[0] == prediction[0]).all():
        case.idle("the other prediction was the same")
    before, after = loss.slope(prediction, target)[1:], loss.slope(moved, target)[1:]
    expect(after, "the gradient of the other examples").close_to(before, scale=np.abs(before), ulps=ULPS)
