"""Losses: a law of the cross-entropy is asked of a cross-entropy, and a kink at the target has any slope between."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite

import gradcheck
from gradcheck.report import Status


def softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def log_softmax(scores):
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def smooth(scores, labels, share):
    classes = scores.shape[-1]
    return (1 - share) * np.eye(classes)[labels] + share / classes


def entropy(scores, labels, share=0.0):
    return -(smooth(scores, labels, share) * log_softmax(scores)).sum() / len(scores)


def entropy_grad(scores, labels, share=0.0):
    return (softmax(scores) - smooth(scores, labels, share)) / len(scores)


def smoothed(scores, labels):
    return entropy(scores, labels, 0.1)


def smoothed_grad(scores, labels):
    return entropy_grad(scores, labels, 0.1)


def pinball(prediction, target):
    d = target - prediction
    return np.maximum(0.3 * d, -0.7 * d).mean()


def pinball_grad(prediction, target):
    return np.where(target > prediction, -0.3, 0.7) / prediction.size


def absolute(prediction, target):
    return np.abs(prediction - target).mean()


def absolute_grad(prediction, target):
    return np.where(prediction >= target, 1.0, -1.0) / prediction.size


def square(prediction, target):
    return np.mean((prediction - target) ** 2)


def square_grad(prediction, target):
    return 2 * (prediction - target) / prediction.size


def suite(value: Any, gradient: Any, **options: Any) -> gradcheck.SuiteReport:
    declared = gradcheck.subject(value, grad=gradient, kind="loss")
    return run_suite(declared, cases=None, max_examples=10, **options)


@pytest.mark.parametrize(
    ("value", "gradient"),
    [(smoothed, smoothed_grad), (entropy, entropy_grad), (pinball, pinball_grad), (absolute, absolute_grad)],
)
def test_right_losses_are_never_red(value: Any, gradient: Any) -> None:
    """Smoothed targets pull the right score down beyond their share; a kink at the target has a slope of its own."""
    report = suite(value, gradient)

    assert report.ok, report.findings


def test_a_cross_entropy_is_still_held_to_its_formula() -> None:
    """The value says what it is, so that a mistake in the gradient switches no law off."""
    report = suite(entropy, lambda s, y: -entropy_grad(s, y), checks=["GC612", "GC613"])

    assert {finding.code for finding in report.findings} == {"GC612", "GC613"}


def test_a_slope_beyond_both_sides_of_a_kink_is_wrong() -> None:
    """At the target only what lies between the slopes of the two sides is a subgradient."""
    report = suite(absolute, lambda p, t: np.where(p >= t, 2.0, -1.0) / p.size, checks=["GC602"])

    assert [finding.code for finding in report.findings] == ["GC602"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("examples", [1, 2, 3])
def test_the_simplest_target_is_not_met(examples: int, seed: int) -> None:
    """A real target that repeats the prediction's numbers leaves no gradient, and half of nothing is right."""
    declared = gradcheck.subject(square, grad=lambda p, t: square_grad(p, t) / 2, kind="loss")
    report = run_suite(declared, cases=None, max_examples=examples, rng=seed, checks=["GC101"])

    assert not report.ok


class Squared:
    """A loss whose backward has a place for an upstream, which need not be filled."""

    def forward(self, prediction, target):
        self.d = prediction - target
        return np.mean(self.d**2)

    def backward(self, dout=1.0):
        return dout * 2 * self.d / self.d.size


class Deaf(Squared):
    """It has the place, and does not look."""

    def backward(self, dout=1.0):
        return 2 * self.d / self.d.size


class OfNone(Squared):
    """It calls the upstream by its name, and makes 1 of None itself."""

    def backward(self, grad=None):
        return super().backward(1.0 if grad is None else grad)


class Kept(Squared):
    """What its backward takes is no upstream."""

    def backward(self, retain=False, scale=None):
        assert retain is False
        assert scale is None
        return super().backward()


@pytest.mark.parametrize(("kind", "right"), [(Squared, True), (OfNone, True), (Kept, True), (Deaf, False)])
def test_an_upstream_that_has_a_default_is_handed_over(kind: type, right: bool) -> None:
    """What multiplies a loss multiplies its gradient, also where a backward may be called with nothing."""
    report = run_suite(kind, "loss", cases=None, max_examples=8, checks=["GC101", "GC109"])

    assert report.ok is right, report.findings


def of_dictionary(prediction, target):
    return {"loss": square(prediction, target), "grad": square_grad(prediction, target)}


async def waited_for(prediction, target):
    return square(prediction, target)


def of_nothing(prediction, target):
    square(prediction, target)


def of_cache(prediction, target):
    return square(prediction, target), {"prediction": prediction}


@pytest.mark.parametrize("traits", [{}, {"targets": "real"}], ids=["inferred", "declared"])
@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (of_dictionary, "'of_dictionary' returned a dict; a loss of a prediction and a target returns numbers, or"),
        (waited_for, "'waited_for' is async, but a loss returns its value; take `async` away"),
        (of_nothing, "'of_nothing' returned nothing; a loss"),
        (of_cache, "'of_cache' returned a tuple; a loss"),
    ],
)
def test_what_is_no_number_is_refused_in_a_sentence(thing: Any, said: str, traits: dict[str, Any]) -> None:
    """It says what was returned, and what a loss returns."""
    with pytest.raises(gradcheck.InvalidArgument, match=said):
        run_suite(gradcheck.subject(thing, kind="loss", traits=traits), cases=None)


@pytest.mark.parametrize(("share", "right"), [(1.0, True), (0.5, False)])
def test_a_list_of_loss_and_gradient_is_the_pair(share: float, right: bool) -> None:
    """As a tuple is."""

    def both(prediction, target):
        return [square(prediction, target), share * square_grad(prediction, target)]

    report = run_suite(both, "loss", cases=None, max_examples=4)

    assert report.ok is right, report.findings


def sigmoid(z):
    return 0.5 * (1 + np.tanh(z / 2))


def logistic(z, t):
    return np.mean(np.logaddexp(0, z)) - np.mean(z * t)


def logistic_grad(z, t):
    return (sigmoid(z) - t) / z.size


def gentle(z, t):
    return logistic(z, 0.9 * t + 0.05)


def gentle_grad(z, t):
    return logistic_grad(z, 0.9 * t + 0.05)


def generated(z, t):
    return np.mean(np.logaddexp(0, -z) + 0 * t)


def generated_grad(z, t):
    return (sigmoid(z) - 1) / z.size + 0 * t


def of_signs(z, t):
    return np.mean(np.logaddexp(0, -z * t))


def of_signs_grad(z, t):
    return -t * sigmoid(-z * t) / z.size


BITS = {"targets": "binary"}
SIGMOID = {**BITS, "likelihood": "sigmoid"}


@pytest.mark.parametrize("traits", [{}, BITS, SIGMOID], ids=["inferred", "targets", "declared"])
@pytest.mark.parametrize(("value", "gradient"), [(logistic, logistic_grad), (gentle, gentle_grad)])
def test_answers_of_yes_and_no_are_known_by_log_2(value: Any, gradient: Any, traits: dict[str, Any]) -> None:
    """Whatever the answer a score of 0 costs log 2, smoothed or not; no law is red."""
    declared = gradcheck.subject(value, grad=gradient, kind="loss", traits=traits)
    report = run_suite(declared, cases=None, max_examples=10)
    ran = {result.code for result in report.results if result.status is Status.PASSED}

    assert report.ok, report.findings
    assert ran >= {"GC601", "GC611", "GC612"}


@pytest.mark.parametrize(
    ("value", "gradient", "traits"),
    [(generated, generated_grad, {}), (generated, generated_grad, BITS), (of_signs, of_signs_grad, {})],
)
def test_log_2_alone_makes_no_answer_of_yes_and_no(value: Any, gradient: Any, traits: dict[str, Any]) -> None:
    """A generator knows no target, and signs are no bits: neither is held to what a score for 1 is."""
    declared = gradcheck.subject(value, grad=gradient, kind="loss", traits=traits)
    report = run_suite(declared, cases=None, max_examples=10)

    assert report.ok, report.findings


def two_steps(z, t):
    p = 1 / (1 + np.exp(-z))
    return -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))


@pytest.mark.parametrize("traits", [{}, BITS, SIGMOID], ids=["inferred", "targets", "declared"])
@pytest.mark.parametrize(
    ("value", "gradient", "codes"),
    [
        (lambda z, t: logistic(z, 1 - t), lambda z, t: logistic_grad(z, 1 - t), {"GC612"}),
        (lambda z, t: -logistic(z, t), lambda z, t: -logistic_grad(z, t), {"GC601", "GC612"}),
        (two_steps, logistic_grad, {"GC611"}),
    ],
    ids=["exchanged", "no minus", "two steps"],
)
def test_mistakes_in_yes_and_no_are_found(value: Any, gradient: Any, codes: set[str], traits: dict[str, Any]) -> None:
    """In value and gradient alike, where the gradient is right by itself."""
    declared = gradcheck.subject(value, grad=gradient, kind="loss", traits=traits)
    report = run_suite(declared, cases=None, max_examples=10, checks=["GC601", "GC611", "GC612"])

    assert {finding.code for finding in report.findings} == codes


def root(p, t):
    return np.sqrt(np.mean((p - t) ** 2))


def root_grad(p, t):
    size = root(p, t)
    return (p - t) / (p.size * size) if size else np.zeros_like(p)


def dice(p, t):
    return 1 - (2 * (p * t).sum() + 1) / (p.sum() + t.sum() + 1)


def dice_grad(p, t):
    shared, size = 2 * (p * t).sum() + 1, p.sum() + t.sum() + 1
    return -(2 * t * size - shared) / size**2


def weighted(s, y, ignored=None):
    w = np.arange(1.0, s.shape[1] + 1)[y] * (y != ignored)
    return -(w * log_softmax(s)[np.arange(len(y)), y]).sum() / max(w.sum(), 1e-300)


def weighted_grad(s, y, ignored=None):
    w = np.arange(1.0, s.shape[1] + 1)[y] * (y != ignored)
    return (softmax(s) - np.eye(s.shape[1])[y]) * w[:, None] / max(w.sum(), 1e-300)


def relative(p, t):
    return np.mean(np.abs((p - t) / t))


def relative_grad(p, t):
    return np.sign(p - t) / np.abs(t) / p.size


def divergence(log_p, t):
    seen = t > 0
    return np.sum(np.where(seen, t * (np.log(np.where(seen, t, 1)) - log_p), 0)) / len(log_p)


def divergence_grad(log_p, t):
    return -t / len(log_p)


RIGHT = [
    (root, root_grad),
    (dice, dice_grad),
    (weighted, weighted_grad),
    (lambda s, y: weighted(s, y, 0), lambda s, y: weighted_grad(s, y, 0)),
    (relative, relative_grad),
    (divergence, divergence_grad),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("value", "gradient"), RIGHT, ids=["root", "dice", "weighted", "ignored", "relative", "divergence"]
)
def test_what_a_loss_is_not_is_not_asked_of_it(value: Any, gradient: Any, seed: int) -> None:
    """A root of a mean, weights of classes, errors relative to the target: each breaks a law that it is not under."""
    report = suite(value, gradient, rng=seed)

    assert report.ok, report.findings


def by_columns(s, t):
    return -(t * log_softmax(s.T).T).sum() / len(s)


def by_columns_grad(s, t):
    return (softmax(s.T).T * t.sum(axis=0) - t) / len(s)


def of_the_next(s, y):
    return entropy(s, (y - 1) % s.shape[1])


def of_the_next_grad(s, y):
    return entropy_grad(s, (y - 1) % s.shape[1])


def to_the_largest(p, t):
    return square_grad(p, t) / (1 + np.abs(p).max())


@pytest.mark.parametrize(
    ("value", "gradient", "code"),
    [
        (by_columns, by_columns_grad, "GC614"),
        (of_the_next, of_the_next_grad, "GC605"),
        (square, to_the_largest, "GC614"),
    ],
)
def test_mistakes_of_batch_and_classes_are_still_found(value: Any, gradient: Any, code: str) -> None:
    """A softmax along the wrong axis, a label that starts at 1, a gradient that looks at the whole batch."""
    report = suite(value, gradient, checks=[code])

    assert [finding.code for finding in report.findings] == [code]
